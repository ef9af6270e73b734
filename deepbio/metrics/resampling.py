"""Bootstrap intervals: how often each example is drawn, the metric of each resample, and the interval from them.

`summarize` uses them for few metrics only (see `deepbio.metrics.intervals`). A metric with bounds has a normal interval on the scale
where its bounds are infinitely far away (logit for a fraction), with the standard deviation of the resamples. That is too small by
the factor sqrt((m - 1) / m) and itself uncertain, m being the number of independent units (of the smallest class), so it is
corrected and Student's t with m - 1 degrees of freedom replaces the normal quantile.
Sources: Efron and Tibshirani 1993, An Introduction to the Bootstrap; Boyd et al. 2013,
doi:10.1007/978-3-642-40994-3_29, for the logit interval of AUPRC.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit

from deepbio.errors import DataError
from deepbio.metrics.groups import group_numbers

MIN_UNITS = 5
"""Fewest examples, examples of a class, or groups with a class, that an interval rests on."""
MIN_GROUPS = 10
"""Fewest groups that an interval rests on: with five, intervals contained the truth in 89 to 96% of simulations."""
# Bytes of one chunk of weights and of the indices drawn for it; together they bound the memory of a bootstrap.
_CHUNK = 1 << 27
_DRAWN = 1 << 22
_MAX_UNDEFINED = 0.05  # of the resamples; more if fewer than three examples decide whether a metric is defined


@dataclass(frozen=True)
class Estimate:
    """A value and the two ends of its interval; NaN where undefined, with the reason why there is no interval.

    Example:
        >>> print(Estimate(0.963, 0.951, 0.974))
        0.963 [0.951, 0.974]
        >>> print(Estimate(0.963, reason="one group"))
        0.963 (no interval: one group)
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able dictionary; a number that is not finite is None, because JSON has no NaN."""
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        found: dict[str, Any] = {key: float(one) if math.isfinite(one) else None for key, one in numbers.items()}
        return found | ({"reason": self.reason} if self.reason else {})

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Estimate:
        """Build an `Estimate` from what `to_dict` returned."""
        numbers = (values[key] for key in ("value", "low", "high"))
        value, low, high = (math.nan if one is None else float(one) for one in numbers)
        return cls(value, low, high, values.get("reason", ""))

    def __float__(self) -> float:
        return float(self.value)

    def __str__(self) -> str:
        if math.isnan(self.value):
            return "undefined"
        if math.isnan(self.low) or math.isnan(self.high):
            return _short(self.value) + (f" (no interval: {self.reason})" if self.reason else "")
        return f"{_short(self.value)} [{_short(self.low)}, {_short(self.high)}]"


def _short(number: float) -> str:
    return f"{number:.3f}" if abs(number) < 1000 else f"{number:.4g}"


class Resampling(TypedDict, total=False):
    """Options of the resamples, as `bootstrap_weights` takes them."""

    n_resamples: int
    seed: int
    strata: ArrayLike | None
    groups: ArrayLike | None


def bootstrap_weights(
    n: int, *, n_resamples: int = 1000, seed: int = 0, strata: ArrayLike | None = None, groups: ArrayLike | None = None
) -> Iterator[np.ndarray]:
    """Yield how often each of `n` examples is drawn, in chunks `(rows, n)` of small unsigned integers.

    Args:
        n: Number of examples.
        n_resamples: Number of resamples in all.
        seed: Random seed; the same seed yields the same resamples.
        strata: Class of each example, `(n,)`; each class keeps its size, so no resample loses a class.
        groups: Patient, chromosome or the like of each example, `(n,)`; whole groups are drawn, as many as there are. Not with
            `strata`.

    Yields:
        Chunks of at most 128 MiB (or one resample, if that is more).

    Raises:
        DataError: Both strata and groups, none of the right length, or no resample or example.

    Example:
        >>> sum(len(chunk) for chunk in bootstrap_weights(10, n_resamples=7))
        7
    """
    if strata is not None and groups is not None:
        raise DataError("Expected strata or groups, received both: a group drawn whole may contain several classes.")
    if n_resamples < 1 or n < 1:
        raise DataError(f"A bootstrap needs at least one resample and one example; received {n_resamples=}, {n=}.")
    generator = np.random.default_rng(seed)
    member = _numbered(strata, n) if groups is None else group_numbers(groups, n)
    step = max(1, min(n_resamples, _CHUNK // n))
    for start in range(0, n_resamples, step):
        size = min(step, n_resamples - start)
        if groups is not None and member is not None:
            yield _counts(generator, [np.arange(member.max() + 1)], size, int(member.max()) + 1).take(member, axis=1)
        else:
            parts = [np.arange(n)] if member is None else [np.flatnonzero(member == k) for k in range(member.max() + 1)]
            yield _counts(generator, parts, size, n)


def bootstrap_distribution(
    metric: Callable[..., Any], y: ArrayLike, p: ArrayLike, **resampling: Unpack[Resampling]
) -> np.ndarray:
    """Return the metric of each resample, `(n_resamples,)` or `(n_resamples, labels)`; arguments as in `bootstrap`."""
    y, p = np.asarray(y), np.asarray(p)
    chunks = bootstrap_weights(len(y), **resampling)
    return np.concatenate([metric(y, p, weights=weights) for weights in chunks])


def bootstrap(
    metric: Callable[..., Any],
    y: ArrayLike,
    p: ArrayLike,
    *,
    bounds: tuple[float, float] | None = None,
    confidence: float = 0.95,
    **resampling: Unpack[Resampling],
) -> Estimate:
    """Return a metric with its bootstrap interval.

    Args:
        metric: `metric(y, p, weights=...)` that takes weights `(n_resamples, n)`, as every metric of this package does.
        y, p: Truth and predictions.
        bounds: Lowest and highest possible value; see `interval`.
        confidence: Probability with which the interval should cover the truth.
        **resampling: `n_resamples`, `seed`, `strata` and `groups`; see `bootstrap_weights`.

    Example:
        >>> from deepbio.metrics import auroc
        >>> y, p = [0, 0, 0, 1, 1, 1] * 20, [0.1, 0.2, 0.6, 0.4, 0.8, 0.9] * 20
        >>> print(bootstrap(auroc, y, p, bounds=(0, 1), strata=y))
        0.889 [0.814, 0.936]
    """
    value = metric(np.asarray(y), np.asarray(p))
    if reason := few_units(len(np.asarray(y)), strata=resampling.get("strata"), groups=resampling.get("groups")):
        return Estimate(float(value), reason=reason)
    values = bootstrap_distribution(metric, y, p, **resampling)
    units = _independent_units(len(np.asarray(y)), resampling.get("strata"), resampling.get("groups"))
    undefined = 1 - np.isfinite(values).mean()
    if np.isfinite(value) and undefined > _MAX_UNDEFINED:
        return Estimate(float(value), reason=f"undefined in {undefined:.0%} of the resamples")
    return interval(value, values, bounds=bounds, units=units, confidence=confidence)


def interval(
    value: float,
    distribution: np.ndarray,
    *,
    bounds: tuple[float, float] | None = None,
    units: int | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return the interval of a value from its bootstrap distribution.

    Args:
        value: Metric of the examples themselves.
        distribution: Metric of each resample, `(n_resamples,)`; those that are not finite are left out.
        bounds: Lowest and highest possible value, of which one may be infinite. With them the interval lies inside and
            contains the value; without them it is the percentile interval.
        units: Number of independent units behind the value; the fewer, the wider the interval. A perfect (or worst possible)
            value does not vary among resamples; its interval is then the exact one of a fraction of so many units without an
            error (Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404). That is exact for accuracy, a fair guide for others.
        confidence: Probability with which the interval should cover the truth.

    Example:
        >>> print(interval(2.0, np.arange(5.0), confidence=0.5))
        2.000 [1.000, 3.000]
        >>> print(interval(1.0, np.ones(1000), bounds=(0, 1), units=200))
        1.000 [0.982, 1.000]
    """
    if not 0 < confidence < 1:
        raise DataError(f"confidence is between 0 and 1; received {confidence}.")
    known = distribution[np.isfinite(distribution)]
    if not np.isfinite(value) or not len(known):
        return Estimate(float(value))
    low, high = bounds or (-np.inf, np.inf)
    value = float(value)
    if low < value < high and (low, high) != (-np.inf, np.inf):
        return _between(value, float(known.std()) * _reach(units, confidence), low, high)
    if units and value in (low, high) and np.isfinite(high - low):
        reach = (high - low) * (1 - ((1 - confidence) / 2) ** (1 / units))
        return Estimate(value, max(low, value - reach), min(high, value + reach))
    ends = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Estimate(value, float(ends[0]), float(ends[1]))


def _reach(units: int | None, confidence: float) -> float:
    """Return how many standard deviations of the resamples an interval reaches, for so many independent units."""
    tail = (1 + confidence) / 2
    if units is None or units < 2:
        return float(ndtri(tail))
    return float(stdtrit(units - 1, tail)) * math.sqrt(units / (units - 1))


def _between(value: float, reach: float, low: float, high: float) -> Estimate:
    """Return the interval that is normal on the scale of log(value - low) - log(high - value), infinite ends left out."""
    below, above = value - low, high - value
    factor = float(np.exp(reach * (1 / below + 1 / above)))  # the slope of that scale at the value
    if np.isinf(high):
        return Estimate(value, low + below / factor, low + below * factor)
    if np.isinf(low):
        return Estimate(value, high - above * factor, high - above / factor)
    odds, width = below / above, high - low
    ends = [low + width * (1 - 1 / (1 + odds * times)) for times in (1 / factor, factor)]
    return Estimate(value, ends[0], ends[1])


def few_units(n: int, *, strata: ArrayLike | None = None, groups: ArrayLike | None = None) -> str:
    """Return why resamples say nothing: fewer than ten groups or than five examples of a stratum; else an empty text."""
    units = _independent_units(n, strata, groups)
    of, needed = ("example", MIN_UNITS) if groups is None else ("group", MIN_GROUPS)
    return "" if units >= needed else f"{units} {of}{'s' * (units > 1)}, {needed} needed"


def _independent_units(n: int, strata: ArrayLike | None, groups: ArrayLike | None) -> int:
    """Return the number of independent units of a resample: groups, else examples of the smallest stratum, else `n`."""
    if groups is not None:
        return int(group_numbers(groups).max()) + 1
    return n if strata is None else int(np.unique(np.asarray(strata), return_counts=True)[1].min())


def _numbered(names: ArrayLike | None, n: int) -> np.ndarray | None:
    if names is None:
        return None
    names = np.asarray(names)
    if names.shape != (n,):
        raise DataError(f"strata name each of the {n} examples once; received shape {names.shape}.")
    return np.unique(names, return_inverse=True)[1]


def _counts(generator: np.random.Generator, parts: list[np.ndarray], rows: int, n: int) -> np.ndarray:
    """Draw as many as each part has from it, with replacement, and count: `(rows, n)`."""
    counts = np.zeros((rows, n), np.uint8)
    step = max(1, _DRAWN // n)
    for start in range(0, rows, step):
        some = min(step, rows - start)
        offset = np.arange(some)[:, None] * n
        drawn = np.concatenate(
            [part[generator.integers(0, len(part), (some, len(part)))] + offset for part in parts], axis=1
        )
        block = np.bincount(drawn.ravel(), minlength=some * n).reshape(some, n)
        if block.max() > np.iinfo(counts.dtype).max:  # not seen in practice: one example drawn over 255 times
            counts = counts.astype(np.uint32)
        counts[start : start + some] = block
    return counts
