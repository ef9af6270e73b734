"""Which variants are scored, in what order, and why others are skipped; MNVs; other scores are compared in `test_recorded.py`."""

import numpy as np
import pytest

from deepbio.errors import ModelError
from deepbio.genome import open_genome
from deepbio.genome.vcf import parse_record
from deepbio.variants import SpliceScorer, read_annotation
from tests.variants.record import Network, random_variants


def record(chromosome, pos, ref, alts):
    return parse_record(f"{chromosome}\t{pos}\t.\t{ref}\t{alts}\t.\t.\t.")


@pytest.fixture(scope="module")
def scorer(tiny_genome, tiny_model):
    return SpliceScorer(tiny_model, open_genome(tiny_genome["fasta"]), read_annotation(tiny_genome["genes"]))


@pytest.fixture
def mnv_scorer(scorer, monkeypatch):
    monkeypatch.setattr(scorer, "mnv", True)
    return scorer


def test_scores_do_not_depend_on_which_variants_come_together(scorer, tiny_genome):
    records = [record("1", *variant) for variant in random_variants(tiny_genome["1"], 50, 40, seed=3)]
    together = scorer(records)
    for one, found in zip(records, together, strict=True):
        alone = scorer([one])[0]
        assert [e.text() for e in alone.effects] == [e.text() for e in found.effects]
        assert alone.skipped == found.skipped


def test_alternates_are_outermost_and_genes_keep_the_tables_order(scorer, tiny_genome):
    ref = tiny_genome["1"][2499]
    alts = [a for a in "ACGT" if a != ref][:2]
    (found,) = scorer([record("chr1", 2500, ref, ",".join([alts[0], "<DEL>", "*", alts[1]]))])
    assert [(e.alternate, e.gene) for e in found.effects] == [(a, g) for a in alts for g in ("FORWARD", "BACKWARD")]
    assert found.skipped == ["symbolic", "overlapping deletion (*)"]


def test_two_long_alleles_get_dots(scorer, tiny_genome):
    ref = tiny_genome["2"][2000:2003]
    (found,) = scorer([record("2", 2001, ref, "GGGG")])
    assert found.effects[0].text() == "GGGG|LONE|.|.|.|.|.|.|.|."


def random_mnvs(sequence, n):
    """Return `(pos, ref, alt)` with alleles of 2 to 12 bases between 2,100 and 2,900, some equally long, some sharing bases."""
    random = np.random.default_rng(11)
    for i in range(n):
        pos, size = int(random.integers(2100, 2900)), int(random.integers(2, 13))
        ref = sequence[pos - 1 : pos - 1 + size]
        alt = "".join(random.choice(list("ACGT"), size if i % 3 == 0 else int(random.integers(2, 13))))
        yield pos, ref, (ref[0] if i % 4 else "") + alt


def plain_scores(network, sequence, gene, pos, ref, alt, distance):
    """Return the four scores of one alternate by two passes over whole windows, position by position of the reference."""
    side = 40 + distance
    known = "".join(base if gene.start <= p <= gene.end else "N" for p, base in enumerate(sequence, start=1))
    window = known[pos - 1 - side : pos + side]
    changed = window[:side] + alt + window[side + len(ref) :]
    outputs = []
    for letters in (window, changed):
        x = np.array([["ACGT"[k] == base for k in range(4)] for base in letters], np.float32)
        turned = x[::-1, ::-1] if gene.strand == "-" else x
        y = np.asarray(network.predict(turned[None]))[0]
        outputs.append(y[::-1] if gene.strand == "-" else y)
    rows = []
    for i in range(2 * distance + 1):
        inside, after = i - distance, i - distance - len(ref)
        if inside < 0:
            rows.append(outputs[1][i])
        elif after >= 0:
            rows.append(outputs[1][distance + len(alt) + after])
        elif inside >= len(alt):
            rows.append(np.zeros(3))
        else:
            last = len(alt) if inside == len(ref) - 1 else inside + 1
            rows.append(outputs[1][distance + inside : distance + last].max(axis=0))
    change = np.array(rows) - outputs[0]
    return tuple(float((sign * change[:, channel]).max()) for channel in (1, 2) for sign in (1, -1))


def test_mnvs_have_the_scores_of_whole_windows(mnv_scorer, tiny_genome, tiny_model):
    scorer, distance, annotation = mnv_scorer, mnv_scorer.distance, mnv_scorer.annotation
    network, variants = Network(tiny_model), list(random_mnvs(tiny_genome["1"], 24))
    found = scorer([record("1", *variant) for variant in variants])
    genes = {gene.name: gene for gene in annotation.genes}
    for variant, each in zip(variants, found, strict=True):
        assert [effect.strand for effect in each.effects] == ["+", "-"]
        assert not each.skipped
        for effect in each.effects:
            expected = plain_scores(network, tiny_genome["1"], genes[effect.gene], *variant, distance)
            np.testing.assert_allclose(effect.scores, expected, rtol=0, atol=1e-6, err_msg=str(variant))
    assert max(max(effect.scores) for each in found for effect in each.effects) > 0.1


def test_an_mnv_of_equal_bases_has_the_scores_of_its_snv(mnv_scorer, tiny_genome):
    scorer = mnv_scorer
    ref = tiny_genome["1"][2499:2502]
    alt = "ACGT"[("ACGT".index(ref[0]) + 1) % 4]
    one, three = scorer([record("1", 2500, ref[0], alt), record("1", 2500, ref, alt + ref[1:])])
    assert [effect.positions for effect in one.effects] == [effect.positions for effect in three.effects]
    np.testing.assert_allclose([e.scores for e in one.effects], [e.scores for e in three.effects], atol=1e-6)


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
def test_what_spliceai_skips_is_skipped_with_its_reason(scorer, tiny_genome, chromosome, pos, ref, alt, reason):
    if ref is None or isinstance(ref, int):
        ref = tiny_genome[chromosome][pos - 1 : pos - 1 + (ref or 1)]
    (found,) = scorer([record(chromosome, pos, ref, alt)])
    assert found.skipped == [reason]
    assert not found.effects


def test_lower_case_alleles_are_the_same_alleles(scorer, tiny_genome):
    ref = tiny_genome["2"][1999]
    upper, lower = scorer([record("2", 2000, ref, "TGC"), record("2", 2000, ref.lower(), "tgc")])
    assert upper.effects[0].scores == lower.effects[0].scores


@pytest.mark.parametrize("distance", [0, 5000])
def test_a_distance_out_of_range_is_refused(tiny_genome, tiny_model, distance):
    with pytest.raises(ModelError, match="1 to 4999"):
        SpliceScorer(
            tiny_model, open_genome(tiny_genome["fasta"]), read_annotation(tiny_genome["genes"]), distance=distance
        )


def test_a_model_is_compiled_once_and_again_when_its_weights_change(scorer, tiny_genome, tiny_model):
    def scored():
        again = SpliceScorer(tiny_model, scorer.genome, scorer.annotation)
        ref = tiny_genome["2"][1999]
        (found,) = again([record("2", 2000, ref, "A" if ref != "A" else "C")])
        return again.incremental, found.effects[0].scores

    made, scores = scored()
    assert scored()[0] is made
    weights = tiny_model.get_weights()
    try:
        tiny_model.set_weights([3 * w for w in weights])
        changed, others = scored()
    finally:
        tiny_model.set_weights(weights)
    assert changed is not made
    assert others != scores
    assert scored()[1] == scores
