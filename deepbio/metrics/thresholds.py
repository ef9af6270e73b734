"""Decisions fitted on a validation split: thresholds, and the sets and intervals of split conformal prediction.

On new examples of the same distribution a conformal set contains the true class with at least the requested probability,
whatever the model: on average over examples, not for each.
Sources: Vovk, Gammerman and Shafer 2005, doi:10.1007/b106715; Angelopoulos and Bates 2023, doi:10.1561/2200000101.
"""

import math
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError, nearest
from deepbio.metrics.arrays import check_classes, check_pair, check_same_shape, check_zero_one, divide

Goal = Literal["f1", "balanced_accuracy", "accuracy", "mcc"]
_GOALS = get_args(Goal)


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
        y, p: Truth, binary `(n,)` or labels `(n, labels)` with NaN for unknown, and probabilities or scores of the same shape.
        maximize: `"f1"`, `"balanced_accuracy"`, `"accuracy"` or `"mcc"`.
        sensitivity: Minimum sensitivity; the threshold is the one with the highest specificity.
        specificity, precision: Minimum specificity or precision; the threshold is the one with the highest sensitivity.

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
        raise DataError(f"Expected one of {', '.join(aims)}; received {list(given) or 'none'}.")
    [(name, aim)] = given.items()
    if name == "maximize" and aim not in _GOALS:
        raise DataError(f"Unknown aim {aim!r}. {nearest(str(aim), _GOALS)}")
    y, p = check_same_shape(*check_pair(y, p))
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
            best = f"{np.nanmax(rates[name]):.3f}"
            raise DataError(f"No threshold reaches {name} {aim} on the validation split: the best is {best}.")
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


def conformal_cutoff(
    y: ArrayLike, p: ArrayLike, *, coverage: float = 0.9, by_class: bool = False
) -> float | np.ndarray:
    """Return the lowest probability with which a class still belongs to the set.

    Args:
        y: Class indices of the validation split, `(n,)`.
        p: Class probabilities, `(n, classes)`.
        coverage: Probability with which the set must contain the true class.
        by_class: Whether each class has its own cut-off, `(classes,)`, and so its own coverage (Vovk 2012,
            doi:10.1007/978-3-642-29923-8_26). A class with too few examples gets 0: it is always in the set.

    Raises:
        DataError: `y` is not one class per example, or the coverage is not between 0 and 1.

    Example:
        >>> conformal_cutoff([0, 1, 0, 1], [[0.9, 0.1], [0.3, 0.7], [0.6, 0.4], [0.2, 0.8]], coverage=0.6)
        0.7
    """
    truth, p = check_classes(y, p)
    if truth.ndim != 1:
        raise DataError(f"Prediction sets take one class per example; received y of shape {truth.shape}.")
    own = p[np.arange(len(truth)), truth]
    if not by_class:
        return 1.0 - _quantile(1.0 - own, coverage, highest=1.0)
    return np.array([1.0 - _quantile(1.0 - own[truth == k], coverage, highest=1.0) for k in range(p.shape[1])])


def prediction_sets(p: ArrayLike, cutoff: ArrayLike) -> np.ndarray:
    """Return which classes belong to each example's set, bool `(n, classes)`.

    Example:
        >>> prediction_sets([[0.9, 0.1], [0.5, 0.5]], 0.4)
        array([[ True, False],
               [ True,  True]])
    """
    # The slack undoes the rounding of 1 - (1 - p), which could shut out an example at the cut-off itself.
    return np.asarray(p, dtype=np.float64) >= np.asarray(cutoff, dtype=np.float64) - 1e-12


def conformal_radius(y: ArrayLike, p: ArrayLike, *, coverage: float = 0.9) -> float | np.ndarray:
    """Return the half-width of prediction intervals, `p - radius` to `p + radius`, with the requested coverage.

    `y` and `p` are `(n,)` or `(n, outputs)` of the validation split; each output has its own radius and coverage. The radius
    is infinite if there are too few examples for the coverage.

    Example:
        >>> conformal_radius([1.0, 2.0, 3.0, 4.0], [1.5, 2.0, 2.0, 4.25], coverage=0.6)
        0.5
    """
    y, p = check_same_shape(y, p)
    off = np.abs(y - p)
    if off.ndim == 1:
        return _quantile(off[~np.isnan(off)], coverage, highest=math.inf)
    return np.array([_quantile(column[~np.isnan(column)], coverage, highest=math.inf) for column in off.T])


def _quantile(scores: np.ndarray, coverage: float, *, highest: float) -> float:
    """Return the smallest score that `coverage` of `n + 1` exchangeable scores do not pass."""
    if not 0 < coverage < 1:
        raise DataError(f"coverage is between 0 and 1; received {coverage}.")
    rank = math.ceil((len(scores) + 1) * coverage - 1e-9)
    return float(np.sort(scores)[rank - 1]) if rank <= len(scores) else highest
