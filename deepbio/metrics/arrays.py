"""What comes in: `y` and `p` as arrays that belong together, or an error that says what is wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError


def check_pair(y: ArrayLike, p: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return `y` and `p` (float64) with a last axis of one dropped, after checking length and that `p` has no NaN."""
    y, p = _drop_single(np.asarray(y)), _drop_single(np.asarray(p, dtype=np.float64))
    if y.ndim == 0 or p.ndim == 0 or len(y) != len(p):
        raise DataError(f"y and p need equally many examples; received shapes {y.shape} and {p.shape}.")
    if len(y) == 0:
        raise DataError("y and p are empty: a metric needs at least one example.")
    if np.isnan(p).any():
        raise DataError(f"p holds {int(np.isnan(p).sum())} NaN: predictions are numbers. Look for a diverged model.")
    return y, p


def check_same_shape(y: ArrayLike, p: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return `y` and `p` in float64 after checking that their shapes are equal."""
    y, p = check_pair(y, p)
    if y.shape != p.shape:
        raise DataError(f"y and p need the same shape; received {y.shape} and {p.shape}.")
    return y.astype(np.float64), p


def check_binary(y: ArrayLike, p: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return `y` as bool and `p`, both `(n,)`."""
    y, p = check_same_shape(y, p)
    if y.ndim != 1:
        raise DataError(f"y and p of a binary task have shape (examples,); received {y.shape}.")
    check_zero_one(y)
    return y == 1, p


def check_zero_one(y: np.ndarray, *, unknown: bool = False) -> None:
    """Raise where `y` holds anything but 0 and 1 (and NaN, where `unknown` allows it)."""
    fine = (y == 0) | (y == 1)
    if unknown and y.dtype.kind == "f":
        fine |= np.isnan(y)
    if not fine.all():
        allowed = "0, 1 and NaN for unknown" if unknown else "0 and 1"
        raise DataError(f"y holds {allowed}; received {y[~fine].ravel()[0]}.")


def check_classes(y: ArrayLike, p: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return `y` as int64 class indices `(n, ...)` and `p` as `(n, ..., classes)`."""
    y, p = check_pair(y, p)
    if p.ndim != y.ndim + 1 or p.shape[:-1] != y.shape:
        raise DataError(f"p has one axis more than y, over the classes; received y {y.shape} and p {p.shape}.")
    index = y.astype(np.int64)
    if not np.array_equal(index, y) or index.min() < 0 or index.max() >= p.shape[-1]:
        raise DataError(f"y holds class indices 0 to {p.shape[-1] - 1}; received values from {y.min()} to {y.max()}.")
    return index, p


def _drop_single(array: np.ndarray) -> np.ndarray:
    return array[..., 0] if array.ndim > 1 and array.shape[-1] == 1 else array
