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
    """Compare the entries of both masks, of one pass of the network, with the recorded ones; return the effects without mask."""
    plain = [row for row in rows if row["mask"] == 0]
    records = [parse_record("chr{chromosome}\t{pos}\t.\t{ref}\t{alt}\t.\t.\t.".format(**row)) for row in plain]
    prepared = scorer.prepare(records)
    outputs, effects = scorer.outputs(prepared), []
    for scorer.mask in (True, False):
        effects = [list(scored.effects) for scored in scorer.finish(prepared, outputs)]
        expected = [row["entries"] for row in rows if row["mask"] == scorer.mask]
        assert [[effect.text() for effect in each] for each in effects] == expected
    return {row["pos"]: each for row, each in zip(plain, effects, strict=True)}


@pytest.mark.parametrize(("distance", "n"), [(5, 80), (50, 80), (300, 40)])
def test_a_small_network_scores_as_in_spliceai(tiny_genome, tiny_model, distance, n):
    genome, table = open_genome(tiny_genome["fasta"]), read_annotation(tiny_genome["genes"])
    rows = [row for row in RECORDED["small"] if row["distance"] == distance]
    assert len(rows) == 2 * n
    check(SpliceScorer(tiny_model, genome, table, distance=distance), rows)


def test_the_largest_network_scores_as_in_spliceai_on_either_strand(tmp_path):
    """The recorded stretch as a gene of either strand, with one compiled network."""
    model, compiled, found = get_model("spliceai_10k.ci"), None, {}
    (tmp_path / "stretch.fa").write_text(f">22\n{SITE['sequence']}\n", encoding="ascii")
    for strand in "+-":
        (tmp_path / "genes.tsv").write_text(zdhhc8_table(strand), encoding="utf-8")
        genome, table = open_genome(tmp_path / "stretch.fa"), read_annotation(tmp_path / "genes.tsv")
        scorer = SpliceScorer(model, genome, table)
        scorer.incremental = compiled = compiled or scorer.incremental
        assert len(RECORDED["zdhhc8"][strand]) == 40
        found[strand] = check(scorer, RECORDED["zdhhc8"][strand])
    # GT after the last base of exon 2, 20,126,838: a change of its G abolishes the donor
    (effect,) = found["+"][20_126_839 - FIRST + 1]
    assert effect.alternate != "G"
    assert effect.scores[3] > 0.5
    assert effect.positions[3] == -1
