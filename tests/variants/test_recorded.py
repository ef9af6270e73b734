"""Entries are those of the program spliceai 1.3.1, recorded by `record.py` with networks that are free."""

import json

import pytest

from deepbio.genome import open_genome
from deepbio.genome.vcf import parse_record
from deepbio.variants import SpliceScorer, read_annotation
from deepbio.zoo import get_model
from tests.variants.record import DATA, FIRST, SITE, zdhhc8_table

RECORDED = json.loads((DATA / "spliceai_program.json").read_text(encoding="utf-8"))


def check(scorer, rows):
    records = [parse_record("chr{chromosome}\t{pos}\t.\t{ref}\t{alt}\t.\t.\t.".format(**row)) for row in rows]
    found = [[effect.text() for effect in scored.effects] for scored in scorer(records)]
    assert found == [row["entries"] for row in rows]


@pytest.mark.parametrize(("distance", "n"), [(5, 80), (50, 80), (300, 40)])
def test_a_small_network_scores_as_in_spliceai(tiny_genome, tiny_model, distance, n):
    genome, table = open_genome(tiny_genome["fasta"]), read_annotation(tiny_genome["genes"])
    scorer = SpliceScorer(tiny_model, genome, table, distance=distance)
    for scorer.mask in (False, True):
        rows = [row for row in RECORDED["small"] if (row["distance"], row["mask"]) == (distance, scorer.mask)]
        assert len(rows) == n
        check(scorer, rows)


@pytest.fixture(scope="module")
def zdhhc8(tmp_path_factory):
    """Scorers of the recorded stretch, as a gene of either strand."""
    model, scorers = get_model("spliceai_10k.ci"), {}
    for strand in "+-":
        folder = tmp_path_factory.mktemp("zdhhc8")
        (folder / "stretch.fa").write_text(f">22\n{SITE['sequence']}\n", encoding="ascii")
        (folder / "genes.tsv").write_text(zdhhc8_table(strand), encoding="utf-8")
        genome, table = open_genome(folder / "stretch.fa"), read_annotation(folder / "genes.tsv")
        scorers[strand] = SpliceScorer(model, genome, table)
    return scorers


@pytest.mark.parametrize("strand", ["+", "-"])
def test_the_largest_network_scores_as_in_spliceai(zdhhc8, strand):
    scorer = zdhhc8[strand]
    for scorer.mask in (False, True):
        rows = [row for row in RECORDED["zdhhc8"][strand] if row["mask"] == scorer.mask]
        assert len(rows) == 20
        check(scorer, rows)


def test_the_lost_donor_of_exon_2_is_seen(zdhhc8):
    # GT after the last base of exon 2, 20,126,838: a change of its G abolishes the donor
    pos = 20_126_839 - FIRST + 1
    record = parse_record(f"22\t{pos}\t.\tG\tA\t.\t.\t.")
    scorer = zdhhc8["+"]
    scorer.mask = False
    (effect,) = scorer([record])[0].effects
    assert effect.scores[3] > 0.5
    assert effect.positions[3] == -1
