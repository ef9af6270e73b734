from collections import Counter
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import chisquare

from deepbio.errors import DataError
from deepbio.sequence import decode, dinucleotide_shuffle, encode, shuffle

codes = hnp.arrays(np.uint8, st.tuples(st.integers(0, 4), st.integers(0, 40)), elements=st.integers(0, 4))


def pairs(text):
    return Counter(pairwise(text))


@given(codes, st.integers(0, 2**32))
def test_every_dinucleotide_count_is_kept(c, seed):
    for before, after in zip(decode(c), decode(dinucleotide_shuffle(c, seed=seed)), strict=True):
        assert pairs(before) == pairs(after)
        assert before[:1] == after[:1]
        assert before[-1:] == after[-1:]


@given(codes, st.integers(0, 2**32))
def test_every_letter_count_is_kept(c, seed):
    for before, after in zip(decode(c), decode(shuffle(c, seed=seed)), strict=True):
        assert Counter(before) == Counter(after)


# The last three come out uneven where trees are drawn without the weights of their edges.
@pytest.mark.parametrize("text", ["ACGATTACA", "AACAACAAG", "ANCNANCA", "ACACACTAT", "ACGACACGCAG"])
def test_every_sequence_with_the_same_counts_is_equally_likely(text):
    inner = {"".join(p) for p in permutations(text[1:-1])}
    possible = sorted({s for s in (text[0] + p + text[-1] for p in inner) if pairs(s) == pairs(text)})
    assert len(possible) > 2
    draws = 200 * len(possible)
    found = Counter(decode(dinucleotide_shuffle(np.tile(encode(text), (draws, 1)), seed=7)))
    assert sorted(found) == possible
    assert chisquare([found[s] for s in possible]).pvalue > 1e-3


def test_plain_shuffle_draws_every_order_equally_often():
    found = Counter(decode(shuffle(np.tile(encode("AACG"), (12_000, 1)), seed=3)))
    assert len(found) == 12
    assert chisquare(list(found.values())).pvalue > 1e-3


@pytest.mark.parametrize("function", [shuffle, dinucleotide_shuffle])
def test_a_seed_gives_one_result_and_another_seed_another(function):
    c = np.random.default_rng(0).integers(0, 4, (3, 200), dtype=np.uint8)
    assert (function(c, seed=1) == function(c, seed=1)).all()
    assert (function(c, seed=1) != function(c, seed=2)).any()
    assert (function(c, seed=np.random.default_rng(1)) == function(c, seed=1)).all()


@pytest.mark.parametrize("function", [shuffle, dinucleotide_shuffle])
def test_any_leading_shape_is_kept_and_the_input_left_alone(function):
    c = np.random.default_rng(0).integers(0, 5, (2, 3, 50), dtype=np.uint8)
    before = c.copy()
    assert function(c, seed=0).shape == (2, 3, 50)
    assert function(c[0, 0], seed=0).shape == (50,)
    assert (c == before).all()


def test_sequences_longer_than_a_block_are_shuffled_whole():
    c = np.random.default_rng(0).integers(0, 4, 300_000, dtype=np.uint8)
    after = dinucleotide_shuffle(c, seed=0)
    assert (np.bincount(c[:-1] * 4 + c[1:]) == np.bincount(after[:-1] * 4 + after[1:])).all()
    assert (after == c).mean() < 0.3  # a quarter agree by chance


def test_two_rows_that_are_alike_are_shuffled_apart():
    one, other = dinucleotide_shuffle(np.tile(encode("ACGTTGCA" * 20), (2, 1)), seed=0)
    assert (one != other).any()


def test_a_single_number_is_refused():
    with pytest.raises(DataError):
        dinucleotide_shuffle(1, seed=0)
