"""`ece_interval`: the interval of the expected calibration error.

The error of a sample is too large, because noise adds to gaps of either sign. So the interval consists of the errors under which the
observed one is not extreme: gaps of one shape are enlarged from none, until chance makes the error of a sample as large as the
observed one in more than a few cases (the lower end), and until it makes it as small in a few cases only (the upper end). Two
shapes are tried, the observed gaps and Platt's logistic curve, and the wider interval is kept.

Sources: Broecker and Smith 2007, doi:10.1175/WAF993.1 (the test of a model without gaps); Carpenter and Bithell 2000, Statistics in
Medicine 19:1141-1164 (intervals that invert a bootstrap test).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from deepbio.metrics.arrays import weighted_sums
from deepbio.metrics.calibration import fit_platt
from deepbio.metrics.probability import bin_predictions, ece
from deepbio.metrics.resampling import Estimate, bootstrap_weights

MIN_EXAMPLES = 100
"""Fewest examples: 15 bins of 50 have three each, and the intervals contained the truth in as few as 85% of simulations."""
_MIN_RESAMPLES = 400
_STEPS = 7  # of bisection, before a straight line
_MAX_SIZE = 256
_Errors = Callable[[float], np.ndarray]


def ece_interval(
    y: ArrayLike,
    p: ArrayLike,
    *,
    bins: int = 15,
    equal_mass: bool = True,
    n_resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
    groups: ArrayLike | None = None,
) -> Estimate:
    """Return the expected calibration error with an interval that covers the truth for calibrated models too.

    Arguments as in `ece` and `deepbio.metrics.bootstrap`. There is no interval for fewer than 100 examples, for examples in groups
    and for several predictions per example: none of the methods tried contained the truth often enough in simulations.

    Example:
        >>> found = ece_interval([0, 1, 1, 1] * 30, [0.2, 0.7, 0.7, 0.7] * 30)
        >>> found.low < found.value < found.high
        True
    """
    y, p = np.asarray(y), np.asarray(p)
    value, n = float(ece(y, p, bins=bins, equal_mass=equal_mass)), len(y)
    found = bin_predictions(y, p, bins=bins, equal_mass=equal_mass)
    reason = f"{n} example{'s' * (n > 1)}, {MIN_EXAMPLES} needed" if n < MIN_EXAMPLES else ""
    if groups is not None and len(np.unique(np.asarray(groups))) < n:
        reason = "examples in groups are not independent"
    if len(found.outcome) != n:
        reason = "predictions of one example are not independent"
    if reason:
        return Estimate(value, reason=reason)
    many = np.bincount(found.bin_of, minlength=bins).astype(np.float64)
    confident, true = (
        np.bincount(found.bin_of, weights=side, minlength=bins) / np.maximum(many, 1)
        for side in (found.confidence, found.outcome)
    )
    # Observed gaps, with one more prediction in each bin, as good as it claims to be.
    frequencies = [((true * many + confident) / (many + 1))[found.bin_of]]
    if 0 < found.outcome.sum() < len(found.outcome):
        frequencies.append(fit_platt(found.outcome, found.confidence).apply(found.confidence))
    tail, resamples = (1 - confidence) / 2, max(n_resamples, _MIN_RESAMPLES)
    # How frequencies differ from confidence, summed over the bins of each resample.
    parts = [frequency - found.confidence for frequency in frequencies]
    cell = found.example * bins + found.bin_of
    cells = np.concatenate([np.bincount(cell, part, minlength=n * bins).reshape(n, bins) for part in parts], axis=1)
    drawn = bootstrap_weights(n, n_resamples=resamples, seed=seed)
    sums = np.concatenate([weighted_sums(w, cells) for w in drawn]).reshape(resamples, len(parts), bins) / n
    ends: list[float] = []
    for number, part in enumerate(parts):
        gap = np.bincount(found.bin_of, part, minlength=bins) / np.maximum(many, 1)
        errors = _errors(_binomial(many.astype(np.int64), confident, gap, resamples, seed), sums[:, number])
        error = float(many @ np.abs(gap)) / n
        ends += [error * _solve(value, errors, level) for level in (1 - tail, tail)]
    return Estimate(value, min(value, *ends[::2]), min(1.0, max(value, *ends[1::2])))


def _binomial(many: np.ndarray, confident: np.ndarray, gap: np.ndarray, resamples: int, seed: int) -> _Errors:
    """Return the noise of outcomes whose frequency is off by so many times the gap, divided by the number of examples."""

    def noise(size: float) -> np.ndarray:
        frequency = np.clip(confident + size * gap, 0.0, 1.0)
        drawn = np.random.default_rng(seed).binomial(many, frequency, (resamples, len(many)))
        return (drawn - many * frequency) / many.sum()

    return noise


def _errors(noise: _Errors, gaps: np.ndarray) -> _Errors:
    """Return the errors of samples at a size of the gaps."""
    return lambda size: np.abs(noise(size) + size * gaps).sum(axis=1)


def _solve(value: float, errors: _Errors, level: float) -> float:
    """Return the size of the gaps at which this quantile of the errors of samples is the observed one."""

    def beyond(size: float) -> float:
        return float(np.quantile(errors(size), level)) - value

    low, high, below = 0.0, 1.0, beyond(0.0)
    if below >= 0:
        return 0.0
    while (above := beyond(high)) < 0 and high < _MAX_SIZE:
        low, high, below = high, 2 * high, above
    for _ in range(_STEPS):
        middle = (low + high) / 2
        off = beyond(middle)
        if off < 0:
            low, below = middle, off
        else:
            high, above = middle, off
    return low + (high - low) * below / (below - above) if above > 0 else high
