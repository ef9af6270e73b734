"""Which variants are scored, in what order, and why others are skipped; scores themselves are compared in `test_recorded.py`."""

import pytest

from deepbio.errors import ModelError
from deepbio.genome import open_genome
from deepbio.genome.vcf import parse_record
from deepbio.variants import SpliceScorer, read_annotation
from tests.variants.record import random_variants


def record(chromosome, pos, ref, alts):
    return parse_record(f"{chromosome}\t{pos}\t.\t{ref}\t{alts}\t.\t.\t.")


def test_scores_do_not_depend_on_which_variants_come_together(tiny_genome, tiny_model):
    scorer = SpliceScorer(tiny_model, open_genome(tiny_genome["fasta"]), read_annotation(tiny_genome["genes"]))
    records = [record("1", *variant) for variant in random_variants(tiny_genome["1"], 50, 40, seed=3)]
    together = scorer(records)
    for one, found in zip(records, together, strict=True):
        alone = scorer([one])[0]
        assert [e.text() for e in alone.effects] == [e.text() for e in found.effects]
        assert alone.skipped == found.skipped


def test_alternates_are_outermost_and_genes_keep_the_tables_order(tiny_genome, tiny_model):
    scorer = SpliceScorer(tiny_model, open_genome(tiny_genome["fasta"]), read_annotation(tiny_genome["genes"]))
    ref = tiny_genome["1"][2499]
    alts = [a for a in "ACGT" if a != ref][:2]
    (found,) = scorer([record("chr1", 2500, ref, ",".join([alts[0], "<DEL>", "*", alts[1]]))])
    assert [(e.alternate, e.gene) for e in found.effects] == [(a, g) for a in alts for g in ("FORWARD", "BACKWARD")]
    assert found.skipped == ["symbolic", "overlapping deletion (*)"]


def test_two_long_alleles_get_dots(tiny_genome, tiny_model):
    scorer = SpliceScorer(tiny_model, open_genome(tiny_genome["fasta"]), read_annotation(tiny_genome["genes"]))
    ref = tiny_genome["2"][2000:2003]
    (found,) = scorer([record("2", 2001, ref, "GGGG")])
    assert found.effects[0].text() == "GGGG|LONE|.|.|.|.|.|.|.|."


@pytest.mark.parametrize(
    ("chromosome", "pos", "ref", "alt", "reason"),
    [
        ("1", 300, None, "A", "no gene"),
        ("9", 300, "C", "A", "no gene"),
        ("2", 60, None, "N", "near the chromosome's end"),
        ("2", 2000, "N", "A", "REF does not match the FASTA"),
        ("2", 2000, 101, "A", "REF longer than twice the distance"),
        ("2", 2000, None, ".", "no alternate allele"),
        ("2", 2000, None, "G]17:198982]", "symbolic"),
    ],
)
def test_what_spliceai_skips_is_skipped_with_its_reason(tiny_genome, tiny_model, chromosome, pos, ref, alt, reason):
    scorer = SpliceScorer(tiny_model, open_genome(tiny_genome["fasta"]), read_annotation(tiny_genome["genes"]))
    if ref is None or isinstance(ref, int):
        ref = tiny_genome[chromosome][pos - 1 : pos - 1 + (ref or 1)]
    (found,) = scorer([record(chromosome, pos, ref, alt)])
    assert found.skipped == [reason]
    assert not found.effects


def test_lower_case_alleles_are_the_same_alleles(tiny_genome, tiny_model):
    scorer = SpliceScorer(tiny_model, open_genome(tiny_genome["fasta"]), read_annotation(tiny_genome["genes"]))
    ref = tiny_genome["2"][1999]
    upper, lower = scorer([record("2", 2000, ref, "TGC"), record("2", 2000, ref.lower(), "tgc")])
    assert upper.effects[0].scores == lower.effects[0].scores


@pytest.mark.parametrize("distance", [0, 5000])
def test_a_distance_out_of_range_is_refused(tiny_genome, tiny_model, distance):
    with pytest.raises(ModelError, match="1 to 4999"):
        SpliceScorer(
            tiny_model, open_genome(tiny_genome["fasta"]), read_annotation(tiny_genome["genes"]), distance=distance
        )
