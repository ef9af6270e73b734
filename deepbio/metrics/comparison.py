"""Two models on the same examples: McNemar's test, the paired bootstrap, DeLong's test and Holm's correction."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, ndtr, ndtri

from deepbio.errors import DataError
from deepbio.metrics.arrays import check_binary
from deepbio.metrics.resampling import Estimate, Resampling, bootstrap_distribution, few_units, interval

_NO_ERROR = 1e-12


@dataclass(frozen=True)
class Comparison:
    """First minus second with its interval, and the two-sided p-value of no difference."""

    difference: Estimate
    p_value: float


@dataclass(frozen=True)
class McNemar:
    """Examples that only the first and only the second model got right, and the exact two-sided p-value."""

    only_first: int
    only_second: int
    p_value: float


def mcnemar(first_right: ArrayLike, second_right: ArrayLike) -> McNemar:
    """Test whether two models are right equally often, exactly (binomial on the examples where they differ).

    Args: for each of the same examples, whether each model was right, `(n,)` bool.
    Source: McNemar 1947, doi:10.1007/BF02295996.

    Example:
        >>> mcnemar([True, True, True, False], [False, False, True, False])
        McNemar(only_first=2, only_second=0, p_value=0.5)
    """
    sides = [np.asarray(first_right), np.asarray(second_right)]
    if not all(side.dtype.kind in "biuf" and np.isin(side, (0, 1)).all() for side in sides):
        raise DataError("Whether a model was right is True or False, or 1 or 0, for each example.")
    first, second = (side.astype(bool) for side in sides)
    if first.shape != second.shape or first.ndim != 1:
        raise DataError(f"Both models need one bool per example; received {first.shape} and {second.shape}.")
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    differ = only_first + only_second
    p_value = min(1.0, 2.0 * float(bdtr(min(only_first, only_second), differ, 0.5))) if differ else 1.0
    return McNemar(only_first, only_second, p_value)


def paired_bootstrap(
    metric: Callable[..., Any],
    y: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    confidence: float = 0.95,
    **resampling: Unpack[Resampling],
) -> Comparison:
    """Return the difference of a metric between two models, both on the same resamples.

    Arguments as in `deepbio.metrics.bootstrap`; the p-value is that of `bootstrap_p_value`, and NaN for fewer than ten groups.
    Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 15.

    Example:
        >>> from deepbio.metrics import accuracy
        >>> y = [0, 1] * 20
        >>> paired_bootstrap(accuracy, y, y, [0.5] * 40).difference.value
        0.5
    """
    value = metric(np.asarray(y), np.asarray(first)) - metric(np.asarray(y), np.asarray(second))
    if reason := few_units(len(np.asarray(y)), strata=resampling.get("strata"), groups=resampling.get("groups")):
        return Comparison(Estimate(float(value), reason=reason), math.nan)
    one, two = (bootstrap_distribution(metric, y, p, **resampling) for p in (first, second))
    change = one - two
    return Comparison(interval(value, change, confidence=confidence), bootstrap_p_value(change))


def bootstrap_p_value(change: ArrayLike) -> float:
    """Return the two-sided p-value of no change, from the change in each resample, `(n_resamples,)`.

    It is twice the smaller fraction of resamples on either side of zero, with one added to both counts of the fraction, so
    that it is never zero. Resamples that are not finite are left out.

    Example:
        >>> bootstrap_p_value([0.1] * 99)
        0.02
    """
    change = np.asarray(change, dtype=np.float64)
    known = change[np.isfinite(change)]
    tail = min(int((known <= 0).sum()), int((known >= 0).sum()))
    return min(1.0, 2.0 * (tail + 1) / (len(known) + 1))


def holm(p_values: ArrayLike) -> np.ndarray:
    """Return p-values corrected for multiple tests, `(tests,)`: step-down control of the family-wise error.

    Source: Holm 1979, Scandinavian Journal of Statistics 6:65-70, jstor.org/stable/4615733.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        array([0.03, 0.06, 0.06])
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or ((p < 0) | (p > 1) | np.isnan(p)).any():
        raise DataError("p-values are a list of numbers between 0 and 1.")
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected


@dataclass(frozen=True)
class DeLongTest:
    """AUROC of two models, their difference with its interval, and the two-sided p-value of no difference."""

    first: float
    second: float
    difference: Estimate
    p_value: float


def delong_interval(y: ArrayLike, p: ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """Return AUROC with DeLong's interval, clipped to 0 and 1; without one where the ranking is perfect, as it has no variance then.

    Truth and scores are `(n,)`, with at least two examples of each class. `summarize` has intervals for few examples, too.
    Sources: DeLong et al. 1988, doi:10.2307/2531595; in ranks, Sun and Xu 2014, doi:10.1109/LSP.2014.2337313.

    Example:
        >>> print(delong_interval([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.6, 0.4, 0.8, 0.9]))
        0.889 [0.581, 1.000]
    """
    area, covariance = _areas(y, [p])
    reach = float(ndtri((1 + confidence) / 2)) * math.sqrt(covariance[0, 0])
    if reach < _NO_ERROR:
        return Estimate(float(area[0]), reason="no variance between examples of a class")
    return Estimate(float(area[0]), max(0.0, float(area[0] - reach)), min(1.0, float(area[0] + reach)))


def delong_variance(y: ArrayLike, p: ArrayLike) -> float:
    """Return DeLong's variance of the AUROC of scores `p`; arguments as in `delong_interval`.

    Example:
        >>> round(delong_variance([0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.6, 0.4, 0.8, 0.9]), 5)
        0.02469
    """
    return float(_areas(y, [p])[1][0, 0])


def delong_test(y: ArrayLike, first: ArrayLike, second: ArrayLike, *, confidence: float = 0.95) -> DeLongTest:
    """Test whether two models have the same AUROC on the same examples; arguments as in `delong_interval`.

    Where the difference has no variance, such as of a perfect and a reversed ranking, it has neither interval nor p-value.

    Example:
        >>> y = [0, 0, 0, 1, 1, 1]
        >>> delong_test(y, [0.1, 0.2, 0.6, 0.4, 0.8, 0.9], [0.3, 0.9, 0.1, 0.2, 0.8, 0.7]).p_value < 1
        True
    """
    area, covariance = _areas(y, [first, second])
    difference = float(area[0] - area[1])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    error = math.sqrt(max(variance, 0.0))
    if error < _NO_ERROR:  # the models rank every pair alike, or differ on every pair in the same way
        change = Estimate(difference, reason="no variance between examples of a class")
        return DeLongTest(float(area[0]), float(area[1]), change, 1.0 if abs(difference) < _NO_ERROR else math.nan)
    p_value = float(2 * ndtr(-abs(difference) / error))
    reach = float(ndtri((1 + confidence) / 2)) * error
    change = Estimate(difference, difference - reach, difference + reach)
    return DeLongTest(float(area[0]), float(area[1]), change, p_value)


def _areas(y: ArrayLike, models: list[ArrayLike]) -> tuple[np.ndarray, np.ndarray]:
    """Return the AUROC of each model and their covariance matrix."""
    of_positives, of_negatives = [], []
    for scores in models:
        truth, p = check_binary(y, scores)
        positives, negatives = p[truth], p[~truth]
        m, n = len(positives), len(negatives)
        if min(m, n) < 2:
            raise DataError(f"DeLong needs two examples of each class; received {m} positive and {n} negative.")
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
