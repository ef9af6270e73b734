"""Calibration of probabilities: temperature, Platt and isotonic scaling, fitted on a validation split.

Each `fit_...` takes truth and probabilities of the validation split and returns a small frozen object. Its `apply` turns
other probabilities of the same model into calibrated ones. Never fit on the split whose results are reported.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError
from deepbio.metrics.arrays import SLACK, check_binary, check_classes, check_pair
from deepbio.metrics.ranking import decisions

# Probabilities are kept this far from 0 and 1, so that their logits stay finite.
_TINY = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class _Calibrator:
    method: ClassVar[str]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able dictionary, which `calibrator_from_dict` reads."""
        return {"method": self.method, **asdict(self)}


@dataclass(frozen=True)
class Temperature(_Calibrator):
    """Divide the logits by one number. Above 1 it makes a model less confident. The order of classes never changes.

    With `classes` the last axis of `p` is one distribution over classes (softmax). Otherwise each probability is calibrated by itself
    (sigmoid).
    """

    method: ClassVar[str] = "temperature"
    temperature: float
    classes: bool = False

    def apply(self, p: ArrayLike) -> np.ndarray:
        """Return calibrated probabilities of the shape of `p`.

        Example:
            >>> Temperature(2.0).apply([0.5, 0.9])
            array([0.5 , 0.75])
        """
        p = np.clip(np.asarray(p, dtype=np.float64), _TINY, 1 - _TINY)
        if not self.classes:
            return _sigmoid(_logit(p) / self.temperature)
        z = np.log(p) / self.temperature
        e = np.exp(z - z.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)


@dataclass(frozen=True)
class Platt(_Calibrator):
    """Logistic curve of the logits, `sigmoid(slope * logit(p) + intercept)`, for binary and multilabel tasks."""

    method: ClassVar[str] = "platt"
    slope: float
    intercept: float

    def apply(self, p: ArrayLike) -> np.ndarray:
        """Return calibrated probabilities of the shape of `p`.

        Example:
            >>> Platt(1.0, 0.0).apply([0.2, 0.9])
            array([0.2, 0.9])
        """
        p = np.clip(np.asarray(p, dtype=np.float64), _TINY, 1 - _TINY)
        return _sigmoid(self.slope * _logit(p) + self.intercept)


@dataclass(frozen=True)
class Isotonic(_Calibrator):
    """Non-decreasing curve from confidence to observed frequency, linear between its points and flat outside. Binary."""

    method: ClassVar[str] = "isotonic"
    confidence: tuple[float, ...]
    frequency: tuple[float, ...]

    def apply(self, p: ArrayLike) -> np.ndarray:
        """Return calibrated probabilities of the shape of `p`.

        Example:
            >>> Isotonic((0.2, 0.8), (0.0, 1.0)).apply([0.1, 0.5, 0.9])
            array([0. , 0.5, 1. ])
        """
        return np.interp(np.asarray(p, dtype=np.float64), self.confidence, self.frequency)


Calibrator = Temperature | Platt | Isotonic


def fit_temperature(y: ArrayLike, p: ArrayLike) -> Temperature:
    """Fit the temperature with the lowest log-loss, between 0.01 and 100.

    Source: Guo et al. 2017, arXiv:1706.04599.

    Example:
        >>> fit_temperature([0, 1, 1, 0], [0.01, 0.99, 0.01, 0.01]).temperature > 1  # overconfident: one of four is wrong
        True
    """
    y, p = check_pair(y, p)
    p = np.clip(p, _TINY, 1 - _TINY)
    classes = p.ndim == y.ndim + 1
    if classes:
        truth, p = check_classes(y, p)
        z = np.log(p)
        loss = _class_loss(z - np.take_along_axis(z, truth[..., None], axis=-1))
    else:
        truth, p = decisions(y, p)
        known = ~np.isnan(truth) if truth.dtype.kind == "f" else np.ones(truth.shape, bool)
        signed = np.where(truth[known] == 1, 1.0, -1.0) * _logit(p[known])
        loss = _class_loss(np.stack([np.zeros_like(signed), -signed], axis=-1))
    inverse = _newton(loss, np.ones(1), low=0.01, high=100.0)
    return Temperature(float(1.0 / inverse[0]), classes)


def fit_platt(y: ArrayLike, p: ArrayLike) -> Platt:
    """Fit Platt's logistic curve to binary `(n,)` truth and probabilities, with his smoothed targets.

    Raises:
        DataError: The split has one class only.

    Sources: Platt 1999, Advances in Large Margin Classifiers, 61-74; Lin, Lin and Weng 2007,
    doi:10.1007/s10994-007-5018-6.

    Example:
        >>> fit_platt([0, 0, 1, 0, 1, 1], [0.1, 0.2, 0.4, 0.6, 0.8, 0.9]).apply([0.5]).round(6)
        array([0.5])
    """
    truth, p = check_binary(y, p)
    positives, negatives = int(truth.sum()), int((~truth).sum())
    if not positives or not negatives:
        raise DataError("Platt scaling needs both classes; the validation split has one.")
    target = np.where(truth, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    design = np.stack([_logit(np.clip(p, _TINY, 1 - _TINY)), np.ones(len(p))], axis=1)

    def loss(beta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        z = design @ beta
        probability = _sigmoid(z)
        value = float((np.logaddexp(0.0, z) - target * z).sum())
        return value, design.T @ (probability - target), (design.T * (probability * (1 - probability))) @ design

    slope, intercept = _newton(loss, np.array([1.0, 0.0]))
    return Platt(float(slope), float(intercept))


def fit_isotonic(y: ArrayLike, p: ArrayLike) -> Isotonic:
    """Fit the non-decreasing steps nearest to binary `(n,)` truth.

    It needs some hundred examples. Scores on one step become ties, which lowers AUROC a little.
    Source: Zadrozny and Elkan 2002, doi:10.1145/775047.775151.

    Example:
        >>> fit_isotonic([0, 1, 0, 1], [0.1, 0.4, 0.5, 0.9])
        Isotonic(confidence=(0.1, 0.4, 0.5, 0.9), frequency=(0.0, 0.5, 0.5, 1.0))
    """
    from scipy.optimize import isotonic_regression  # slow to import, needed here only

    truth, p = check_binary(y, p)
    if truth.all() or not truth.any():
        raise DataError("Isotonic calibration needs both classes; the validation split has one.")
    confidence, index, count = np.unique(p, return_inverse=True, return_counts=True)
    probability = np.bincount(index, weights=truth.astype(np.float64)) / count
    steps = isotonic_regression(probability, weights=count.astype(np.float64)).x
    # Inside a flat stretch only the two ends matter.
    inner = np.zeros(len(steps), bool)
    inner[1:-1] = (steps[1:-1] == steps[:-2]) & (steps[1:-1] == steps[2:])
    return Isotonic(tuple(map(float, confidence[~inner])), tuple(map(float, steps[~inner])))


def calibrator_from_dict(values: dict[str, Any]) -> Calibrator:
    """Build the calibrator that `to_dict` described.

    Raises:
        DataError: The method is unknown.

    Example:
        >>> calibrator_from_dict(Temperature(1.5).to_dict())
        Temperature(temperature=1.5, classes=False)
    """
    found = {one.method: one for one in (Temperature, Platt, Isotonic)}.get(values.get("method", ""))
    if found is None:
        raise DataError(f"The method is 'temperature', 'platt' or 'isotonic'; received {values.get('method')!r}.")
    fields: dict[str, Any] = {key: part for key, part in values.items() if key != "method"}
    fields.update({key: tuple(part) for key, part in fields.items() if isinstance(part, list)})
    return found(**fields)


_Loss = Callable[[np.ndarray], tuple[float, np.ndarray, np.ndarray]]


def _class_loss(ahead: np.ndarray) -> _Loss:
    """Return the log-loss as a function of the inverse temperature, from each logit minus the true one, `(..., classes)`."""

    def loss(beta: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        z = beta[0] * ahead
        top = z.max(axis=-1, keepdims=True)
        e = np.exp(z - top)
        total = e.sum(axis=-1, keepdims=True)
        probability = e / total
        mean = (probability * ahead).sum(axis=-1)
        spread = (probability * ahead**2).sum(axis=-1) - mean**2
        return float((np.log(total) + top).sum()), np.array([mean.sum()]), np.array([[spread.sum()]])

    return loss


def _newton(loss: _Loss, start: np.ndarray, *, low: float = -np.inf, high: float = np.inf) -> np.ndarray:
    """Minimize a convex loss that returns value, gradient and curvature, by Newton's method; steps that do not help are halved."""
    best = start
    value, gradient, curvature = loss(best)
    for _ in range(200):
        step = np.linalg.solve(curvature + 1e-10 * np.eye(len(best)), gradient)
        for _ in range(40):
            candidate = np.clip(best - step, low, high)
            found = loss(candidate)
            if found[0] <= value:
                break
            step = step / 2
        else:
            return best
        moved = float(np.abs(candidate - best).max())
        best, (value, gradient, curvature) = candidate, found
        if moved <= 1e-12 * (1 + float(np.abs(best).max())):
            return best
    return best


def _logit(p: np.ndarray) -> np.ndarray:
    return np.log(p) - np.log1p(-p)


def _sigmoid(z: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


def adjust_prevalence(p: ArrayLike, *, trained: ArrayLike, prevalence: ArrayLike) -> np.ndarray:
    """Return calibrated probabilities for a population with other class frequencies, by Bayes' rule.

    Right if each class looks as it did in training and only its frequency differs (label shift).
    Source: Saerens, Latinne and Decaestecker 2002, doi:10.1162/089976602753284446.

    Args:
        p: Probabilities: of the second label `(n,)`, or of each class `(n, classes)`.
        trained: Prevalence in the split that `p` is calibrated on: a number for `(n,)`, or one per class.
        prevalence: Prevalence in the population of the user, in the same form.

    Raises:
        DataError: A prevalence is not between 0 and 1, or those of classes do not add up to 1.

    Example:
        >>> adjust_prevalence([0.5, 0.9], trained=0.5, prevalence=0.01).round(3)
        array([0.01 , 0.083])
    """
    p = np.asarray(p, dtype=np.float64)
    if ((p < -SLACK) | (p > 1 + SLACK)).any():
        seen = f"{np.nanmin(p):.4g} to {np.nanmax(p):.4g}"
        raise DataError(f"p contains calibrated probabilities, between 0 and 1; received {seen}.")
    before, after = np.asarray(trained, dtype=np.float64), np.asarray(prevalence, dtype=np.float64)
    for frequency in (before, after):
        wrong_sum = frequency.ndim == 1 and not np.isclose(frequency.sum(), 1.0, atol=1e-6)
        if not ((frequency > 0) & (frequency < 1)).all() or frequency.shape != p.shape[1:] or wrong_sum:
            raise DataError(
                "A prevalence is a number between 0 and 1 for p of shape (n,), else one per class that add up to 1; "
                f"received {frequency.tolist()} for p of shape {p.shape}."
            )
    if p.ndim == 1:
        yes, no = p * after / before, (1 - p) * (1 - after) / (1 - before)
        return yes / (yes + no)
    weighted = p * after / before
    return weighted / weighted.sum(axis=1, keepdims=True)
