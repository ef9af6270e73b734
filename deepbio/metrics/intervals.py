"""The interval of a metric: a method that suits the metric, from as many independent units as it really has.

Methods, one per kind of metric (`Metric.method`; `docs/evidence.md` lists them, `benchmarks/results/coverage.md` their coverage):

- `"fraction"`: a mean over examples of values between bounds. Wilson's interval of as many effective examples.
- `"decisions"`: a function of the confusion matrix. The rows of the matrix are drawn from their posterior under Jeffreys' prior, and
  the tails are Student's. `"grades"`: the same under a second prior too, because far errors weigh more than near ones.
- `"auroc"`: of few or perfectly ranked examples Newcombe's interval, else DeLong's variance on the logit scale.
- `"auprc"`: the jackknife's variance on the logit scale, at least that of a Poisson count of positives.
- `"correlation"`: Pearson's r. The jackknife's variance on Fisher's scale, Student's t of the examples.
- `"smooth"`: everything else. The jackknife's variance on the scale where the bounds are infinitely far away.

`"bootstrap"` metrics resample examples; `"gaps"` has `deepbio.metrics.calibration_error`. Groups are deleted whole by the jackknife,
with Student's t of their number; the studentized bootstrap of the groups, or the interval of the examples, is kept where it is
wider. Where the units are too few there is no interval but the reason.

Sources: Wilson 1927, doi:10.1080/01621459.1927.10502953; Brown, Cai and DasGupta 2001, doi:10.1214/ss/1009213286; Newcombe 2001,
doi:10.1198/000313001317098266 (the logit form of Wilson's interval) and 2006, doi:10.1002/sim.2324 (AUROC); Korn and Graubard
1998, Survey Methodology 24:193-201 (effective examples); Caelen 2017, doi:10.1007/s10472-017-9564-8, and Toetsch and Hoffmann 2021,
doi:10.7717/peerj-cs.398 (posterior of a confusion matrix); Cameron and Miller 2015, doi:10.3368/jhr.50.2.317 (few groups).
"""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaincinv, ndtr, ndtri, stdtrit

from deepbio.metrics.arrays import UndefinedMetricWarning
from deepbio.metrics.calibration_error import ece_interval
from deepbio.metrics.classification import predicted_classes
from deepbio.metrics.jackknife import Jackknife, jackknife
from deepbio.metrics.ranking_intervals import auprc_deviation, auroc_interval
from deepbio.metrics.resampling import Estimate, bootstrap_weights
from deepbio.metrics.units import Units

if TYPE_CHECKING:
    from deepbio.metrics.registry import Metric

_MAX_CELLS = 2500  # of a confusion matrix whose every cell has a prior
MIN_RESAMPLES = 100
_SAMPLES = 4  # samples of a confusion matrix for each resample that was asked for


def metric_interval(
    one: Metric, y: np.ndarray, p: np.ndarray, units: Units, *, confidence: float, n_resamples: int, seed: int
) -> Estimate:
    """Return a metric with its interval, or with the reason why it has none."""
    value = float(one.function(y, p))
    if not n_resamples or not math.isfinite(value):
        return Estimate(value)
    n_resamples = max(n_resamples, MIN_RESAMPLES)
    reason = units.shortage(one.needs, one.min_groups)
    if not reason and one.needs == "an error" and not _any_wrong(y, p):
        reason = "no example is predicted wrongly"
    if reason:
        return Estimate(value, reason=reason)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        if one.method == "gaps":
            return ece_interval(y, p, groups=units.groups, confidence=confidence, n_resamples=n_resamples, seed=seed)
        if one.method == "bootstrap":
            found = _resampled(one, y, p, value, units, confidence, n_resamples, seed)
            if units.groups is None or found.reason:
                return found
            return _wider(found, _resampled(one, y, p, value, units.apart(), confidence, n_resamples, seed))
        found = _of_examples(one, y, p, value, units, confidence, n_resamples, seed)
        if units.groups is None or found.reason:
            return found
        between = jackknife(lambda w: one.function(y, p, weights=w), units.groups, None, max_deleted=n_resamples)
        student = _scaled(value, between, one.bounds, units.count, confidence)
        if student.reason or value in (one.bounds or ()):
            return _wider(found, student)
        below, above = between.studentized(confidence, n_resamples=n_resamples, seed=seed)
        low, high = one.bounds or (-math.inf, math.inf)
        studentized = Estimate(value, max(low, value - below), min(high, value + above))
        return _wider(_wider(found, student), studentized)


def _of_examples(
    one: Metric,
    y: np.ndarray,
    p: np.ndarray,
    value: float,
    units: Units,
    confidence: float,
    n_resamples: int,
    seed: int,
) -> Estimate:
    """Return the interval as if examples were independent."""
    if one.method in ("decisions", "grades") and y.ndim == 1 and units.classes is not None:
        return _of_decisions(one, y, p, value, confidence=confidence, samples=_SAMPLES * n_resamples, seed=seed)
    ranked = auroc_interval(value, y, p, confidence) if one.method == "auroc" and y.ndim <= 2 and p.ndim <= 2 else None
    if ranked is not None and p.ndim == 1:
        return ranked
    strata = None if one.needs in ("examples", "an error") else units.classes
    spread = jackknife(lambda w: one.function(y, p, weights=w), None, strata, max_deleted=n_resamples, n=len(y))
    if one.method == "fraction":
        return wilson(value, spread.variance, len(y), one.bounds or (0.0, 1.0), confidence)
    if one.method == "correlation":  # on Fisher's scale the variance is nearly the same whatever the correlation
        spread = replace(spread, freedom=len(spread.without) - 1.0)
    reach = float(ndtri((1 + confidence) / 2)) * auprc_deviation(y, p) if one.method == "auprc" else 0.0
    found = _scaled(value, spread, one.bounds, units.smallest(one.needs), confidence, min_reach=reach)
    return found if ranked is None else _wider(ranked, found)


def _any_wrong(y: np.ndarray, p: np.ndarray) -> bool:
    """Return whether any decision is wrong. Without one, how large a loss can be has not been seen."""
    if p.ndim == y.ndim and y.ndim > 1:
        return bool(((p >= 0.5) != (y == 1))[~np.isnan(y.astype(np.float64))].any())
    truth, predicted, _ = predicted_classes(y, p)
    return bool((truth != predicted).any())


def wilson(
    value: float, variance: float, n: int, bounds: tuple[float, float] = (0.0, 1.0), confidence: float = 0.95
) -> Estimate:
    """Return Wilson's interval of a mean between bounds, for as many effective examples as its variance says, at least `n`.

    Args:
        value, variance: Mean over examples and the variance of that mean.
        n: Number of examples, which alone counts where all values are at a bound.
        bounds: Lowest and highest value.
        confidence: Probability with which the interval should cover the truth.

    Example:
        >>> print(wilson(185 / 202, 0.0, 202))
        0.916 [0.869, 0.947]
    """
    low, width = bounds[0], bounds[1] - bounds[0]
    fraction = (value - low) / width
    spread = fraction * (1 - fraction)
    effective = max(n, spread * width**2 / variance) if variance > 0 else n
    z = float(ndtri((1 + confidence) / 2))
    middle = (fraction + z * z / (2 * effective)) / (1 + z * z / effective)
    reach = z / (1 + z * z / effective) * math.sqrt(spread / effective + (z / (2 * effective)) ** 2)
    few, many = _rare(fraction, effective, confidence), 1 - _rare(1 - fraction, effective, confidence)
    ends = (max(0.0, min(middle - reach, few)), min(1.0, max(middle + reach, many)))
    return Estimate(value, min(value, low + width * ends[0]), max(value, low + width * ends[1]))


def _rare(fraction: float, n: float, confidence: float) -> float:
    """Return the Poisson limit that replaces Wilson's for one to three cases (Brown, Cai and DasGupta 2001, equation 10)."""
    cases = fraction * n
    return float(gammaincinv(cases, 1 - confidence)) / n if 0 < cases <= (2.5 if n <= 50 else 3.5) else 1.0


def _scaled(
    value: float,
    spread: Jackknife,
    bounds: tuple[float, float] | None,
    units: int,
    confidence: float,
    *,
    min_reach: float = 0.0,
) -> Estimate:
    """Return the interval of Student's t on the scale of log(value - low) - log(high - value), infinite ends left out.

    With two finite bounds the reach is Newcombe's inverse sinh, which makes the interval of a fraction Wilson's. A value at a bound
    has the exact interval of a fraction of so many units without an error (Clopper and Pearson 1934).
    """
    low, high = bounds or (-math.inf, math.inf)
    if value in (low, high) and math.isfinite(high - low):
        reach = (high - low) * (1 - ((1 - confidence) / 2) ** (1 / units))
        return Estimate(value, max(low, value - reach), min(high, value + reach))
    if not math.isfinite(spread.variance):
        return Estimate(value, reason="undefined without some of the units")
    if spread.variance <= (1e-12 * max(1.0, abs(value))) ** 2:
        return Estimate(value, reason="the same without any one unit")
    reach = max(spread.reach(confidence), min_reach)
    return Estimate(value, _moved(value, -reach, bounds), _moved(value, reach, bounds))


def _moved(value: float, offset: float, bounds: tuple[float, float] | None) -> float:
    """Return a value moved by `offset`, measured at the value, on the scale where its bounds are infinitely far away."""
    low, high = bounds or (-math.inf, math.inf)
    below, above = value - low, high - value
    if math.isinf(below) and math.isinf(above):
        return value + offset
    moved = offset * (1 / below + 1 / above)  # the slope of that scale at the value
    if math.isfinite(high - low):
        return low + (high - low) * (1 - 1 / (1 + below / above * math.exp(2 * math.asinh(moved / 2))))
    factor = math.exp(min(700.0, max(-700.0, moved)))
    return low + below * factor if math.isinf(high) else high - above / factor


def _of_decisions(
    one: Metric, y: np.ndarray, p: np.ndarray, value: float, *, confidence: float, samples: int, seed: int
) -> Estimate:
    """Return the middle of the metric's posterior, each class's row of the confusion matrix being drawn by itself."""
    truth, predicted, k = predicted_classes(y, p)
    if len(np.unique(predicted)) < 2:
        return Estimate(value, reason="all examples are given one class")
    counts = np.bincount(truth * k + predicted, minlength=k * k).reshape(k, k).astype(np.float64)
    sizes = counts.sum(axis=1)
    freedom = max(1, len(y) - int((sizes > 0).sum()))
    tail = float(ndtr(-stdtrit(freedom, (1 + confidence) / 2)))  # Student's, at the number of examples
    generator = np.random.default_rng(seed)
    priors = _priors(counts, graded=one.method == "grades")
    drawn = [_posterior(one, counts, prior, p.ndim, samples, generator) for prior in priors]
    ends = np.nanquantile(drawn, [tail, 1 - tail], axis=1)
    low, high = np.min(ends), np.max(ends)
    if low == high == value and len(np.unique(truth)) < 2:
        return Estimate(value, reason="all examples are of one class")
    return Estimate(value, min(value, float(low)), max(value, float(high)))


def _priors(counts: np.ndarray, *, graded: bool) -> list[np.ndarray]:
    """Return Jeffreys' half an example right and half wrong; of many classes less, so that priors never add up to many errors.

    Errors go to the other classes by their sizes. Where far errors weigh more, a second prior has them go to all alike.
    """
    k, sizes = len(counts), counts.sum(axis=1)
    if k * k > _MAX_CELLS:
        return [np.zeros_like(counts)]
    many, right = int((sizes > 0).sum()), np.eye(k)
    others = (1 - right) * sizes
    shares = others / np.maximum(others.sum(axis=1, keepdims=True), 1.0)
    priors = [min(0.5, 1.0 / many) * (right + shares)]
    if graded and k > 1:
        priors.append(min(0.5, 1.0 / many) * right + min(0.5, 1.5 / many) * (1 - right) / (k - 1))
    return [prior * (sizes > 0)[:, None] for prior in priors]


def _posterior(
    one: Metric, counts: np.ndarray, prior: np.ndarray, dimensions: int, samples: int, generator: np.random.Generator
) -> np.ndarray:
    """Return the metric of `samples` confusion matrices, each row from the Dirichlet distribution of its counts."""
    cells = np.argwhere(counts + prior > 0)
    alpha = (counts + prior)[cells[:, 0], cells[:, 1]]
    drawn = generator.standard_gamma(alpha, (samples, len(alpha)))
    starts = np.flatnonzero(np.diff(cells[:, 0], prepend=-1))
    totals = np.repeat(np.add.reduceat(drawn, starts, axis=1), np.diff(starts, append=len(cells)), axis=1)
    weights = drawn / totals * counts.sum(axis=1)[cells[:, 0]]
    shown = cells[:, 1].astype(np.float64) if dimensions == 1 else np.eye(len(counts))[cells[:, 1]]
    return one.function(cells[:, 0], shown, weights=weights)


def _resampled(
    one: Metric,
    y: np.ndarray,
    p: np.ndarray,
    value: float,
    units: Units,
    confidence: float,
    n_resamples: int,
    seed: int,
) -> Estimate:
    """Return the interval from bootstrap resamples, for metrics that are no smooth function of the examples."""
    strata = units.classes if units.groups is None else None
    drawn = bootstrap_weights(len(y), n_resamples=n_resamples, seed=seed, strata=strata, groups=units.groups)
    resampled = np.concatenate([one.function(y, p, weights=w) for w in drawn])
    known = resampled[np.isfinite(resampled)]
    if len(known) < len(resampled) / 2:
        return Estimate(value, reason="undefined in most resamples")
    count = units.smallest(one.needs)
    spread = Jackknife(float(known.var()) * count / (count - 1), count - 1.0)
    return _scaled(value, spread, one.bounds, count, confidence)


def _wider(first: Estimate, second: Estimate) -> Estimate:
    if second.reason:
        return first
    return Estimate(first.value, min(first.low, second.low), max(first.high, second.high))
