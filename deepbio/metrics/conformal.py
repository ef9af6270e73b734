"""Split conformal prediction: sets and intervals that cover the truth as often as asked.

A cut-off is found on examples that the model was not trained on (a validation split). On new examples of the same
distribution the set then contains the true class with at least the requested probability, whatever the model: on average over
examples, not for each.
Sources: Vovk, Gammerman and Shafer 2005, doi:10.1007/b106715; Angelopoulos and Bates 2023, doi:10.1561/2200000101.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError
from deepbio.metrics.arrays import check_classes, check_same_shape


def conformal_cutoff(
    y: ArrayLike, p: ArrayLike, *, coverage: float = 0.9, by_class: bool = False
) -> float | np.ndarray:
    """Return the lowest probability with which a class still belongs to the set.

    Args:
        y: Class indices of the validation split, `(n,)`.
        p: Class probabilities, `(n, classes)`.
        coverage: Probability with which the set must contain the true class.
        by_class: Whether each class has its own cut-off, `(classes,)`, and so its own coverage (Vovk 2012,
            doi:10.1007/978-3-642-29923-8_26). A class with too few examples gets 0: it is always in the set.

    Raises:
        DataError: `y` is not one class per example, or the coverage is not between 0 and 1.

    Example:
        >>> conformal_cutoff([0, 1, 0, 1], [[0.9, 0.1], [0.3, 0.7], [0.6, 0.4], [0.2, 0.8]], coverage=0.6)
        0.7
    """
    truth, p = check_classes(y, p)
    if truth.ndim != 1:
        raise DataError(f"Prediction sets take one class per example; received y of shape {truth.shape}.")
    own = p[np.arange(len(truth)), truth]
    if not by_class:
        return 1.0 - _quantile(1.0 - own, coverage, highest=1.0)
    return np.array([1.0 - _quantile(1.0 - own[truth == k], coverage, highest=1.0) for k in range(p.shape[1])])


def prediction_sets(p: ArrayLike, cutoff: ArrayLike) -> np.ndarray:
    """Return which classes belong to each example's set, bool `(n, classes)`.

    Example:
        >>> prediction_sets([[0.9, 0.1], [0.5, 0.5]], 0.4)
        array([[ True, False],
               [ True,  True]])
    """
    # The slack undoes the rounding of 1 - (1 - p), which could shut out an example at the cut-off itself.
    return np.asarray(p, dtype=np.float64) >= np.asarray(cutoff, dtype=np.float64) - 1e-12


def conformal_radius(y: ArrayLike, p: ArrayLike, *, coverage: float = 0.9) -> float | np.ndarray:
    """Return the half-width of prediction intervals, `p - radius` to `p + radius`, with the requested coverage.

    `y` and `p` are `(n,)` or `(n, outputs)` of the validation split; each output has its own radius and coverage. The radius
    is infinite if there are too few examples for the coverage.

    Example:
        >>> conformal_radius([1.0, 2.0, 3.0, 4.0], [1.5, 2.0, 2.0, 4.25], coverage=0.6)
        0.5
    """
    y, p = check_same_shape(y, p)
    off = np.abs(y - p)
    if off.ndim == 1:
        return _quantile(off[~np.isnan(off)], coverage, highest=math.inf)
    columns = (off[:, j] for j in range(off.shape[1]))
    return np.array([_quantile(column[~np.isnan(column)], coverage, highest=math.inf) for column in columns])


def _quantile(scores: np.ndarray, coverage: float, *, highest: float) -> float:
    """Return the smallest score that `coverage` of `n + 1` exchangeable scores do not pass."""
    if not 0 < coverage < 1:
        raise DataError(f"coverage is between 0 and 1; received {coverage}.")
    rank = math.ceil((len(scores) + 1) * coverage - 1e-9)
    return float(np.sort(scores)[rank - 1]) if rank <= len(scores) else highest
