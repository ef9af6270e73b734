"""How good the decisions are: accuracy, balanced accuracy, F1, MCC, kappa, top-k and precision at k.

Binary `p` is `(n,)` and says yes where `p >= threshold`; class probabilities `(n, classes)` say the largest. With
positions, `y` is `(n, length)` and `p` is `(n, length, classes)`. `weights` is `(n,)`, or `(draws, n)` for one value a
row.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError
from deepbio.metrics.arrays import check_classes, check_same_shape, check_zero_one
from deepbio.metrics.confusion import class_counts, class_tables, label_tables, predicted_classes
from deepbio.metrics.weights import divide, give, mean_over_labels, weight_rows, weighted_mean


def accuracy(y: ArrayLike, p: ArrayLike, *, threshold: float = 0.5, weights: ArrayLike | None = None) -> Any:
    """Return the share of right decisions.

    Example:
        >>> accuracy([0, 1, 1, 0], [0.2, 0.9, 0.3, 0.1])
        0.75
    """
    truth, predicted, _ = predicted_classes(y, p, threshold=threshold)
    w, single = weight_rows(weights, len(truth))
    right = (truth == predicted).reshape(len(truth), -1).mean(axis=1)
    return give(weighted_mean(right, w), single, "accuracy")


def balanced_accuracy(y: ArrayLike, p: ArrayLike, *, threshold: float = 0.5, weights: ArrayLike | None = None) -> Any:
    """Return the mean over the classes that occur of the share of right decisions.

    Source: Brodersen et al. 2010, doi:10.1109/ICPR.2010.764.

    Example:
        >>> balanced_accuracy([0, 1, 1, 0], [0.2, 0.9, 0.3, 0.1])
        0.75
    """
    w, single = weight_rows(weights, len(np.asarray(y)))
    hit, true, _ = class_counts(y, p, w, threshold=threshold)
    return give(mean_over_labels(divide(hit, true)), single, "balanced accuracy")


def f1(
    y: ArrayLike,
    p: ArrayLike,
    *,
    average: Literal["binary", "macro", "micro", "none"] = "binary",
    threshold: float = 0.5,
    weights: ArrayLike | None = None,
) -> Any:
    """Return F1, the harmonic mean of precision and recall.

    `"binary"` is the F1 of the positive class. The others take class probabilities, or `(n, labels)` of 0, 1 and NaN
    (unknown). A class that neither occurs nor is predicted has no F1: it is left out of the macro average. Of several labels
    at once, so is every label that does not occur, predicted or not (Edin et al. 2023, arXiv:2304.10909).

    Example:
        >>> f1([0, 1, 1, 0], [0.2, 0.9, 0.3, 0.1])
        0.6666666666666666
        >>> f1([0, 1, 2], [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.6, 0.3]], average="micro")
        0.6666666666666666
    """
    w, single = weight_rows(weights, len(np.asarray(y)))
    multilabel = np.ndim(y) == np.ndim(p) and np.ndim(y) > 1 and np.shape(y)[-1] > 1
    if multilabel:
        tables = label_tables(y, p, w, threshold=threshold)
        hit, missed, extra = tables[..., 1, 1], tables[..., 1, 0], tables[..., 0, 1]
    else:
        hit, true, said = class_counts(y, p, w, threshold=threshold)
        missed, extra = true - hit, said - hit
    if average == "micro":
        hit, missed, extra = (part.sum(axis=1, keepdims=True) for part in (hit, missed, extra))
    values = divide(2.0 * hit, 2.0 * hit + missed + extra)
    if average == "none":
        return give(values, single)
    if average in ("macro", "micro"):
        if multilabel and average == "macro":
            values = np.where(hit + missed > 0, values, np.nan)
        return give(mean_over_labels(values), single, f"{average} F1")
    if average != "binary" or multilabel or values.shape[1] != 2:
        raise DataError(
            f"average is 'binary' for two classes, else 'macro', 'micro' or 'none'; received {average!r} "
            f"for {values.shape[1]} {'labels' if multilabel else 'classes'}."
        )
    return give(values[:, 1], single, "F1")


def mcc(y: ArrayLike, p: ArrayLike, *, threshold: float = 0.5, weights: ArrayLike | None = None) -> Any:
    """Return Matthews' correlation coefficient, for two or more classes; 0 where truth or prediction is constant.

    Source: Gorodkin 2004, doi:10.1016/j.compbiolchem.2004.09.006.

    Example:
        >>> round(mcc([0, 1, 1, 0], [0.2, 0.9, 0.3, 0.1]), 4)
        0.5774
    """
    w, single = weight_rows(weights, len(np.asarray(y)))
    hit, true, said = class_counts(y, p, w, threshold=threshold)
    total = true.sum(axis=1)
    together = hit.sum(axis=1) * total - np.einsum("dk,dk->d", true, said)
    spread = (total**2 - (true**2).sum(axis=1)) * (total**2 - (said**2).sum(axis=1))
    # Tested by counting: with fractional weights the spread of a constant side is a rounding error, not zero.
    varied = ((true > 0).sum(axis=1) > 1) & ((said > 0).sum(axis=1) > 1)
    return give(divide(together, np.where(varied, np.sqrt(np.maximum(spread, 0.0)), 0.0), 0.0), single)


def kappa(
    y: ArrayLike,
    p: ArrayLike,
    *,
    quadratic: bool = False,
    threshold: float = 0.5,
    weights: ArrayLike | None = None,
) -> Any:
    """Return Cohen's kappa, agreement beyond chance; `quadratic` weighs a disagreement by its squared distance.

    Sources: Cohen 1960, doi:10.1177/001316446002000104; Cohen 1968, doi:10.1037/h0026256.

    Example:
        >>> kappa([0, 1, 1, 0], [0.2, 0.9, 0.3, 0.1])
        0.5
    """
    w, single = weight_rows(weights, len(np.asarray(y)))
    tables = class_tables(y, p, w, threshold=threshold)
    k = tables.shape[1]
    steps = np.subtract.outer(np.arange(k), np.arange(k))
    penalty = (steps**2 if quadratic else steps != 0).astype(np.float64)
    expected = np.einsum("di,dj->dij", tables.sum(axis=2), tables.sum(axis=1))
    expected = divide(expected, tables.sum(axis=(1, 2))[:, None, None])
    by_chance = (penalty * expected).sum(axis=(1, 2))
    return give(1.0 - divide((penalty * tables).sum(axis=(1, 2)), by_chance), single, "kappa")


def top_k(y: ArrayLike, p: ArrayLike, *, k: int = 5, weights: ArrayLike | None = None) -> Any:
    """Return the share of examples whose class is among the `k` most probable.

    Of equal scores the later class goes first, as in scikit-learn.

    Example:
        >>> top_k([0, 1, 2], [[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], k=2)
        0.6666666666666666
    """
    truth, p = check_classes(y, p)
    if not 1 <= k <= p.shape[-1]:
        raise DataError(f"k is between 1 and the number of classes, {p.shape[-1]}; received {k}.")
    w, single = weight_rows(weights, len(truth))
    own = np.take_along_axis(p, truth[..., None], axis=-1)
    ahead = (p > own) | ((p == own) & (np.arange(p.shape[-1]) > truth[..., None]))
    hit = (ahead.sum(axis=-1) < k).reshape(len(truth), -1).mean(axis=1)
    return give(weighted_mean(hit, w), single, f"top-{k} accuracy")


def precision_at_k(y: ArrayLike, p: ArrayLike, *, k: int = 5, weights: ArrayLike | None = None) -> Any:
    """Return the mean share of true labels among the `k` highest scores of an example (multilabel `(n, labels)`).

    Unknown labels (NaN) are not candidates. Of equal scores the earlier label goes first.

    Example:
        >>> precision_at_k([[1, 0, 1], [0, 1, 0]], [[0.9, 0.2, 0.8], [0.1, 0.4, 0.6]], k=2)
        0.75
    """
    truth, p = check_same_shape(y, p)
    if truth.ndim != 2 or not 1 <= k <= truth.shape[1]:
        raise DataError(f"y is (examples, labels) and k between 1 and the labels; received {truth.shape} and k={k}.")
    check_zero_one(truth, unknown=True)
    w, single = weight_rows(weights, len(truth))
    best = np.argsort(np.where(np.isnan(truth), np.inf, -p), axis=1, kind="stable")[:, :k]
    hits = np.take_along_axis(np.nan_to_num(truth), best, axis=1).sum(axis=1) / k
    return give(weighted_mean(hits, w), single)
