"""Does "80%" happen 80% of the time? Reliability curve and expected calibration error, with an honest interval.

Binary and multilabel compare the probability of "yes" with how often it was true; classes compare the largest
probability with how often it was right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from deepbio.metrics.estimate import Estimate
from deepbio.metrics.probability import check_probabilities
from deepbio.metrics.resampling import bootstrap_weights
from deepbio.metrics.weights import divide, give, weight_rows, weighted_sums


def ece(
    y: ArrayLike, p: ArrayLike, *, bins: int = 15, equal_mass: bool = True, weights: ArrayLike | None = None
) -> Any:
    """Return the expected calibration error: the mean gap, over bins, between what was said and what happened.

    Bins hold equally many predictions (their edges are found without `weights`), so that each gap is known equally well;
    without `equal_mass` they are equally wide. A finite sample makes it too large: a perfectly calibrated model of 1,000
    examples has about 0.04. Source: Guo et al. 2017, arXiv:1706.04599, equally wide; Nixon et al. 2019, arXiv:1904.01685,
    equally full.

    Example:
        >>> round(ece([0, 1, 1, 1], [0.2, 0.7, 0.7, 0.7], bins=10), 4)
        0.275
    """
    w, single = weight_rows(weights, len(np.asarray(y)))
    return give(np.abs(_gaps(y, p, w, bins=bins, equal_mass=equal_mass)).sum(axis=1), single, "calibration error")


def ece_noise(y: ArrayLike, p: ArrayLike, *, bins: int = 15, equal_mass: bool = True, weights: ArrayLike) -> np.ndarray:
    """Return how far the gaps of each resample are from the gaps of the sample, summed over bins, `(draws,)`.

    Example:
        >>> ece_noise([0, 1], [0.5, 0.5], weights=[[1, 1], [2, 0]])
        array([0. , 0.5])
    """
    w, _ = weight_rows(weights, len(np.asarray(y)))
    own = _gaps(y, p, np.ones((1, w.shape[1]), np.uint8), bins=bins, equal_mass=equal_mass)
    return np.abs(_gaps(y, p, w, bins=bins, equal_mass=equal_mass) - own).sum(axis=1)


def ece_interval(
    y: ArrayLike,
    p: ArrayLike,
    *,
    bins: int = 15,
    equal_mass: bool = True,
    draws: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
    groups: ArrayLike | None = None,
) -> Estimate:
    """Return the expected calibration error with an interval that holds for calibrated models too.

    Example:
        >>> found = ece_interval([0, 1, 1, 1] * 20, [0.2, 0.7, 0.7, 0.7] * 20)
        >>> found.low < found.value < found.high
        True
    """
    y, p = np.asarray(y), np.asarray(p)
    chunks = [
        (
            ece(y, p, bins=bins, equal_mass=equal_mass, weights=w),
            ece_noise(y, p, bins=bins, equal_mass=equal_mass, weights=w),
        )
        for w in bootstrap_weights(len(y), draws=draws, seed=seed, groups=groups)
    ]
    resampled, noise = (np.concatenate(part) for part in zip(*chunks, strict=True))
    return noise_interval(ece(y, p, bins=bins, equal_mass=equal_mass), resampled, noise, confidence=confidence)


def noise_interval(value: float, draws: np.ndarray, noise: np.ndarray, *, confidence: float = 0.95) -> Estimate:
    """Return the interval of a sum of absolute gaps from its resamples and their noise, both `(draws,)`.

    Resampling adds noise to gaps that hold noise already, so plain bootstrap intervals of a calibrated model never hold
    its true error of zero. By the triangle inequality the sum cannot be off by more than the noise of the gaps: its upper
    quantile gives the low end. The value errs upwards, so the usual reach gives the high end.

    Example:
        >>> print(noise_interval(0.05, np.array([0.06, 0.08]), np.array([0.06, 0.07])))
        0.050 [0.000, 0.070]
    """
    tail = (1 + confidence) / 2
    reach = float(ndtri(tail)) * float(np.std(draws))
    return Estimate(value, max(0.0, value - float(np.quantile(noise, tail))), min(1.0, value + reach))


def _gaps(y: ArrayLike, p: ArrayLike, weights: np.ndarray, *, bins: int, equal_mass: bool) -> np.ndarray:
    """Return the gap of each bin times the share of predictions in it, `(rows, bins)`."""
    said, happened, example = _claims(y, p)
    n = weights.shape[1]
    inner = np.quantile(said, np.arange(1, bins) / bins) if equal_mass else np.linspace(0, 1, bins + 1)[1:-1]
    bin_of = np.searchsorted(inner, said)
    gap = np.bincount(example * bins + bin_of, weights=happened - said, minlength=n * bins).reshape(n, bins)
    many = np.bincount(example, minlength=n).astype(np.float64)
    sums = weighted_sums(weights, np.column_stack([gap, many]))
    return divide(sums[:, :-1], sums[:, -1:])


@dataclass(frozen=True)
class Reliability:
    """What was said against what happened, a bin a row: arrays `(bins,)`, NaN where a bin is empty."""

    edges: np.ndarray
    said: np.ndarray
    happened: np.ndarray
    count: np.ndarray


def reliability(y: ArrayLike, p: ArrayLike, *, bins: int = 10) -> Reliability:
    """Return mean probability, observed share and count of each of `bins` equally wide bins (right edge included).

    Example:
        >>> reliability([0, 1, 1, 1], [0.2, 0.7, 0.7, 0.7], bins=2).count
        array([1, 3])
    """
    said, happened, _ = _claims(y, p)
    bin_of = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], said)
    count = np.bincount(bin_of, minlength=bins)
    mean_said = divide(np.bincount(bin_of, weights=said, minlength=bins), count)
    mean_happened = divide(np.bincount(bin_of, weights=happened, minlength=bins), count)
    return Reliability(np.linspace(0, 1, bins + 1), mean_said, mean_happened, count)


def _claims(y: ArrayLike, p: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what was said (a probability), whether it happened, and the example of each claim, all flat."""
    truth, p = check_probabilities(y, p)
    if truth.ndim == p.ndim - 1:
        happened, said = (p.argmax(axis=-1) == truth).astype(np.float64), p.max(axis=-1)
    else:
        happened, said = truth, p
    known = ~np.isnan(happened)
    example = np.broadcast_to(np.arange(len(said)).reshape(-1, *[1] * (said.ndim - 1)), said.shape)
    return said[known], happened[known], example[known]
