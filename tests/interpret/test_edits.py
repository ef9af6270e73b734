"""Edits and experiments: literal sequences, and outputs that are those of the edited sequences."""

import numpy as np
import pytest

from deepbio.errors import DataError
from deepbio.interpret import ablate, insert, marginalize, multisubstitute, shuffle, space, substitute
from deepbio.sequence import decode, encode, kmer_counts


def test_edits_give_the_sequences_of_tangermemes_documentation():
    # the docstrings of tangermeme.ersatz.insert and substitute (1.6)
    assert decode(insert("AAAAAACCCCAAAAAA", "GGGG", start=8)) == ["AAAAAACCGGGGCCAAAAAA"]
    assert decode(substitute("AAAAAACCCCAAAAAA", "GGGG")) == ["AAAAAAGGGGAAAAAA"]
    assert decode(multisubstitute(["A" * 12, "T" * 12], ["CC", "GNG", "C"], spacing=[1, 2], start=1)) == [
        "ACCAGAGAACAA",
        "TCCTGTGTTCTT",
    ]
    assert decode(multisubstitute("A" * 8, ["CC", "GG"], spacing=0)) == ["AACCGGAA"]
    for wrong in (
        lambda: substitute("ACGT", "ACGTA"),
        lambda: insert("ACGT", "A", start=5),
        lambda: multisubstitute("ACGT", ["A", "C"], spacing=[1, 1]),
        lambda: shuffle("ACGT", start=2, end=9),
        lambda: shuffle("ACGT", method="codons"),
        lambda: substitute("ACGT", ""),
    ):
        with pytest.raises(DataError):
            wrong()


def test_a_shuffle_changes_its_region_alone_and_keeps_its_counts():
    codes = np.random.Generator(np.random.Philox(1)).integers(0, 4, (3, 60)).astype(np.uint8)
    for method, k in (("shuffle", 1), ("dinucleotide", 2)):
        found = shuffle(codes, start=10, end=50, n=4, method=method, seed=2)
        assert found.shape == (3, 4, 60)
        np.testing.assert_array_equal(found[:, 2, :10], codes[:, :10])
        np.testing.assert_array_equal(found[:, 2, 50:], codes[:, 50:])
        counts = kmer_counts(found[:, 3, 10:50], k)
        np.testing.assert_array_equal(counts, kmer_counts(codes[:, 10:50], k))
        assert (found[:, 0] != found[:, 1]).any()


def test_experiments_return_the_outputs_of_the_edited_sequences(small_model):
    models = [small_model("deepbind", input_shape=50), small_model("dna_cnn", input_shape=50)]
    codes = np.random.Generator(np.random.Philox(1)).integers(0, 4, (6, 50)).astype(np.uint8)
    found = marginalize(models, codes, "TGACTCA", target=1)
    assert found.change.shape == (2, 6)
    after = models[1].predict_on_batch(substitute(codes, "TGACTCA"))[:, 1]
    np.testing.assert_allclose(found.after[1], after, atol=1e-5)
    np.testing.assert_allclose(found.before[0], models[0].predict_on_batch(codes)[:, 1], atol=1e-5)
    estimate = found.mean(seed=3)
    assert estimate.low <= estimate.value <= estimate.high
    assert estimate.value == pytest.approx(found.change.mean(), abs=1e-6)

    ablated = ablate(models[0], codes, 10, 30, n=5, target=0, seed=4)
    assert ablated.change.shape == (1, 6, 5)
    third = shuffle(codes, start=10, end=30, n=5, seed=4)[:, 2]
    np.testing.assert_allclose(ablated.after[0, :, 2], models[0].predict_on_batch(third)[:, 0], atol=1e-5)

    spaced = space(models[0], codes, ("TGACTCA", "GATAA"), [0, 4], orientations=["++", "+-"], target=0, start=5)
    expected = substitute(substitute(codes, "TGACTCA", start=5), "TTATC", start=16)  # GATAA on the other strand
    np.testing.assert_allclose(spaced.after[0, :, 1, 1], models[0].predict_on_batch(expected)[:, 0], atol=1e-5)
    with pytest.raises(DataError, match="orientations such as"):
        space(models[0], codes, ("A", "C"), [1], orientations=["+"], target=0)


def test_a_motif_is_bases_or_codes():
    np.testing.assert_array_equal(substitute("AAAA", encode("CG")), substitute("AAAA", "CG"))
