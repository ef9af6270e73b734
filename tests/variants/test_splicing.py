"""The cone's scores beside SpliceAI's way, a full window for each allele."""

import numpy as np
import pytest

from deepbio.errors import ModelError
from deepbio.genome import open_genome
from deepbio.variants import SpliceScorer, read_annotation
from deepbio.genome.vcf import parse_record
from deepbio.zoo import one_hot_model
from tests.variants import oracle

CONTEXT = 80


def record(chromosome, pos, ref, alts):
    return parse_record(f"{chromosome}\t{pos}\t.\t{ref}\t{alts}\t.\t.\t.")


def random_variants(sequence, distance, n, seed):
    """Return `(pos, ref, alt)`: a third SNVs, a third insertions, a third deletions; some insertions change their first base."""
    random = np.random.Generator(np.random.Philox(seed))
    found = []
    while len(found) < n:
        pos, size = int(random.integers(200, 5700)), int(random.integers(1, min(51, 2 * distance)))
        ref = sequence[pos - 1]
        extra = "".join(random.choice(list("ACGT"), size))
        kind = len(found) % 3
        if "N" in sequence[pos - 1 : pos + size] and kind != 1:
            continue
        snv = (pos, ref, "ACGT"[("ACGT".index(ref) + 1) % 4] if ref != "N" else "A")
        insertion = (pos, ref, (ref if size % 4 else "A") + extra)
        found.append((snv, insertion, (pos, sequence[pos - 1 : pos + size], ref))[kind])
    return found


@pytest.mark.parametrize("mask", [False, True])
@pytest.mark.parametrize(("distance", "n"), [(5, 60), (50, 60), (300, 30)])
def test_scores_are_those_of_full_windows(tiny_genome, tiny_model, distance, n, mask):
    scorer = SpliceScorer(
        tiny_model,
        open_genome(tiny_genome["fasta"]),
        read_annotation(tiny_genome["genes"]),
        distance=distance,
        mask=mask,
    )
    members = [full_pass(tiny_model)]
    genes = {g.name: g for g in oracle.read_genes(tiny_genome["genes"])}
    compared = 0
    for chromosome, names in (("1", ("FORWARD", "BACKWARD")), ("2", ("LONE",))):
        variants = random_variants(tiny_genome[chromosome], distance, n, seed=distance)
        scored = scorer([record(chromosome, pos, ref, alt) for pos, ref, alt in variants])
        for (pos, ref, alt), found in zip(variants, scored, strict=True):
            here = oracle.overlapping([genes[name] for name in names], pos)
            side = CONTEXT // 2 + distance
            if not here or pos - side < 1 or pos + side > 6000:
                assert not found.effects
                continue
            for gene, effect in zip(here, found.effects, strict=True):
                reference, alternate = oracle.windows(
                    tiny_genome[chromosome], gene, pos, ref, alt, distance, context=CONTEXT
                )
                y_ref, y_alt = (oracle.predictions(members, w, gene.strand) for w in (reference, alternate))
                text, raw = oracle.entry(y_ref, y_alt, gene, pos, ref, alt, distance, mask)
                assert effect.text() == text
                np.testing.assert_allclose(effect.scores, raw, atol=1e-5)
                compared += 1
    assert compared > n


def full_pass(model):
    """Run the model over windows of any length, with zero padding and a crop, as it is defined."""
    import keras
    import tensorflow as tf

    free = keras.models.clone_model(one_hot_model(model), input_tensors=keras.Input((None, 4)))
    free.set_weights(model.get_weights())
    signature = [tf.TensorSpec((1, None, 4), tf.float32)]
    return tf.function(lambda x: tf.nn.softmax(free(x, training=False)), input_signature=signature)


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
