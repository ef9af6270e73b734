"""Near duplicates among DNA sequences (MinHash of 12-mers) and images (perceptual hashes), as pairs and as groups."""

import itertools
from typing import Any

import numpy as np

from deepbio.errors import DataError
from deepbio.sequence.kmers import kmer_indices

K = 12
BITS = 4
_BANDS, _ROWS = 42, 3  # a pair of Jaccard similarity 0.5 shares a bucket with probability 0.996
_NONE = np.uint64(2**64 - 1)
_ALL_PAIRS = 16  # buckets up to this size contribute all their pairs
_SIDE = 32


def near_pairs(content: Any) -> tuple[np.ndarray, np.ndarray]:
    """Find near duplicates among DNA codes `(n, length)` or images `(n, height, width, channels)`, both uint8.

    Returns:
        int64 pairs `(m, 2)` and their similarity `(m,)`; see `similar_sequences` and `similar_images`.

    Raises:
        DataError: the examples are neither.
    """
    shape, dtype = getattr(content, "shape", ()), getattr(content, "dtype", None)
    if dtype == np.uint8 and len(shape) == 2:
        return similar_sequences(content if isinstance(content, np.ndarray) else content[np.arange(len(content))])
    if dtype == np.uint8 and len(shape) == 4:
        return similar_images(content)
    raise DataError(
        "Near duplicates are searched for among DNA and images only. Pass duplicates='group' (on the command line --data "
        "duplicates=group) for identical examples."
    )


def near_groups(content: Any) -> np.ndarray:
    """Return for each example the group of its near duplicates, strings `(n,)`. A chain of similar examples is one group.

    Example:
        >>> codes = np.random.default_rng(0).integers(0, 4, (3, 50), np.uint8)
        >>> codes[2, :45] = codes[0, 5:]
        >>> near_groups(codes).tolist()
        ['0', '1', '0']
    """
    pairs, _ = near_pairs(content)
    return connected(pairs[:, 0], pairs[:, 1], len(content)).astype(str)


def connected(one: np.ndarray, other: np.ndarray, n: int) -> np.ndarray:
    """Return the number of the connected component of each of `n` nodes, whose edges join `one` with `other`.

    Example:
        >>> connected(np.array([0]), np.array([2]), 3).tolist()
        [0, 1, 0]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    return connected_components(coo_array((np.ones(len(one)), (one, other)), shape=(n, n)), directed=False)[1]


def similar_sequences(codes: np.ndarray, *, threshold: float = 0.5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Find pairs of sequences that share at least `threshold` of their 12-mers.

    Similarity is the Jaccard index of the two sets of 12-mers; a 12-mer and its reverse complement count as one. Candidates come
    from MinHash with banding and are then compared exactly: of pairs at 0.5, 0.4% are missed; at 0.7, none in a million.
    If many sequences share one bucket, each is compared with its neighbour and the first only, which is enough to merge
    them into a group.

    Args:
        codes: Sequences, uint8 `(n, length)`.
        threshold: Minimum similarity, from 0 to 1.
        seed: Random seed of the hash functions.

    Returns:
        int64 pairs `(m, 2)`, first before second, and their similarity `(m,)`.

    Source: Broder 1997, doi:10.1109/SEQUEN.1997.666900.

    Example:
        >>> codes = np.random.default_rng(0).integers(0, 4, (3, 100), np.uint8)
        >>> codes[2, :90] = codes[0, 10:]
        >>> similar_sequences(codes)[0].tolist()
        [[0, 2]]
    """
    if len(codes) < 2 or codes.shape[1] < K:
        return np.empty((0, 2), np.int64), np.empty(0)
    signature = _signatures(codes, seed)
    known = signature[:, 0] != _NONE
    pairs = bucket_pairs(signature.reshape(len(codes), _BANDS, _ROWS), known)
    likely = [
        (signature[chunk[:, 0]] == signature[chunk[:, 1]]).mean(axis=1) >= threshold - 0.15
        for chunk in np.array_split(pairs, max(1, len(pairs) // 65_536))
    ]
    pairs = pairs[np.concatenate(likely)] if len(pairs) else pairs
    kmers = {i: np.unique(_kmers(codes[i : i + 1])[0]) for i in np.unique(pairs).tolist()}
    similarity = np.array([_jaccard(kmers[i], kmers[j]) for i, j in pairs.tolist()])
    keep = similarity >= threshold
    return pairs[keep], similarity[keep]


def _kmers(codes: np.ndarray) -> np.ndarray:
    """Return the 12-mers of each sequence in canonical form, uint64, with the highest number for 12-mers with an N."""
    forward = kmer_indices(codes, K)
    other = np.where(codes < 4, 3 - codes, codes).astype(np.uint8)[:, ::-1]
    backward = kmer_indices(np.ascontiguousarray(other), K)[:, ::-1]
    kmers = np.minimum(forward, backward).astype(np.uint64)
    kmers[forward < 0] = _NONE
    return kmers


def _signatures(codes: np.ndarray, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    odd = random.integers(0, 2**63, _BANDS * _ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    mask = random.integers(0, 2**63, _BANDS * _ROWS, dtype=np.uint64)
    out = np.empty((len(codes), _BANDS * _ROWS), dtype=np.uint64)
    block = max(1, (1 << 20) // codes.shape[1])
    for first in range(0, len(codes), block):
        kmers = _kmers(codes[first : first + block])
        unknown = kmers == _NONE
        spread = kmers ^ (kmers >> np.uint64(11))
        for column, (factor, mixed) in enumerate(zip(odd, mask, strict=True)):
            hashed = (spread ^ mixed) * factor
            hashed ^= hashed >> np.uint64(29)
            hashed *= np.uint64(0xBF58476D1CE4E5B9)
            hashed[unknown] = _NONE
            out[first : first + block, column] = hashed.min(axis=1)
    return out


def _jaccard(one: np.ndarray, other: np.ndarray) -> float:
    one, other = one[one != _NONE], other[other != _NONE]
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / max(1, len(one) + len(other) - shared)


def similar_images(images: Any, *, bits: int = BITS, difference: float = 0.12) -> tuple[np.ndarray, np.ndarray]:
    """Find pairs of images whose perceptual hashes differ in at most `bits` of 64, and whose pixels are alike.

    The hash is the sign of the 64 lowest frequencies of a 32 by 32 grey copy about their median. Images of one kind (chest
    X-rays, for example) agree in it, so the standardised pixels of the copies must also differ by at most `difference`
    standard deviations on average.

    Args:
        images: Array or source of uint8 `(n, height, width, channels)`.
        bits: Maximum number of different bits, at most 4; the search would miss pairs beyond.
        difference: Maximum mean difference in standard deviations of an image.

    Returns:
        int64 pairs `(m, 2)`, first before second, and their similarity `(m,)`: 1 minus the mean difference.

    Source of the hash: Zauner 2010, Implementation and benchmarking of perceptual image hash functions.

    Example:
        >>> images = np.random.default_rng(0).integers(0, 250, (3, 32, 32, 1), np.uint8)
        >>> images[2] = images[0] + 3
        >>> similar_images(images)[0].tolist()
        [[0, 2]]
    """
    hashes, small = _hashes(images)
    edges = np.linspace(0, 64, BITS + 2).astype(int)
    bands = np.stack([_number(hashes[:, a:b]) for a, b in itertools.pairwise(edges.tolist())], axis=1)
    pairs = bucket_pairs(bands[..., None])
    kept, similarity = [], []
    for chunk in np.array_split(pairs, max(1, len(pairs) // 16_384)):
        near = (hashes[chunk[:, 0]] != hashes[chunk[:, 1]]).sum(axis=1) <= min(bits, BITS)
        chunk = chunk[near]
        apart = np.abs(small[chunk[:, 0]] - small[chunk[:, 1]]).mean(axis=1)
        kept.append(chunk[apart <= difference])
        similarity.append(1 - apart[apart <= difference])
    return np.concatenate(kept), np.concatenate(similarity)


def _hashes(images: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the signs of low frequencies `(n, 64)` and standardised small copies `(n, 1024)`."""
    from PIL import Image
    from scipy.fft import dctn

    n = len(images)
    small = np.empty((n, _SIDE * _SIDE), dtype=np.float32)
    signs = np.empty((n, 64), dtype=bool)
    for first in range(0, n, 1024):
        block = np.asarray(images[np.arange(first, min(first + 1024, n))])
        grey = block.mean(axis=-1)
        resized = (Image.fromarray(g.astype(np.float32)).resize((_SIDE, _SIDE), Image.Resampling.BOX) for g in grey)
        copies = np.stack([np.asarray(image) for image in resized])
        low = np.asarray(dctn(copies, axes=(1, 2)))[:, :8, :8].reshape(len(block), 64)
        signs[first : first + len(block)] = low > np.median(low[:, 1:], axis=1, keepdims=True)
        flat = copies.reshape(len(block), -1)
        std = np.maximum(flat.std(axis=1, keepdims=True), 1)
        small[first : first + len(block)] = (flat - flat.mean(axis=1, keepdims=True)) / std
    return signs, small


def _number(bits: np.ndarray) -> np.ndarray:
    return (bits.astype(np.int64) << np.arange(bits.shape[1])).sum(axis=1)


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
