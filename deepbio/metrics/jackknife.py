"""The jackknife: how a metric changes when one unit is left out, and the variance that follows.

Source: Efron and Stein 1981, doi:10.1214/aos/1176345462; degrees of freedom: Satterthwaite 1946, doi:10.2307/3002019,
and O'Neill 2014, doi:10.1080/00031305.2014.966589 (kurtosis). Of the AUROC,
classes being strata, this is DeLong's variance.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.special import stdtrit

_CHUNK = 1 << 26  # bytes of weights at a time
_MIN_RESAMPLES = 1000
_MAX_REACH = 2  # times that of Student's t


@dataclass(frozen=True)
class Jackknife:
    """Variance of a metric, the degrees of freedom of that variance, and the metric without each unit, `(units,)`."""

    variance: float
    freedom: float
    without: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)

    def reach(self, confidence: float) -> float:
        """Return how far an interval by Student's t reaches on either side."""
        return float(stdtrit(max(1.0, self.freedom), (1 + confidence) / 2)) * math.sqrt(self.variance)

    def studentized(self, confidence: float, *, n_resamples: int, seed: int) -> tuple[float, float]:
        """Return how far an interval by the studentized bootstrap of the units reaches below and above the value.

        It reaches further to the side where a few units as extreme as the most extreme one have not been seen, which Student's t
        does not; at most twice as far as that one. Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 12.
        """
        count, off = len(self.without), self.without.mean() - self.without
        drawn = off[np.random.default_rng(seed).integers(0, count, (max(n_resamples, _MIN_RESAMPLES), count))]
        spread = drawn.std(axis=1, ddof=1)
        varied = spread > 1e-9 * off.std()
        tail = (1 - confidence) / 2
        ends = np.quantile(drawn.mean(axis=1)[varied] / spread[varied], [1 - tail, tail]) * math.sqrt(
            count * self.variance
        )
        limit = _MAX_REACH * self.reach(confidence)
        return float(np.clip(ends[0], 0, limit)), float(np.clip(-ends[1], 0, limit))


def jackknife(
    measure: Callable[[np.ndarray], np.ndarray],
    groups: np.ndarray | None,
    strata: np.ndarray | None,
    *,
    max_deleted: int = 1000,
    n: int | None = None,
) -> Jackknife:
    """Leave out one unit at a time, an example or a group, and return the variance of the metric.

    Args:
        measure: `measure(weights)` with weights `(rows, n)`, `(rows,)` values.
        groups: Number of the group of each example, from 0, `(n,)`.
        strata: Class of each example, `(n,)`, whose sizes are fixed; not with groups.
        max_deleted: Highest number of rows. Of more units, random blocks of equal size (seed 0) are left out.
        n: Number of examples, needed without groups and strata.

    Example:
        >>> x = np.array([1.0, 2.0, 3.0, 6.0])
        >>> found = jackknife(lambda w: (w @ x) / w.sum(axis=1), None, None, n=4)
        >>> round(found.variance, 6), round(float(x.var(ddof=1)) / 4, 6)
        (1.166667, 1.166667)
    """
    block, stratum = _blocks(groups, strata, max_deleted, n or len(groups if groups is not None else strata or ()))
    values = _without_each(measure, block)
    if not np.isfinite(values).all():
        return Jackknife(float("nan"), 1.0)
    variance, squares = 0.0, 0.0
    for k in range(stratum.max() + 1):
        mine = values[stratum == k]
        if len(mine) > 1:
            part = float(((mine - mine.mean()) ** 2).sum()) * (len(mine) - 1) / len(mine)
            variance += part
            squares += part**2 / _freedom(mine)
    return Jackknife(variance, variance**2 / squares if squares else 1.0, values)


def _freedom(values: np.ndarray) -> float:
    """Return the degrees of freedom of a variance: fewer where a few values make most of it (O'Neill 2014)."""
    n, off = len(values), values - values.mean()
    spread = float((off**2).mean())
    excess = max(0.0, float((off**4).mean()) / spread**2 - 3) if spread > 0 else 0.0
    return 2 / (excess / n + 2 / (n - 1))


def _blocks(
    groups: np.ndarray | None, strata: np.ndarray | None, max_units: int, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the block of each example and the stratum of each block, both numbered from 0."""
    unit = np.arange(n) if groups is None else groups
    units = int(unit.max()) + 1
    of_unit = (
        np.zeros(units, np.int64) if strata is None or groups is not None else np.unique(strata, return_inverse=True)[1]
    )
    generator, block, stratum, first = np.random.default_rng(0), np.empty(units, np.int64), [], 0
    for k in range(of_unit.max() + 1):
        mine = np.flatnonzero(of_unit == k)
        count = len(mine) if units <= max_units else min(len(mine), max(2, len(mine) * max_units // units))
        block[generator.permutation(mine)] = first + np.arange(len(mine)) % count
        stratum += [k] * count
        first += count
    return block[unit], np.array(stratum)


def _without_each(measure: Callable[[np.ndarray], np.ndarray], block: np.ndarray) -> np.ndarray:
    count = int(block.max()) + 1
    step = max(1, _CHUNK // len(block))
    parts = [np.arange(first, min(first + step, count)) for first in range(0, count, step)]
    return np.concatenate([measure((block[None, :] != part[:, None]).astype(np.uint8)) for part in parts])
