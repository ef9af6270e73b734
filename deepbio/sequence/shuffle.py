"""Shuffled sequences as a background: with the counts of bases, or of dinucleotides, unchanged."""

from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from deepbio.sequence.codes import as_codes

_BASES = 5  # A C G T and N, which counts as a base of its own here
_RANDOM, _LAST, _BASE = 3, 60, 61  # first bits of the fields of a sort key; the base that follows is in bits 0 to 2


def shuffle(codes: ArrayLike, *, seed: int | np.random.Generator) -> np.ndarray:
    """Shuffle the bases of each sequence independently.

    Args:
        codes: Codes, uint8 `(..., length)`.
        seed: Seed, or a generator.

    Returns:
        Codes of the same shape.

    Example:
        >>> from deepbio.sequence import decode, encode
        >>> sorted(decode(shuffle(encode("ACCGT"), seed=0)))
        ['A', 'C', 'C', 'G', 'T']
    """
    codes = as_codes(codes, shape="sequences")
    return np.random.default_rng(seed).permuted(codes, axis=-1)


def dinucleotide_shuffle(codes: ArrayLike, *, seed: int | np.random.Generator) -> np.ndarray:
    """Shuffle each sequence and keep its count of every dinucleotide, and with it its first and last base.

    Every sequence with the same dinucleotide counts and the same first base is equally likely. N counts as a fifth base.

    Args:
        codes: Codes, uint8 `(..., length)`.
        seed: Seed, or a generator.

    Returns:
        Codes of the same shape.

    Source: Altschul and Erickson 1985, doi:10.1093/oxfordjournals.molbev.a040370. Their last edges are sampled here from
    all spanning trees at once, each weighted by its number of edges, so no sample is rejected.

    Example:
        >>> from deepbio.sequence import decode, encode, kmer_counts
        >>> codes = encode("ACGATTACAGGA")
        >>> shuffled = dinucleotide_shuffle(codes, seed=1)
        >>> bool((kmer_counts(shuffled, 2) == kmer_counts(codes, 2)).all())
        True
    """
    codes = as_codes(codes, shape="sequences")
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
    """Return how often each base follows each other one, `(n, 5, 5)`."""
    pair = rows[:, :-1] * np.uint8(_BASES) + rows[:, 1:]
    pair = pair + np.arange(len(rows))[:, None] * _BASES**2
    return np.bincount(pair.reshape(-1), minlength=len(rows) * _BASES**2).reshape(-1, _BASES, _BASES)


def _last_edges(edges: np.ndarray, last: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return, for each sequence and base, the base to which its last edge goes; together they lead to the last base.

    A set of last edges has an Eulerian path if and only if it is a tree towards the last base. There are at most 125
    such trees on five bases, so each is weighted by the product of its edge counts and one is sampled.
    """
    n = len(edges)
    weights = edges.astype(np.float64)
    absent_base, absent_row = np.nonzero((edges.sum(axis=2) == 0).T)
    weights[absent_row, absent_base, last[absent_row]] = 1  # a base without edges points to the last base: one choice
    target = np.empty((n, _BASES), dtype=np.uint8)
    for root in range(_BASES):
        here = np.flatnonzero(last == root)
        if not len(here):
            continue
        trees = _trees(root)
        product_ = np.ones((len(here), len(trees)))
        for base in range(_BASES):
            if base != root:
                product_ *= weights[here, base][:, trees[:, base]]
        cumulative = product_.cumsum(axis=1)
        sample = generator.random(len(here)) * cumulative[:, -1]
        chosen = (cumulative <= sample[:, None]).sum(axis=1)
        target[here] = trees[chosen]
    return target


@lru_cache(maxsize=_BASES)
def _trees(root: int) -> np.ndarray:
    """Return all 125 trees towards `root`, one per row: the base to which each base points (the root to itself)."""
    trees = []
    for choice in product(range(_BASES), repeat=_BASES):
        if choice[root] != root:
            continue
        ends = list(range(_BASES))
        for _ in range(_BASES):
            ends = [choice[base] for base in ends]
        if all(end == root for end in ends):
            trees.append(choice)
    return np.array(trees, dtype=np.uint8)


def _successors(rows: np.ndarray, target: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return the bases that follow A, then those that follow C and so on; each group in random order, its last edge last.

    One sort does it: a key contains, from its highest bits down, the base, whether this is its last edge, a random
    number and the base that follows.
    """
    before, after = rows[:, :-1], rows[:, 1:]
    keys = generator.integers(0, 1 << (_LAST - _RANDOM), before.shape, dtype=np.uint64)
    keys <<= np.uint64(_RANDOM)
    keys |= after
    keys |= before.astype(np.uint64) << np.uint64(_BASE)
    for base in range(_BASES):
        # Edges between the same two bases are alike, so any one may go last: the first is taken.
        last = (before == base) & (after == target[:, base, None])
        where = np.flatnonzero(last.any(axis=1) & (rows[:, -1] != base))
        keys[where, last[where].argmax(axis=1)] |= np.uint64(1 << _LAST)
    keys.sort(axis=1)
    return (keys & np.uint64(7)).astype(np.uint8)


def _walk(first: int, group_sizes: list[int], successors: bytes) -> bytes:
    """Follow the successors from the first base until all are used."""
    groups, start = [], 0
    for size in group_sizes:
        groups.append(iter(successors[start : start + size]).__next__)
        start += size
    path = [first]
    for _ in range(len(successors)):
        first = groups[first]()
        path.append(first)
    return bytes(path)
