"""Pairs that meet: examples with the same key in any band of a signature."""

from __future__ import annotations

import numpy as np

_ALL_PAIRS = 16  # buckets up to this size give all their pairs


def bucket_pairs(bands: np.ndarray, known: np.ndarray | None = None) -> np.ndarray:
    """Return the pairs of examples that agree in all rows of at least one band.

    A bucket of more than 16 gives each member with its neighbour and with the first, which keeps it one group.

    Args:
        bands: `(n, bands, rows)` of whole numbers.
        known: which examples have a signature, `(n,)`; None for all.

    Returns:
        int64 `(m, 2)`, sorted, each pair once, the smaller number first.

    Example:
        >>> bucket_pairs(np.array([[[1], [5]], [[1], [6]], [[2], [6]]])).tolist()
        [[0, 1], [1, 2]]
    """
    n = len(bands)
    here = np.arange(n) if known is None else np.flatnonzero(known)
    found = []
    for band in range(bands.shape[1]):
        key = np.ascontiguousarray(bands[here, band])
        as_one = key.view(np.dtype((np.void, key.dtype.itemsize * key.shape[1]))).reshape(-1)
        order = np.argsort(as_one, kind="stable")
        same = as_one[order[1:]] == as_one[order[:-1]]
        member = here[order]
        starts = np.flatnonzero(np.append(True, ~same))
        sizes = np.diff(np.append(starts, len(member)))
        for start, size in zip(starts[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
            bucket = member[start : start + size]
            if size <= _ALL_PAIRS:
                one, other = np.triu_indices(size, 1)
                found.append(np.stack([bucket[one], bucket[other]], axis=1))
            else:
                found.append(np.stack([bucket[:-1], bucket[1:]], axis=1))
                found.append(np.stack([np.full(size - 1, bucket[0]), bucket[1:]], axis=1))
    if not found:
        return np.empty((0, 2), np.int64)
    pairs = np.sort(np.concatenate(found), axis=1)
    packed = np.unique(pairs[:, 0].astype(np.int64) * n + pairs[:, 1])
    return np.stack([packed // n, packed % n], axis=1)
