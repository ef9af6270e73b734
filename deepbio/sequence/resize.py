"""Sequences of different lengths cropped, or padded with N, to one length."""

from collections.abc import Iterable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError, nearest
from deepbio.sequence.codes import N, as_codes

Align = Literal["center", "start", "end"]
_ALIGN = ("center", "start", "end")


def resize(sequences: Iterable[ArrayLike], length: int, *, align: Align = "center") -> np.ndarray:
    """Crop each sequence to `length` bases, or pad it with N.

    Args:
        sequences: Codes of each sequence, or an array `(n, length before)`.
        length: Number of bases of the result.
        align: Part of a sequence that stays in place: its `"center"` (an odd base is cut or added at the end), its `"start"` or
            its `"end"`.

    Returns:
        Codes, uint8 `(n, length)`.

    Example:
        >>> from deepbio.sequence import decode, encode
        >>> decode(resize([encode("ACGTACG"), encode("TT")], 4))
        ['CGTA', 'NTTN']
    """
    if align not in _ALIGN:
        raise DataError(f"Unknown align {align!r}. {nearest(str(align), _ALIGN)}")
    if length < 1:
        raise DataError(f"A sequence has at least one base; received length {length}.")
    rows = [as_codes(sequence) for sequence in sequences]
    out = np.full((len(rows), length), N, dtype=np.uint8)
    for target, codes in zip(out, rows, strict=True):
        if codes.ndim != 1:
            raise DataError(f"Expected each sequence as codes of shape (length,); received {codes.shape}.")
        spare = abs(length - len(codes))
        first = {"center": spare // 2, "start": 0, "end": spare}[align]
        if len(codes) >= length:
            target[:] = codes[first : first + length]
        else:
            target[first : first + len(codes)] = codes
    return out
