"""How good probabilities are: log-loss, Brier score, reliability curve and expected calibration error.

For calibration, binary and multilabel predictions compare the probability of the positive class with how often it was true.
Class predictions compare the largest probability with how often that class was right.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError
from deepbio.metrics.arrays import (
    SLACK,
    Weights,
    check_classes,
    check_pair,
    divide,
    unwrap,
    weight_rows,
    weighted_mean,
    weighted_sums,
)
from deepbio.metrics.ranking import decisions


def log_loss(y: ArrayLike, p: ArrayLike, *, weights: Weights = None) -> Any:
    """Return the mean negative log-likelihood in nats. Range 0 to infinity, lower is better.

    Probabilities are clipped 2.2e-16 away from 0 and 1. For multilabel, the mean is over the known labels of all examples.

    Example:
        >>> round(log_loss([0, 1], [0.1, 0.8]), 4)
        0.1643
    """
    truth, p = check_probabilities(y, p)
    tiny = np.finfo(np.float64).eps
    p = np.clip(p, tiny, 1.0 - tiny)
    if truth.ndim == p.ndim - 1:
        loss = -np.log(np.take_along_axis(p, truth[..., None], axis=-1)[..., 0])
    else:
        loss = -np.where(truth == 1, np.log(p), np.log1p(-p))
    return _mean_of_known(loss, truth, weights, "log-loss")


def brier(y: ArrayLike, p: ArrayLike, *, weights: Weights = None) -> Any:
    """Return the mean squared error of the probabilities, summed over classes if there are more than two.

    Range 0 to 1 (0 to 2 for classes), lower is better.
    Source: Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.

    Example:
        >>> round(brier([0, 1], [0.1, 0.8]), 4)
        0.025
    """
    truth, p = check_probabilities(y, p)
    if truth.ndim == p.ndim - 1:
        loss = ((p - (truth[..., None] == np.arange(p.shape[-1]))) ** 2).sum(axis=-1)
    else:
        loss = (p - truth) ** 2
    return _mean_of_known(loss, truth, weights, "Brier score")


def check_probabilities(y: ArrayLike, p: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and probabilities after checking that they fit and lie between 0 and 1."""
    y, p = check_pair(y, p)
    if p.min() < -SLACK or p.max() > 1 + SLACK:
        seen = f"{p.min():.4g} to {p.max():.4g}"
        raise DataError(f"p is between 0 and 1; received {seen}. Apply the activation to logits first.")
    return check_classes(y, p) if p.ndim == y.ndim + 1 else decisions(y, p)


def _mean_of_known(loss: np.ndarray, truth: np.ndarray, weights: Weights, name: str) -> Any:
    n = len(loss)
    known = ~np.isnan(truth) if truth.dtype.kind == "f" else np.ones(truth.shape, bool)
    loss, known = np.where(known, loss, 0.0).reshape(n, -1), known.reshape(n, -1)
    w, single = weight_rows(weights, n)
    if known.all():
        return unwrap(weighted_mean(loss.mean(axis=1), w), single, name)
    sums = weighted_sums(w, np.stack([loss.sum(axis=1), known.sum(axis=1).astype(np.float64)], axis=1))
    return unwrap(divide(sums[:, 0], sums[:, 1]), single, name)


def ece(y: ArrayLike, p: ArrayLike, *, bins: int = 15, equal_mass: bool = True, weights: Weights = None) -> Any:
    """Return the expected calibration error, the mean gap over bins between confidence and observed frequency.

    Range 0 to 1, lower is better. A finite sample makes it too large: a perfectly calibrated model of 1,000 examples has
    about 0.04.

    With `equal_mass` the bins contain equally many predictions, so that each gap is known equally well, rather than have equal
    widths. Edges are found without `weights`.
    Sources: Guo et al. 2017, arXiv:1706.04599 (equal widths); Nixon et al. 2019, arXiv:1904.01685 (equal mass).

    Example:
        >>> round(ece([0, 1, 1, 1], [0.2, 0.7, 0.7, 0.7], bins=10), 4)
        0.275
    """
    w, single = weight_rows(weights, len(np.asarray(y)))
    return unwrap(np.abs(_gaps(y, p, w, bins=bins, equal_mass=equal_mass)).sum(axis=1), single, "calibration error")


def _gaps(y: ArrayLike, p: ArrayLike, weights: np.ndarray, *, bins: int, equal_mass: bool) -> np.ndarray:
    """Return the gap of each bin times the fraction of predictions in it, `(rows, bins)`."""
    found, n = bin_predictions(y, p, bins=bins, equal_mass=equal_mass), weights.shape[1]
    cell, off = found.example * bins + found.bin_of, found.outcome - found.confidence
    gap = np.bincount(cell, weights=off, minlength=n * bins).reshape(n, bins)
    many = np.bincount(found.example, minlength=n).astype(np.float64)
    sums = weighted_sums(weights, np.column_stack([gap, many]))
    return divide(sums[:, :-1], sums[:, -1:])


@dataclass(frozen=True, eq=False)
class BinnedPredictions:
    """Predictions of all examples: confidence, whether it was true (0 or 1), its bin, and its example, each `(predictions,)`."""

    confidence: np.ndarray
    outcome: np.ndarray
    bin_of: np.ndarray
    example: np.ndarray


def bin_predictions(y: ArrayLike, p: ArrayLike, *, bins: int, equal_mass: bool) -> BinnedPredictions:
    """Put predictions into bins of equally many predictions, or of equal width."""
    confidence, outcome, example = _flat(y, p)
    _check_bins(bins)
    inner = np.quantile(confidence, np.arange(1, bins) / bins) if equal_mass else np.linspace(0, 1, bins + 1)[1:-1]
    return BinnedPredictions(confidence, outcome, np.searchsorted(inner, confidence), example)


@dataclass(frozen=True)
class Reliability:
    """Reliability curve: edges of the bins, `(bins + 1,)`; mean confidence, observed frequency and count of each, `(bins,)`.

    Confidence and frequency are NaN where a bin is empty.
    """

    edges: np.ndarray
    confidence: np.ndarray
    frequency: np.ndarray
    count: np.ndarray


def reliability(y: ArrayLike, p: ArrayLike, *, bins: int = 10) -> Reliability:
    """Return the reliability curve of `bins` equally wide bins (right edge included).

    Source: Niculescu-Mizil and Caruana 2005, doi:10.1145/1102351.1102430.

    Example:
        >>> reliability([0, 1, 1, 1], [0.2, 0.7, 0.7, 0.7], bins=2).count
        array([1, 3])
    """
    confidence, outcome, _ = _flat(y, p)
    _check_bins(bins)
    bin_of = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence)
    count = np.bincount(bin_of, minlength=bins)
    means = [divide(np.bincount(bin_of, weights=side, minlength=bins), count) for side in (confidence, outcome)]
    return Reliability(np.linspace(0, 1, bins + 1), means[0], means[1], count)


def _check_bins(bins: int) -> None:
    if not isinstance(bins, (int, np.integer)) or bins < 1:
        raise DataError(f"bins is a whole number from 1 up; received {bins!r}.")


def _flat(y: ArrayLike, p: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the confidence of each prediction, whether it was true (0 or 1), and its example, all flat."""
    truth, p = check_probabilities(y, p)
    if truth.ndim == p.ndim - 1:
        outcome, confidence = (p.argmax(axis=-1) == truth).astype(np.float64), p.max(axis=-1)
    else:
        outcome, confidence = truth, p
    known = ~np.isnan(outcome)
    example = np.broadcast_to(np.arange(len(confidence)).reshape(-1, *[1] * (confidence.ndim - 1)), confidence.shape)
    return confidence[known], outcome[known], example[known]
