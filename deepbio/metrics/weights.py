"""Weights of the examples: one row for a plain value, many rows for a bootstrap.

A bootstrap draw is nothing but integer weights: how often each example was drawn. Every metric here takes `weights` of
shape `(n,)` and gives one value, or of shape `(draws, n)` and gives `(draws,)` values, computed together. What is dear
(sorting, the loss of each example) is done once for all draws.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError
from deepbio.metrics.estimate import UndefinedMetricWarning

# Elements of a block of weights that is worked on at once: it stays within a core's cache.
_BLOCK = 1 << 17


def weight_rows(weights: ArrayLike | None, n: int) -> tuple[np.ndarray, bool]:
    """Return the weights as `(rows, n)`, and whether the caller asked for one value only."""
    if weights is None:
        return np.ones((1, n), np.uint8), True
    w = np.asarray(weights)
    if w.dtype == bool:
        w = w.astype(np.uint8)
    if w.ndim not in (1, 2) or w.shape[-1] != n:
        raise DataError(f"Weights have shape (examples,) or (draws, examples) with {n} examples; received {w.shape}.")
    if w.dtype.kind != "u" and not (np.isfinite(w).all() and (w >= 0).all()):
        raise DataError("Weights are finite and not negative; drop the examples that have no weight.")
    return np.atleast_2d(w), w.ndim == 1


def give(values: np.ndarray, single: bool, name: str = "") -> Any:
    """Return the value of the only row as a float (with a warning where it is NaN), or the values of all rows."""
    if not single:
        return values
    if values.ndim > 1:
        return values[0]
    if name and np.isnan(values[0]):
        warn_undefined(f"{name} is undefined for these data (for example, only one class): NaN.")
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
