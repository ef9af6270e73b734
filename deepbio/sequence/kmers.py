"""k-mers: the index of the k-mer at each position, and how often each k-mer occurs."""

from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError
from deepbio.sequence.codes import N, as_codes

_LONGEST = 12  # 4**12 counts are 64 MiB a sequence
_BLOCK = 1 << 20  # k-mers at a time


def kmer_indices(codes: ArrayLike, k: int) -> np.ndarray:
    """Return the index of the k-mer that starts at each position, -1 if it contains an N.

    The index is the k-mer as a number in base 4, A C G T = 0 1 2 3, so k-mers are in alphabetical order.

    Args:
        codes: Codes, uint8 `(..., length)`.
        k: Number of bases, 1 to 12.

    Returns:
        Indices, int64 `(..., length - k + 1)`.

    Example:
        >>> from deepbio.sequence import encode
        >>> kmer_indices(encode("AACGN"), 2)
        array([ 0,  1,  6, -1])
    """
    codes = as_codes(codes, shape="sequences")
    _check(codes, k)
    windows = codes.shape[-1] - k + 1
    index = np.zeros((*codes.shape[:-1], windows), dtype=np.int64)
    unknown = np.zeros(index.shape, dtype=bool)
    for offset in range(k):
        bases = codes[..., offset : offset + windows]
        index <<= 2
        index += bases
        unknown |= bases == N
    index[unknown] = -1
    return index


def kmer_counts(codes: ArrayLike, k: int, *, canonical: bool = False) -> np.ndarray:
    """Count the k-mers of each sequence; those with an N are not counted.

    Args:
        codes: Codes, uint8 `(length,)` or `(n, length)`.
        k: Number of bases, 1 to 12.
        canonical: Whether a k-mer and its reverse complement are counted as one, for data without a strand.

    Returns:
        Counts in the order of `kmer_names`, int32 `(kmers,)` or `(n, kmers)`.

    Example:
        >>> from deepbio.sequence import encode
        >>> counts = kmer_counts(encode("AACGTT"), 2)
        >>> {name: int(n) for name, n in zip(kmer_names(2), counts) if n}
        {'AA': 1, 'AC': 1, 'CG': 1, 'GT': 1, 'TT': 1}
    """
    codes = as_codes(codes, shape="rows")
    _check(codes, k)
    rows = np.atleast_2d(codes)
    size = 4**k
    counts = np.empty((len(rows), size), dtype=np.int32)
    block = max(1, _BLOCK // max(rows.shape[1], size))
    for start in range(0, len(rows), block):
        index = kmer_indices(rows[start : start + block], k)
        n = len(index)
        # Row r counts in columns r*size and on; k-mers with N go to a row of their own, which is dropped at the end.
        index = np.where(index < 0, n * size, index + np.arange(n)[:, None] * size)
        counts[start : start + n] = np.bincount(index.reshape(-1), minlength=n * size + 1)[:-1].reshape(n, size)
    if canonical:
        partner = _partners(k)
        keep = np.flatnonzero(partner >= np.arange(size))
        both = counts[:, keep] + counts[:, partner[keep]]
        both[:, partner[keep] == keep] //= 2  # a palindrome is its own partner
        counts = both
    return counts[0] if codes.ndim == 1 else counts


def kmer_names(k: int, *, canonical: bool = False) -> list[str]:
    """Return the k-mers that `kmer_counts` counts, in alphabetical order; canonical k-mers are the first of each pair.

    Example:
        >>> kmer_names(1, canonical=True)
        ['A', 'C']
    """
    if not 1 <= k <= _LONGEST:
        raise DataError(f"k is 1 to {_LONGEST}; received {k}.")
    names = ["".join(bases) for bases in product("ACGT", repeat=k)]
    if canonical:
        names = [names[i] for i in np.flatnonzero(_partners(k) >= np.arange(4**k))]
    return names


@lru_cache(maxsize=_LONGEST)
def _partners(k: int) -> np.ndarray:
    """Return the index of the reverse complement of every k-mer."""
    index = np.arange(4**k)
    partner = np.zeros_like(index)
    for _ in range(k):
        partner = (partner << 2) | (3 - (index & 3))
        index >>= 2
    partner.flags.writeable = False
    return partner


def _check(codes: np.ndarray, k: int) -> None:
    if not 1 <= k <= _LONGEST:
        raise DataError(f"k is 1 to {_LONGEST}; received {k}.")
    if codes.shape[-1] < k:
        raise DataError(f"{k}-mers need sequences of at least {k} bases; received shape {codes.shape}.")
