"""The other strand: reverse complement of codes and of one-hot arrays."""

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError
from deepbio.sequence.codes import N, as_codes


def reverse_complement(codes: ArrayLike) -> np.ndarray:
    """Return the codes `(..., length)` of the other strand, read 5' to 3'; N stays N.

    Example:
        >>> from deepbio.sequence import decode, encode
        >>> decode(reverse_complement(encode("AACGN")))
        'NCGTT'
    """
    codes = as_codes(codes, shape="sequences")
    # 3 - code complements A C G T; N wraps round to 255, which the minimum turns into 4.
    out = np.uint8(3) - codes[..., ::-1]
    return np.minimum(out, np.uint8(N), out=out)


def reverse_complement_one_hot(array: ArrayLike) -> np.ndarray:
    """Return the other strand of one-hot bases or probabilities `(..., length, 4)`, columns A C G T, without a copy.

    Example:
        >>> reverse_complement_one_hot([[1, 0, 0, 0], [0, 1, 0, 0]])
        array([[0, 0, 1, 0],
               [0, 0, 0, 1]])
    """
    array = np.asarray(array)
    if array.ndim < 2 or array.shape[-1] != 4:
        raise DataError(f"Expected one-hot of shape (..., length, 4); received {array.shape}.")
    return array[..., ::-1, ::-1]
