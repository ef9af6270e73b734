"""Similar images: those whose coarse pattern is the same although brightness, size or compression differ a little."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from deepbio.datasets.similar.buckets import bucket_pairs

BITS = 4
DIFFERENCE = 0.12
_SIDE = 32


def similar_images(images: Any, *, bits: int = BITS, difference: float = DIFFERENCE) -> tuple[np.ndarray, np.ndarray]:
    """Find pairs of images whose perceptual hashes differ in at most `bits` of 64, and whose pixels are alike.

    The hash is the sign of the 64 lowest frequencies of a 32 by 32 grey copy about their median. Because images of one kind
    (chest X-rays, say) agree in that, the copies' pixels, standardised, must also differ by at most `difference`
    deviations on average.

    Args:
        images: uint8 `(n, height, width, channels)`, an array or a source.
        bits: at most 4; the search would miss pairs beyond.
        difference: in standard deviations of an image.

    Returns:
        int64 pairs `(m, 2)`, first before second, and their similarity `(m,)`: 1 less the mean difference.

    Source of the hash: Zauner 2010, Implementation and benchmarking of perceptual image hash functions.

    Example:
        >>> draw = np.random.default_rng(0)
        >>> images = draw.integers(0, 250, (3, 32, 32, 1), np.uint8)
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
    """Signs of low frequencies `(n, 64)` and standardised small copies `(n, 1024)`."""
    from PIL import Image
    from scipy.fft import dctn

    n = len(images)
    small = np.empty((n, _SIDE * _SIDE), dtype=np.float32)
    signs = np.empty((n, 64), dtype=bool)
    for first in range(0, n, 1024):
        block = np.asarray(images[np.arange(first, min(first + 1024, n))])
        grey = block.mean(axis=-1)
        copies = np.stack(
            [
                np.asarray(Image.fromarray(g.astype(np.float32)).resize((_SIDE, _SIDE), Image.Resampling.BOX))
                for g in grey
            ]
        )
        low = np.asarray(dctn(copies, axes=(1, 2)))[:, :8, :8].reshape(len(block), 64)
        signs[first : first + len(block)] = low > np.median(low[:, 1:], axis=1, keepdims=True)
        flat = copies.reshape(len(block), -1)
        deviation = flat.std(axis=1, keepdims=True)
        small[first : first + len(block)] = (flat - flat.mean(axis=1, keepdims=True)) / np.maximum(deviation, 1)
    return signs, small


def _number(bits: np.ndarray) -> np.ndarray:
    return (bits.astype(np.int64) << np.arange(bits.shape[1])).sum(axis=1)
