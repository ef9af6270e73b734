"""Arguments of metrics: `y` and `p` as arrays that fit, and weights of the examples.

A bootstrap resample is a row of integer weights: how often each example was drawn. Every metric takes `weights` of shape
`(n,)` and returns one value, or of shape `(n_resamples, n)` and returns `(n_resamples,)` values, computed together. What is
slow (sorting, the loss of each example) is done once for all resamples.
"""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError

Weights = ArrayLike | None
# Elements of a block of weights that is worked on at once: it stays within a core's cache.
_BLOCK = 1 << 17
_HALF = 0.5
SLACK = 1e-6  # float32 probabilities may pass 0 and 1 by a rounding error


class UndefinedMetricWarning(UserWarning):
    """Warning that a metric has no value for these data (for example AUROC of one class); the result is NaN."""


def check_pair(y: ArrayLike, p: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return `y` and `p` (float64) with a last axis of one dropped, after checking length and that `p` has no NaN."""
    y, p = _drop_single(np.asarray(y)), _drop_single(numbers(p))
    if y.ndim == 0 or p.ndim == 0 or len(y) != len(p):
        raise DataError(f"y and p need equally many examples; received shapes {y.shape} and {p.shape}.")
    if len(y) == 0:
        raise DataError("y and p are empty: a metric needs at least one example.")
    if np.isnan(p).any():
        raise DataError(f"p contains {int(np.isnan(p).sum())} NaN. Check whether the training diverged.")
    return y, p


def numbers(values: ArrayLike, name: str = "p") -> np.ndarray:
    """Return an array in float64, after checking that it contains numbers, none of them masked.

    Example:
        >>> numbers(["0.5", 1])
        array([0.5, 1. ])
    """
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        masked = int(np.ma.getmaskarray(values).sum())
        raise DataError(f"{name} is a masked array with {masked} masked value(s). Leave those examples out.")
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} contains numbers, equally many per example; NumPy cannot read it: {error}.") from error


def check_scale(p: np.ndarray, threshold: float) -> None:
    """Raise `DataError` if the default threshold meets scores that are no probabilities."""
    if threshold == _HALF and p.size and (p.min() < -SLACK or p.max() > 1 + SLACK):
        raise DataError(
            f"Decisions at the threshold {threshold} need p between 0 and 1; received {p.min():.4g} to {p.max():.4g}. Apply the "
            "activation to logits first, or pass the threshold of your scores."
        )


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
    """Raise `DataError` if `y` contains anything but 0 and 1 (and NaN, if `unknown`)."""
    fine = (y == 0) | (y == 1)
    if unknown and y.dtype.kind == "f":
        fine |= np.isnan(y)
    if not fine.all():
        allowed = "0, 1 and NaN for unknown" if unknown else "0 and 1"
        raise DataError(f"y contains {allowed}; received {y[~fine].ravel()[0]}.")


def check_classes(y: ArrayLike, p: ArrayLike, *, unknown: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return `y` as int64 class indices `(n, ...)`, with `unknown` also -1, and `p` as `(n, ..., classes)`."""
    y, p = check_pair(y, p)
    if p.shape == y.shape and y.ndim > 1:
        raise DataError(f"y contains one class index per example; received shape {y.shape}. Pass y.argmax(axis=-1).")
    if p.ndim != y.ndim + 1 or p.shape[:-1] != y.shape:
        raise DataError(f"p has one axis more than y, over the classes; received y {y.shape} and p {p.shape}.")
    if y.dtype.kind == "f" and np.isnan(y).any():
        raise DataError(f"y contains {int(np.isnan(y).sum())} NaN where classes are needed. Leave those examples out.")
    index = y.astype(np.int64)
    if not np.array_equal(index, y) or index.min() < -unknown or index.max() >= p.shape[-1]:
        raise DataError(f"y contains class indices 0 to {p.shape[-1] - 1}; received {y.min()} to {y.max()}.")
    return index, p


def _drop_single(array: np.ndarray) -> np.ndarray:
    return array[..., 0] if array.ndim > 1 and array.shape[-1] == 1 else array


def weight_rows(weights: ArrayLike | None, n: int) -> tuple[np.ndarray, bool]:
    """Return the weights as `(rows, n)`, and whether the caller asked for one value only."""
    if weights is None:
        return np.ones((1, n), np.uint8), True
    w = np.asarray(weights)
    if w.dtype == bool:
        w = w.astype(np.uint8)
    elif w.dtype.kind not in "iuf":
        w = numbers(weights, "weights")
    if w.ndim not in (1, 2) or w.shape[-1] != n:
        raise DataError(f"Weights have shape ({n},) or (n_resamples, {n}), one per example; received {w.shape}.")
    if w.dtype.kind != "u" and not (np.isfinite(w).all() and (w >= 0).all()):
        raise DataError("Weights are finite and not negative; drop the examples that have no weight.")
    return np.atleast_2d(w), w.ndim == 1


def unwrap(values: np.ndarray, single: bool, name: str = "") -> Any:
    """Return the value of the only row as a float (with a warning if it is NaN), or the values of all rows."""
    if not single:
        return values
    if values.ndim > 1:
        return values[0]
    if name and np.isnan(values[0]):
        warn_undefined(
            f"{name} is undefined for these data (only one class, one value or no weight, for example): NaN."
        )
    return float(values[0])


def warn_undefined(message: str) -> None:
    """Warn that a metric has no value."""
    warnings.warn(message, UndefinedMetricWarning, stacklevel=4)


def blocks(rows: int, columns: int) -> Iterator[slice]:
    """Cut `rows` into slices so that a slice times `columns` stays near a cache's size."""
    step = max(1, _BLOCK // max(1, columns))
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))


def weighted_sums(weights: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the weighted sum of each column: `(rows, n)` times `(n, c)` is `(rows, c)`, in float64."""
    sums = np.empty((len(weights), columns.shape[1]))
    for part in blocks(*weights.shape):
        sums[part] = weights[part].astype(np.float64) @ columns
    return sums


def weighted_mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted mean of `(n,)` values for each row of weights, examples with a NaN value left out."""
    known = ~np.isnan(values)
    sums = weighted_sums(weights, np.stack([np.where(known, values, 0.0), known.astype(np.float64)], axis=1))
    return divide(sums[:, 0], sums[:, 1])


def divide(numerator: np.ndarray, denominator: np.ndarray, otherwise: float = np.nan) -> np.ndarray:
    """Divide, with `otherwise` where the denominator is zero."""
    shape = np.broadcast_shapes(np.shape(numerator), np.shape(denominator))
    out = np.full(shape, otherwise)
    return np.divide(numerator, denominator, out=out, where=np.broadcast_to(denominator != 0, shape))


def mean_over_labels(values: np.ndarray) -> np.ndarray:
    """Return the mean over the last axis, NaN left out; NaN where nothing is left."""
    known = ~np.isnan(values)
    return divide(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1).astype(np.float64))
