"""Variance of AUROC without resampling, and the test of two models on the same examples.

Sources: DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595; in ranks, Sun and Xu 2014,
doi:10.1109/LSP.2014.2337313.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from deepbio.errors import DataError
from deepbio.metrics.arrays import check_binary
from deepbio.metrics.estimate import Estimate


@dataclass(frozen=True)
class DeLongTest:
    """AUROC of two models, their difference with its interval, and the two-sided p-value of no difference."""

    first: float
    second: float
    difference: Estimate
    p_value: float


def delong_interval(y: ArrayLike, p: ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """Return AUROC with DeLong's interval, cut at 0 and 1. `y` is `(n,)` of 0 and 1, two of each at least.

    Example:
        >>> print(delong_interval([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.6, 0.4, 0.8, 0.9]))
        0.889 [0.581, 1.000]
    """
    area, covariance = _areas(y, [p])
    reach = float(ndtri((1 + confidence) / 2)) * math.sqrt(covariance[0, 0])
    return Estimate(float(area[0]), max(0.0, float(area[0] - reach)), min(1.0, float(area[0] + reach)))


def delong_variance(y: ArrayLike, p: ArrayLike) -> float:
    """Return DeLong's variance of the AUROC of scores `p`.

    Example:
        >>> round(delong_variance([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.6, 0.4, 0.8, 0.9]), 5)
        0.02469
    """
    return float(_areas(y, [p])[1][0, 0])


def delong_test(y: ArrayLike, first: ArrayLike, second: ArrayLike, *, confidence: float = 0.95) -> DeLongTest:
    """Test whether two models have the same AUROC on the same examples.

    Example:
        >>> y = [0, 0, 0, 1, 1, 1]
        >>> delong_test(y, [0.1, 0.2, 0.6, 0.4, 0.8, 0.9], [0.3, 0.9, 0.1, 0.2, 0.8, 0.7]).p_value < 1
        True
    """
    area, covariance = _areas(y, [first, second])
    difference = float(area[0] - area[1])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    deviation = math.sqrt(max(variance, 0.0))
    # Without deviation the models rank every pair alike, or differ on every pair in the same way.
    distance = abs(difference) / deviation if deviation > 1e-12 else (0.0 if abs(difference) < 1e-12 else math.inf)
    p_value = float(2 * ndtr(-distance))
    reach = float(ndtri((1 + confidence) / 2)) * deviation
    return DeLongTest(
        float(area[0]), float(area[1]), Estimate(difference, difference - reach, difference + reach), p_value
    )


def _areas(y: ArrayLike, models: list[ArrayLike]) -> tuple[np.ndarray, np.ndarray]:
    """Return the AUROC of each model and their covariance matrix."""
    of_positives, of_negatives = [], []
    for scores in models:
        truth, p = check_binary(y, scores)
        positives, negatives = p[truth], p[~truth]
        m, n = len(positives), len(negatives)
        if min(m, n) < 2:
            raise DataError(
                f"DeLong's variance needs two examples of each class; received {m} positive and {n} negative."
            )
        together = _mean_ranks(np.concatenate([positives, negatives]))
        of_positives.append((together[:m] - _mean_ranks(positives)) / n)
        of_negatives.append(1.0 - (together[m:] - _mean_ranks(negatives)) / m)
    area = np.array([component.mean() for component in of_positives])
    covariance = np.atleast_2d(np.cov(of_positives)) / len(of_positives[0])
    covariance += np.atleast_2d(np.cov(of_negatives)) / len(of_negatives[0])
    return area, covariance


def _mean_ranks(values: np.ndarray) -> np.ndarray:
    """Return the rank of each value from 1, ties at their mean rank."""
    ordered = np.sort(values)
    return (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right") + 1) / 2
