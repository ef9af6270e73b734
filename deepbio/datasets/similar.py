"""Near duplicates among DNA sequences (MinHash of 12-mers), notes (of three words) and images (perceptual hashes)."""

import itertools
import re
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from deepbio.datasets.minhash import BANDS, NONE, ROWS, bucket_pairs, compare_sets, hash_functions, mix
from deepbio.errors import DataError
from deepbio.sequence.kmers import kmer_indices

K = 12
BITS = 4
_SIDE = 32


def near_pairs(content: Any) -> tuple[np.ndarray, np.ndarray]:
    """Find near duplicates among DNA codes `(n, length)` or images `(n, height, width, channels)`, both uint8, or among notes.

    Notes are a list of texts, or int32 token ids `(n, tokens)`.

    Returns:
        int64 pairs `(m, 2)` and their similarity `(m,)`; see `similar_sequences`, `similar_images` and `similar_notes`.

    Raises:
        DataError: the examples are none of these.
    """
    if isinstance(content, list):
        return similar_notes(content)
    shape, dtype = getattr(content, "shape", ()), getattr(content, "dtype", None)
    if dtype == np.uint8 and len(shape) == 2:
        return similar_sequences(content if isinstance(content, np.ndarray) else content[np.arange(len(content))])
    if dtype == np.uint8 and len(shape) == 4:
        return similar_images(content)
    if dtype == np.int32 and len(shape) == 2:
        return similar_notes(list(np.asarray(content[np.arange(len(content))])))
    raise DataError(
        "Near duplicates are searched for among notes and among DNA and images only. Pass duplicates='group' (on the command "
        "line --data duplicates=group) for identical examples."
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
    return compare_sets(signature, lambda i: np.unique(_kmers(codes[i : i + 1])[0]), threshold)


def similar_notes(
    notes: Sequence[str | np.ndarray], *, threshold: float = 0.5, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Find pairs of notes that share at least `threshold` of their runs of three words, as copied notes do.

    Similarity is the Jaccard index of the two sets of runs; case, digits and punctuation do not count. Candidates come from
    MinHash, as for `similar_sequences`.

    Args:
        notes: Texts, or token ids with 0 for padding.
        threshold: Minimum similarity, from 0 to 1.
        seed: Random seed of the hash functions.

    Returns:
        int64 pairs `(m, 2)`, first before second, and their similarity `(m,)`.

    Source: Broder 1997, doi:10.1109/SEQUEN.1997.666900.

    Example:
        >>> notes = ["Seen for chest pain since Monday, ECG normal.", "Fit and well.", "Seen for chest pain since Friday, ECG normal."]
        >>> similar_notes(notes, threshold=0.3)[0].tolist()
        [[0, 2]]
    """
    if len(notes) < 2:
        return np.empty((0, 2), np.int64), np.empty(0)
    factor, mixed = hash_functions(seed)
    sets = [_runs(note) for note in notes]
    signature = np.full((len(notes), BANDS * ROWS), NONE, dtype=np.uint64)
    for i, runs in enumerate(sets):
        if len(runs):
            signature[i] = mix((runs ^ (runs >> np.uint64(11)))[:, None], factor, mixed).min(axis=0)
    return compare_sets(signature, sets.__getitem__, threshold)


def _runs(note: str | np.ndarray) -> np.ndarray:
    """Return the runs of three words of a note as sorted uint64; of a shorter one, the whole note."""
    if isinstance(note, str):
        words = [zlib.crc32(word.encode()) for word in re.findall(r"[^\W\d_]+", note.casefold())]
        codes = np.array(words, dtype=np.uint64)
    else:
        codes = note[note != 0].astype(np.uint64)
    if not len(codes):
        return codes
    with np.errstate(over="ignore"):
        padded = np.pad(codes + np.uint64(1), (0, max(0, 3 - len(codes))))
        n = len(padded) - 2
        runs = np.zeros(n, np.uint64)
        for k in range(3):
            runs = (runs ^ padded[k : k + n]) * np.uint64(0x9E3779B97F4A7C15)
            runs ^= runs >> np.uint64(29)
    return np.unique(runs)


def _kmers(codes: np.ndarray) -> np.ndarray:
    """Return the 12-mers of each sequence in canonical form, uint64, with the highest number for 12-mers with an N."""
    forward = kmer_indices(codes, K)
    other = np.where(codes < 4, 3 - codes, codes).astype(np.uint8)[:, ::-1]
    backward = kmer_indices(np.ascontiguousarray(other), K)[:, ::-1]
    kmers = np.minimum(forward, backward).astype(np.uint64)
    kmers[forward < 0] = NONE
    return kmers


def _signatures(codes: np.ndarray, seed: int) -> np.ndarray:
    odd, mask = hash_functions(seed)
    out = np.empty((len(codes), BANDS * ROWS), dtype=np.uint64)
    block = max(1, (1 << 20) // codes.shape[1])
    for first in range(0, len(codes), block):
        kmers = _kmers(codes[first : first + block])
        unknown = kmers == NONE
        spread = kmers ^ (kmers >> np.uint64(11))
        for column, (factor, mixed) in enumerate(zip(odd, mask, strict=True)):
            hashed = mix(spread, factor, mixed)
            hashed[unknown] = NONE
            out[first : first + block, column] = hashed.min(axis=1)
    return out


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
