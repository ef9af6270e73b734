"""Codes to one-hot and back: four columns A C G T, and N as four zeros."""

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from deepbio.errors import DataError
from deepbio.sequence.codes import N, as_codes

_CHUNK = 1 << 15  # bases at a time: a block stays in the processor's cache


def one_hot(codes: ArrayLike, dtype: DTypeLike = np.uint8) -> np.ndarray:
    """Return the one-hot array `(..., length, 4)` of codes `(..., length)`; columns are A C G T, N is four zeros.

    Models take codes and do this on the device; use it for other programs.

    Example:
        >>> one_hot([0, 3, 4])
        array([[1, 0, 0, 0],
               [0, 0, 0, 1],
               [0, 0, 0, 0]], dtype=uint8)
    """
    codes = as_codes(codes)
    flat = np.ascontiguousarray(codes).reshape(-1)
    # A base is a little-endian 32-bit number: 1 shifted by one byte per code. Code 4 shifts the 1 out and leaves zeros.
    words = np.empty(flat.shape, dtype="<u4")
    for start in range(0, len(flat), _CHUNK):
        shift = flat[start : start + _CHUNK].astype(np.uint32)
        shift <<= 3
        np.left_shift(np.uint32(1), shift, out=words[start : start + _CHUNK])
    return words.view(np.uint8).reshape(*codes.shape, 4).astype(dtype, copy=False)


def from_one_hot(array: ArrayLike) -> np.ndarray:
    """Return the uint8 codes `(..., length)` of a one-hot array `(..., length, 4)`; four zeros are 4 (N).

    Raises:
        DataError: the last axis is not 4, or a position is neither one-hot nor all zeros (probabilities have no code).

    Example:
        >>> from_one_hot([[0, 1, 0, 0], [0, 0, 0, 0]])
        array([1, 4], dtype=uint8)
    """
    array = np.asarray(array)
    if array.ndim < 2 or array.shape[-1] != 4:
        raise DataError(f"Expected one-hot of shape (..., length, 4); received {array.shape}.")
    ones = array == 1
    count = ones.sum(axis=-1, dtype=np.uint8)
    wrong = (count > 1) | ~(ones | (array == 0)).all(axis=-1)
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise DataError(
            f"Expected a single 1 or four zeros at each position; at {index} received {array[index].tolist()}. "
            "To take the most likely base, use array.argmax(-1)."
        )
    return np.where(count == 0, np.uint8(N), ones.argmax(axis=-1).astype(np.uint8))
