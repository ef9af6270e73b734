"""Decision thresholds, chosen on a validation split."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError, nearest
from deepbio.metrics.arrays import check_pair, check_same_shape, check_zero_one, divide

Goal = Literal["f1", "balanced_accuracy", "accuracy", "mcc"]
_GOALS = ("f1", "balanced_accuracy", "accuracy", "mcc")


def choose_threshold(
    y: ArrayLike,
    p: ArrayLike,
    *,
    maximize: Goal | None = None,
    sensitivity: float | None = None,
    specificity: float | None = None,
    precision: float | None = None,
) -> float | np.ndarray:
    """Return the threshold (positive where `p >= threshold`) that serves exactly one of four aims on the validation split.

    Args:
        y: Truth: binary `(n,)`, or labels `(n, labels)` with NaN for unknown.
        p: Probabilities or scores of the same shape.
        maximize: `"f1"`, `"balanced_accuracy"`, `"accuracy"` or `"mcc"`.
        sensitivity: Minimum sensitivity; the threshold is the one with the highest specificity.
        specificity: Minimum specificity; the threshold is the one with the highest sensitivity.
        precision: Minimum precision; the threshold is the one with the highest sensitivity.

    Returns:
        The threshold, or one per label. It lies halfway between two scores, so that rounding does not decide.

    Raises:
        DataError: Not exactly one aim, an aim out of reach, or a label of one class.

    Example:
        >>> choose_threshold([0, 0, 1, 1], [0.1, 0.4, 0.6, 0.9], maximize="f1")
        0.5
    """
    aims = {"maximize": maximize, "sensitivity": sensitivity, "specificity": specificity, "precision": precision}
    given = {name: aim for name, aim in aims.items() if aim is not None}
    if len(given) != 1:
        raise DataError(
            f"Expected one of maximize, sensitivity, specificity and precision; received {list(given) or 'none'}."
        )
    [(name, aim)] = given.items()
    if name == "maximize" and aim not in _GOALS:
        raise DataError(f"Unknown aim {aim!r}. {nearest(str(aim), _GOALS)}")
    y, p = check_pair(y, p)
    y, p = check_same_shape(y, p)
    check_zero_one(y, unknown=True)
    if y.ndim == 1:
        return _choose(y, p, name, aim)
    return np.array([_choose(y[:, j], p[:, j], name, aim) for j in range(y.shape[1])])


def _choose(y: np.ndarray, p: np.ndarray, name: str, aim: str | float | None) -> float:
    known = ~np.isnan(y)
    truth, scores = y[known] == 1, p[known]
    positives, negatives = float(truth.sum()), float((~truth).sum())
    if not positives or not negatives:
        raise DataError("A threshold needs both classes in the validation split; one label has a single class.")
    order = np.argsort(-scores)
    scores, truth = scores[order], truth[order]
    ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    # Nothing is positive, then every score down to each distinct one.
    hit = np.append(0.0, np.cumsum(truth)[ends])
    extra = np.append(0.0, ends + 1.0) - hit
    below = np.append(scores[ends], -np.inf)
    above = np.append(np.inf, scores[ends])
    rates = {
        "sensitivity": hit / positives,
        "specificity": 1 - extra / negatives,
        "precision": divide(hit, hit + extra),
    }
    if name == "maximize":
        gain = _gain(str(aim), hit, extra, positives, negatives)
    else:
        reached = rates[name] >= float(aim or 0.0) - 1e-12
        if not reached.any():
            raise DataError(
                f"No threshold reaches {name} {aim} on the validation split: the best is {np.nanmax(rates[name]):.3f}."
            )
        gain = np.where(reached, rates["specificity" if name == "sensitivity" else "sensitivity"], -np.inf)
    best = int(np.argmax(gain))
    if np.isinf(above[best]):
        return float(np.nextafter(below[best], np.inf))
    if np.isinf(below[best]):
        return float(above[best])
    return float((above[best] + below[best]) / 2)


def _gain(goal: str, hit: np.ndarray, extra: np.ndarray, positives: float, negatives: float) -> np.ndarray:
    missed, refused = positives - hit, negatives - extra
    if goal == "f1":
        return 2 * hit / (2 * hit + missed + extra)
    if goal == "accuracy":
        return (hit + refused) / (positives + negatives)
    if goal == "balanced_accuracy":
        return (hit / positives + refused / negatives) / 2
    spread = (hit + extra) * (missed + refused) * positives * negatives
    return divide(hit * refused - extra * missed, np.sqrt(spread), 0.0)
