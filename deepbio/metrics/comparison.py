"""Two models on the same examples: McNemar's test, the paired bootstrap, and Holm's correction for many tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr

from deepbio.errors import DataError
from deepbio.metrics.estimate import Estimate
from deepbio.metrics.resampling import bootstrap_draws, interval


@dataclass(frozen=True)
class Comparison:
    """First minus second with its interval, and the two-sided p-value of no difference."""

    difference: Estimate
    p_value: float


@dataclass(frozen=True)
class McNemar:
    """How many examples only the first and only the second model got right, and the exact two-sided p-value."""

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
    first, second = np.asarray(first_right, dtype=bool), np.asarray(second_right, dtype=bool)
    if first.shape != second.shape or first.ndim != 1:
        raise DataError(f"Both models need one right-or-wrong an example; received {first.shape} and {second.shape}.")
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
    draws: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
    strata: ArrayLike | None = None,
    groups: ArrayLike | None = None,
) -> Comparison:
    """Return the difference of a metric between two models, both on the same resamples.

    The p-value is twice the smaller share of resamples on either side of zero, one added above and below the line, so
    it is never zero.

    Example:
        >>> from deepbio.metrics import accuracy
        >>> y = [0, 1] * 20
        >>> paired_bootstrap(accuracy, y, y, [0.5] * 40).difference.value
        0.5
    """
    kwargs: dict[str, Any] = {"draws": draws, "seed": seed, "strata": strata, "groups": groups}
    one, two = (bootstrap_draws(metric, y, p, **kwargs) for p in (first, second))
    change = one - two
    known = change[np.isfinite(change)]
    tail = min(int((known <= 0).sum()), int((known >= 0).sum()))
    p_value = min(1.0, 2.0 * (tail + 1) / (len(known) + 1))
    value = metric(np.asarray(y), np.asarray(first)) - metric(np.asarray(y), np.asarray(second))
    return Comparison(interval(value, change, confidence=confidence), p_value)


def holm(p_values: ArrayLike) -> np.ndarray:
    """Return p-values corrected for how many there are, `(tests,)` (family-wise error; step-down).

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
