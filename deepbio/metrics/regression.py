"""How close predicted numbers are: Pearson, Spearman, R2, RMSE, MAE and Poisson deviance.

`y` and `p` are `(n,)` or `(n, outputs)`; the result is the mean over outputs. NaN in `y` is unknown and left out of its
output. A constant side has no correlation: NaN with a warning.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import xlogy

from deepbio.errors import DataError
from deepbio.metrics import arrays
from deepbio.metrics.arrays import Weights

_Kernel = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def pearson(y: ArrayLike, p: ArrayLike, *, weights: Weights = None) -> Any:
    """Return Pearson's correlation. Range -1 to 1, higher is better.

    Example:
        >>> round(pearson([1.0, 2.0, 3.0, 4.0], [1.0, 3.0, 2.0, 4.0]), 6)
        0.8
    """
    return _over_outputs("Pearson's correlation", _pearson, y, p, weights)


def spearman(y: ArrayLike, p: ArrayLike, *, weights: Weights = None) -> Any:
    """Return Spearman's rank correlation, ties at their mean rank. Range -1 to 1, higher is better.

    Example:
        >>> round(spearman([1.0, 2.0, 3.0, 4.0], [1.0, 3.0, 2.0, 9.0]), 6)
        0.8
    """
    return _over_outputs("Spearman's correlation", _spearman, y, p, weights)


def r2(y: ArrayLike, p: ArrayLike, *, weights: Weights = None) -> Any:
    """Return the coefficient of determination. At most 1, higher is better; predicting the mean scores 0.

    Example:
        >>> round(r2([1.0, 2.0, 3.0], [1.0, 2.0, 2.0]), 6)
        0.5
    """
    return _over_outputs("R2", _r2, y, p, weights)


def rmse(y: ArrayLike, p: ArrayLike, *, weights: Weights = None) -> Any:
    """Return the root of the mean squared error, in the unit of `y`. From 0, lower is better.

    Example:
        >>> rmse([1.0, 2.0], [1.0, 4.0])
        1.4142135623730951
    """
    return _over_outputs("RMSE", lambda y, p, w: np.sqrt(arrays.weighted_mean((y - p) ** 2, w)), y, p, weights)


def mae(y: ArrayLike, p: ArrayLike, *, weights: Weights = None) -> Any:
    """Return the mean absolute error, in the unit of `y`. From 0, lower is better.

    Example:
        >>> mae([1.0, 2.0], [1.0, 4.0])
        1.0
    """
    return _over_outputs("MAE", lambda y, p, w: arrays.weighted_mean(np.abs(y - p), w), y, p, weights)


def poisson_deviance(y: ArrayLike, p: ArrayLike, *, weights: Weights = None) -> Any:
    """Return the mean Poisson deviance of counts `y` under rates `p`, both not negative. From 0, lower is better.

    Example:
        >>> round(poisson_deviance([0, 1, 3], [0.5, 1.0, 2.0]), 4)
        0.4776
    """
    if np.nanmin(np.asarray(y, dtype=np.float64)) < 0 or np.min(np.asarray(p)) < 0:
        raise DataError(
            "Counts and rates of a Poisson deviance are not negative. Apply the activation to logits first."
        )
    return _over_outputs("Poisson deviance", _poisson_deviance, y, p, weights)


def _over_outputs(name: str, kernel: _Kernel, y: ArrayLike, p: ArrayLike, weights: Weights) -> Any:
    y, p = arrays.check_same_shape(y, p)
    w, single = arrays.weight_rows(weights, len(y))
    y, p = y.reshape(len(y), -1), p.reshape(len(p), -1)
    values = np.empty((len(w), y.shape[1]))
    for j in range(y.shape[1]):
        known = ~np.isnan(y[:, j])
        part = w if known.all() else w[:, known]
        values[:, j] = kernel(y[known, j], p[known, j], part) if known.any() else np.nan
    return arrays.unwrap(arrays.mean_over_labels(values), single, name)


def _pearson(y: np.ndarray, p: np.ndarray, w: np.ndarray) -> np.ndarray:
    # Centred on the mean over all rows together: exact for one row, and free of cancellation for resamples.
    a, b = _centred(y, w), _centred(p, w)
    sums = arrays.weighted_sums(w, np.stack([np.ones_like(a), a, b, a * a, b * b, a * b], axis=1))
    total, sy, sp, syy, spp, syp = sums.T
    vy, vp = syy - arrays.divide(sy * sy, total), spp - arrays.divide(sp * sp, total)
    cov = syp - arrays.divide(sy * sp, total)
    fine = (vy > _floor(y, total)) & (vp > _floor(p, total))
    spread = np.sqrt(np.where(fine, vy, 1.0)) * np.sqrt(np.where(fine, vp, 1.0))
    return np.where(fine, np.clip(cov / spread, -1, 1), np.nan)


def _spearman(y: np.ndarray, p: np.ndarray, w: np.ndarray) -> np.ndarray:
    ranks = [_Ranks(side) for side in (y, p)]
    values = np.empty(len(w))
    for part in arrays.blocks(len(w), len(y)):
        rows = w[part].astype(np.float64)
        a, b = (rank.centred(rows) for rank in ranks)
        cov, va, vb = (np.einsum("ij,ij,ij->i", rows, *pair) for pair in ((a, b), (a, a), (b, b)))
        values[part] = np.clip(arrays.divide(cov, np.sqrt(va) * np.sqrt(vb)), -1, 1)
    return values


class _Ranks:
    """Mean ranks of one side under any weights, from one sort."""

    def __init__(self, values: np.ndarray) -> None:
        self.order = np.argsort(values)
        ordered = values[self.order]
        self.first = np.searchsorted(ordered, values, "left")
        self.last = np.searchsorted(ordered, values, "right")

    def centred(self, rows: np.ndarray) -> np.ndarray:
        below = np.zeros((len(rows), rows.shape[1] + 1))
        np.cumsum(rows.take(self.order, axis=1), axis=1, out=below[:, 1:])
        return (below.take(self.first, axis=1) + below.take(self.last, axis=1) - below[:, -1:]) / 2


def _r2(y: np.ndarray, p: np.ndarray, w: np.ndarray) -> np.ndarray:
    centred = _centred(y, w)
    columns = np.stack([np.ones_like(y), centred, centred**2, (y - p) ** 2], axis=1)
    total, sy, syy, error = arrays.weighted_sums(w, columns).T
    spread = syy - arrays.divide(sy * sy, total)
    return 1.0 - arrays.divide(error, np.where(spread > _floor(y, total), spread, 0.0))


def _poisson_deviance(y: np.ndarray, p: np.ndarray, w: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return arrays.weighted_mean(2.0 * (xlogy(y, y) - xlogy(y, p) - y + p), w)


def _centred(values: np.ndarray, w: np.ndarray) -> np.ndarray:
    each = w.sum(axis=0, dtype=np.float64)
    total = each.sum()
    return values - (each @ values / total if total else 0.0)


def _floor(values: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Return the sum of squares below which values are constant but for rounding."""
    return total * (1e-14 * np.abs(values).max(initial=0.0)) ** 2
