"""Shuffled sequences as a background: letters alone, or letters with every dinucleotide count kept."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError
from deepbio.sequence.codes import as_codes

_LETTERS = 5  # A C G T and N, which is a letter of its own here
_RANDOM, _LAST, _LETTER = 3, 60, 61  # where the fields of a sort key begin; the letter that follows is in bits 0 to 2


def shuffle(codes: ArrayLike, *, seed: int | np.random.Generator) -> np.ndarray:
    """Put the bases of each sequence in a random order, each on its own; shape and letter counts stay.

    Args:
        codes: uint8 codes `(..., length)`.
        seed: a number, or a generator to draw from.

    Example:
        >>> from deepbio.sequence import decode, encode
        >>> sorted(decode(shuffle(encode("ACCGT"), seed=0)))
        ['A', 'C', 'C', 'G', 'T']
    """
    codes = _check(codes)
    return np.random.default_rng(seed).permuted(codes, axis=-1)


def dinucleotide_shuffle(codes: ArrayLike, *, seed: int | np.random.Generator) -> np.ndarray:
    """Shuffle each sequence and keep its count of every dinucleotide, and so its first and last base.

    Every sequence with the same dinucleotide counts and the same first base is equally likely. N is a fifth letter.

    Args:
        codes: uint8 codes `(..., length)`.
        seed: a number, or a generator to draw from.

    Source: Altschul and Erickson 1985, doi:10.1093/oxfordjournals.molbev.a040370. Their random choice of last edges
    is drawn here from all spanning trees at once, each weighted by its number of edges, so nothing is rejected.

    Example:
        >>> from deepbio.sequence import decode, encode, kmer_counts
        >>> codes = encode("ACGATTACAGGA")
        >>> shuffled = dinucleotide_shuffle(codes, seed=1)
        >>> bool((kmer_counts(shuffled, 2) == kmer_counts(codes, 2)).all())
        True
    """
    codes = _check(codes)
    if codes.shape[-1] < 4:  # three bases or fewer have one order only
        return codes.copy()
    rows = codes.reshape(-1, codes.shape[-1])
    generator = np.random.default_rng(seed)
    out = np.empty_like(rows)
    block = max(1, (1 << 18) // rows.shape[1])  # keys are eight bytes a base
    for start in range(0, len(rows), block):
        part = rows[start : start + block]
        edges = _edge_counts(part)
        target = _last_edges(edges, part[:, -1], generator)
        successors = _successors(part, target, generator)
        for row, starts, ordered in zip(range(len(part)), edges.sum(axis=2).tolist(), successors, strict=True):
            out[start + row] = np.frombuffer(_walk(int(part[row, 0]), starts, ordered.tobytes()), dtype=np.uint8)
    return out.reshape(codes.shape)


def _edge_counts(rows: np.ndarray) -> np.ndarray:
    """How often each letter follows each other one: (n, 5, 5)."""
    pair = rows[:, :-1] * np.uint8(_LETTERS) + rows[:, 1:]
    pair = pair + np.arange(len(rows))[:, None] * _LETTERS**2
    return np.bincount(pair.reshape(-1), minlength=len(rows) * _LETTERS**2).reshape(-1, _LETTERS, _LETTERS)


def _last_edges(edges: np.ndarray, last: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """For each sequence and letter, the letter to which its last edge goes; together they lead to the last base.

    A set of last edges gives an Eulerian path if and only if it is a tree towards the last base. There are at most 125
    such trees on five letters, so each is weighted by the product of its edge counts and one is drawn.
    """
    n = len(edges)
    weights = edges.astype(np.float64)
    absent_letter, absent_row = np.nonzero((edges.sum(axis=2) == 0).T)
    weights[absent_row, absent_letter, last[absent_row]] = (
        1  # a letter without edges hangs on the last base: one choice
    )
    target = np.empty((n, _LETTERS), dtype=np.uint8)
    for root in range(_LETTERS):
        here = np.flatnonzero(last == root)
        if not len(here):
            continue
        trees = _trees(root)
        product_ = np.ones((len(here), len(trees)))
        for letter in range(_LETTERS):
            if letter != root:
                product_ *= weights[here, letter][:, trees[:, letter]]
        cumulative = product_.cumsum(axis=1)
        draw = generator.random(len(here)) * cumulative[:, -1]
        chosen = (cumulative <= draw[:, None]).sum(axis=1)
        target[here] = trees[chosen]
    return target


@lru_cache(maxsize=_LETTERS)
def _trees(root: int) -> np.ndarray:
    """All 125 trees towards `root`, one a row: the letter that each letter points to (the root to itself)."""
    trees = []
    for choice in product(range(_LETTERS), repeat=_LETTERS):
        if choice[root] != root:
            continue
        ends = list(range(_LETTERS))
        for _ in range(_LETTERS):
            ends = [choice[letter] for letter in ends]
        if all(end == root for end in ends):
            trees.append(choice)
    return np.array(trees, dtype=np.uint8)


def _successors(rows: np.ndarray, target: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """The letters that follow A, then those that follow C and so on; each group in random order, its last edge last.

    One sort does it: a key holds, from its highest bits down, the letter, whether this is its last edge, a random
    number and the letter that follows.
    """
    before, after = rows[:, :-1], rows[:, 1:]
    keys = generator.integers(0, 1 << (_LAST - _RANDOM), before.shape, dtype=np.uint64)
    keys <<= np.uint64(_RANDOM)
    keys |= after
    keys |= before.astype(np.uint64) << np.uint64(_LETTER)
    for letter in range(_LETTERS):
        # Edges between the same two letters are alike, so any one may go last: the first is taken.
        last = (before == letter) & (after == target[:, letter, None])
        where = np.flatnonzero(last.any(axis=1) & (rows[:, -1] != letter))
        keys[where, last[where].argmax(axis=1)] |= np.uint64(1 << _LAST)
    keys.sort(axis=1)
    return (keys & np.uint64(7)).astype(np.uint8)


def _walk(first: int, group_sizes: list[int], successors: bytes) -> bytes:
    """Follow the successors from the first letter until all are used."""
    groups, start = [], 0
    for size in group_sizes:
        groups.append(iter(successors[start : start + size]).__next__)
        start += size
    path = [first]
    for _ in range(len(successors)):
        first = groups[first]()
        path.append(first)
    return bytes(path)


def _check(codes: ArrayLike) -> np.ndarray:
    codes = as_codes(codes)
    if codes.ndim < 1:
        raise DataError("Expected codes of shape (..., length); received a single number.")
    return codes
