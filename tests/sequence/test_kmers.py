from collections import Counter

import numpy as np
import pytest
from Bio.Seq import reverse_complement as biopython
from hypothesis import given
from hypothesis import strategies as st

from deepbio.errors import DataError
from deepbio.sequence import encode, kmer_counts, kmer_indices, kmer_names, reverse_complement

dna = st.text(alphabet="ACGTN", min_size=5, max_size=50)


def kmers(text, k):
    return [text[i : i + k] for i in range(len(text) - k + 1) if "N" not in text[i : i + k]]


@given(dna, st.integers(1, 5))
def test_counts_are_those_of_a_plain_count(text, k):
    counts = kmer_counts(encode(text), k)
    assert {name: n for name, n in zip(kmer_names(k), counts, strict=True) if n} == Counter(kmers(text, k))


@given(dna, st.integers(1, 5))
def test_canonical_counts_add_both_strands(text, k):
    counts = kmer_counts(encode(text), k, canonical=True)
    expected = Counter(min(kmer, biopython(kmer)) for kmer in kmers(text, k))
    assert {name: n for name, n in zip(kmer_names(k, canonical=True), counts, strict=True) if n} == expected


@given(dna, st.integers(1, 5))
def test_canonical_counts_do_not_know_the_strand(text, k):
    codes = encode(text)
    one, other = kmer_counts(codes, k, canonical=True), kmer_counts(reverse_complement(codes), k, canonical=True)
    assert (one == other).all()


@given(dna, st.integers(1, 5))
def test_indices_name_the_kmers(text, k):
    names = kmer_names(k)
    assert [names[i] for i in kmer_indices(encode(text), k) if i >= 0] == kmers(text, k)


def test_number_of_kmers():
    # Palindromes are their own partner: 16 of 256 4-mers, none of 64 3-mers.
    assert [len(kmer_names(k)) for k in (3, 4)] == [64, 256]
    assert [len(kmer_names(k, canonical=True)) for k in (3, 4)] == [32, 136]


def test_a_batch_is_counted_row_by_row():
    codes = np.random.default_rng(0).integers(0, 5, (700, 40), dtype=np.uint8)
    counts = kmer_counts(codes, 6)
    assert counts.shape == (700, 4096)
    assert counts.dtype == np.int32
    for row in (0, 255, 256, 699):
        assert (counts[row] == kmer_counts(codes[row], 6)).all()


@pytest.mark.parametrize("k", [0, 13])
def test_k_out_of_range_is_refused(k):
    with pytest.raises(DataError, match="1 to 12"):
        kmer_counts(encode("A" * 20), k)
    with pytest.raises(DataError, match="1 to 12"):
        kmer_names(k)


def test_a_sequence_shorter_than_the_kmer_is_refused():
    with pytest.raises(DataError, match=r"at least 4 bases; received shape \(3,\)"):
        kmer_indices(encode("ACG"), 4)
