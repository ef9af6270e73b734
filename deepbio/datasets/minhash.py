"""MinHash with banding: candidate pairs of sets that share a bucket, compared exactly (Broder 1997)."""

from collections.abc import Callable

import numpy as np

BANDS, ROWS = 42, 3  # a pair of Jaccard similarity 0.5 shares a bucket with probability 0.996
NONE = np.uint64(2**64 - 1)
_ALL_PAIRS = 16  # buckets up to this size contribute all their pairs


def hash_functions(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the factor and the mask of each hash function, uint64."""
    random = np.random.default_rng(seed)
    odd = random.integers(0, 2**63, BANDS * ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    return odd, random.integers(0, 2**63, BANDS * ROWS, dtype=np.uint64)


def mix(values: np.ndarray, factor: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the hashes of values, uint64."""
    hashed = (values ^ mask) * factor
    hashed ^= hashed >> np.uint64(29)
    return hashed * np.uint64(0xBF58476D1CE4E5B9)


def _jaccard(one: np.ndarray, other: np.ndarray) -> float:
    one, other = one[one != NONE], other[other != NONE]
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / max(1, len(one) + len(other) - shared)


def compare_sets(
    signature: np.ndarray, members: Callable[[int], np.ndarray], threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of sets whose signatures share a bucket and whose members are alike, and their similarity."""
    pairs = bucket_pairs(signature.reshape(len(signature), BANDS, ROWS), signature[:, 0] != NONE)
    likely = [
        (signature[chunk[:, 0]] == signature[chunk[:, 1]]).mean(axis=1) >= threshold - 0.15
        for chunk in np.array_split(pairs, max(1, len(pairs) // 65_536))
    ]
    pairs = pairs[np.concatenate(likely)] if len(pairs) else pairs
    sets = {i: members(i) for i in np.unique(pairs).tolist()}
    similarity = np.array([_jaccard(sets[i], sets[j]) for i, j in pairs.tolist()])
    keep = similarity >= threshold
    return pairs[keep], similarity[keep]


def bucket_pairs(bands: np.ndarray, known: np.ndarray | None = None) -> np.ndarray:
    """Return the pairs of examples that agree in all rows of at least one band.

    A bucket of more than 16 examples contributes each member with its neighbour and with the first, which keeps it one group.

    Args:
        bands: Whole numbers `(n, bands, rows)`.
        known: Whether each example has a signature, `(n,)`; None for all.

    Returns:
        int64 `(m, 2)`, sorted, each pair once, the smaller number first.

    Example:
        >>> bucket_pairs(np.array([[[1], [5]], [[1], [6]], [[2], [6]]])).tolist()
        [[0, 1], [1, 2]]
    """
    n = len(bands)
    here = np.arange(n) if known is None else np.flatnonzero(known)
    found = [np.empty((0, 2), np.int64)]
    for band in range(bands.shape[1]):
        key = np.ascontiguousarray(bands[here, band])
        as_one = key.view(np.dtype((np.void, key.dtype.itemsize * key.shape[1]))).reshape(-1)
        _, bucket_of, sizes = np.unique(as_one, return_inverse=True, return_counts=True)
        member = here[np.argsort(bucket_of, kind="stable")]
        for end, size in zip(sizes.cumsum()[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
            bucket = member[end - size : end]
            if size <= _ALL_PAIRS:
                one, other = np.triu_indices(size, 1)
                found.append(np.stack([bucket[one], bucket[other]], axis=1))
            else:
                found.append(np.stack([bucket[:-1], bucket[1:]], axis=1))
                found.append(np.stack([np.full(size - 1, bucket[0]), bucket[1:]], axis=1))
    pairs = np.sort(np.concatenate(found), axis=1)
    packed = np.unique(pairs[:, 0].astype(np.int64) * n + pairs[:, 1])
    return np.stack([packed // n, packed % n], axis=1)
