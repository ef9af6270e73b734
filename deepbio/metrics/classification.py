"""How good decisions are: accuracy, balanced accuracy, F1, MCC, kappa, top-k, precision at k and confusion matrices.

Binary `p` is `(n,)` and is positive where `p >= threshold`; of class probabilities `(n, classes)` the largest is predicted.
With positions, `y` is `(n, length)` and `p` is `(n, length, classes)`.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError
from deepbio.metrics import arrays
from deepbio.metrics.arrays import Weights
from deepbio.specs import Task

_FEW = 1024  # entries of an indicator matrix, up to which a product is faster than counting row by row


def confusion_matrix(task: Task, y: ArrayLike, p: ArrayLike, *, threshold: float = 0.5) -> np.ndarray:
    """Return the counts as int64: rows are true classes, columns predicted ones.

    Binary `(2, 2)` (positive where `p >= threshold`), multiclass, per_position and per_pixel `(classes, classes)`, multilabel
    `(labels, 2, 2)` with unknown labels left out.

    Example:
        >>> confusion_matrix(Task("binary", 1), [0, 1, 1], [0.2, 0.9, 0.3])
        array([[1, 0],
               [1, 1]])
    """
    if task.kind not in ("binary", "multiclass", "per_position", "per_pixel", "multilabel"):
        raise DataError(f"A {task.kind} task has no confusion matrix: its predictions are not classes.")
    count = label_tables if task.kind == "multilabel" else class_tables
    return np.rint(count(y, p, np.ones((1, len(np.asarray(y))), np.uint8), threshold=threshold)[0]).astype(np.int64)


def per_class_error(y: ArrayLike, p: ArrayLike, *, threshold: float = 0.5, weights: Weights = None) -> np.ndarray:
    """Return the error of each class, `(classes,)`: the fraction of its examples predicted as another class; NaN if it has none.

    Example:
        >>> per_class_error([0, 1, 1], [0.2, 0.9, 0.3])
        array([0. , 0.5])
    """
    w, _ = arrays.weight_rows(weights, len(np.asarray(y)))
    table = class_tables(y, p, w, threshold=threshold)[0]
    return 1.0 - arrays.divide(np.diagonal(table), table.sum(axis=1))


def predicted_classes(y: ArrayLike, p: ArrayLike, *, threshold: float = 0.5) -> tuple[np.ndarray, np.ndarray, int]:
    """Return true class, predicted class and the number of classes, for binary `(n,)` or class probabilities.

    Where `y` has several axes, both are -1 for unknown classes (pixels of a mask that are ignored).
    """
    y, p = arrays.check_pair(y, p)
    if p.ndim == y.ndim and p.ndim == 1:
        truth, p = arrays.check_binary(y, p)
        arrays.check_scale(p, threshold)
        return truth.astype(np.int64), (p >= threshold).astype(np.int64), 2
    truth, p = arrays.check_classes(y, p, unknown=y.ndim > 1)
    return truth, np.where(truth < 0, -1, p.argmax(axis=-1)), p.shape[-1]


def class_tables(y: ArrayLike, p: ArrayLike, weights: np.ndarray, *, threshold: float = 0.5) -> np.ndarray:
    """Return one weighted confusion matrix a row of weights, `(rows, classes, classes)`."""
    truth, predicted, k = predicted_classes(y, p, threshold=threshold)
    return _count(np.where(truth < 0, -1, truth * k + predicted), k * k, weights).reshape(len(weights), k, k)


def class_counts(
    y: ArrayLike, p: ArrayLike, weights: np.ndarray, *, threshold: float = 0.5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how often each class was right, true and predicted, `(rows, classes)` each.

    These are the diagonal and the margins of the confusion matrices, which would not fit for a thousand classes.
    """
    truth, predicted, k = predicted_classes(y, p, threshold=threshold)
    hit = _count(np.where(truth == predicted, truth, -1), k, weights)
    return hit, _count(truth, k, weights), _count(predicted, k, weights)


def _count(index: np.ndarray, size: int, weights: np.ndarray) -> np.ndarray:
    """Count the values 0 to `size - 1` of `(n, ...)` for each row of weights, `(rows, size)`; -1 is not counted."""
    n, size = len(index), size + 1
    index = index.reshape(n, -1) + 1
    if index.shape[1] == 1 and n * size <= _FEW:
        return arrays.weighted_sums(weights, (index == np.arange(size)).astype(np.float64))[:, 1:]
    if index.shape[1] == 1:
        return np.stack([np.bincount(index[:, 0], weights=row, minlength=size) for row in weights])[:, 1:]
    # Many positions an example: count within each example first.
    of_example = np.bincount((index + np.arange(n)[:, None] * size).ravel(), minlength=n * size)
    return arrays.weighted_sums(weights, of_example.reshape(n, size)[:, 1:].astype(np.float64))


def label_tables(y: ArrayLike, p: ArrayLike, weights: np.ndarray, *, threshold: float = 0.5) -> np.ndarray:
    """Return the weighted 2 by 2 table of each label, `(rows, labels, 2, 2)`; unknown labels are left out."""
    y, p = arrays.check_same_shape(y, p)
    if y.ndim == 1:
        y, p = y[:, None], p[:, None]
    arrays.check_zero_one(y, unknown=True)
    arrays.check_scale(p, threshold)
    positive = p >= threshold
    counted = [(y == truth) & (positive == predicted) for truth in (0, 1) for predicted in (False, True)]
    columns = np.stack(counted, axis=-1).reshape(len(y), -1).astype(np.float64)
    return arrays.weighted_sums(weights, columns).reshape(len(weights), -1, 2, 2)


def accuracy(y: ArrayLike, p: ArrayLike, *, threshold: float = 0.5, weights: Weights = None) -> Any:
    """Return the fraction of right decisions. Range 0 to 1, higher is better.

    Example:
        >>> accuracy([0, 1, 1, 0], [0.2, 0.9, 0.3, 0.1])
        0.75
    """
    truth, predicted, _ = predicted_classes(y, p, threshold=threshold)
    w, single = arrays.weight_rows(weights, len(truth))
    known = (truth >= 0).reshape(len(truth), -1)
    right = arrays.divide(
        ((truth == predicted).reshape(known.shape) & known).sum(axis=1).astype(np.float64), known.sum(axis=1)
    )
    return arrays.unwrap(arrays.weighted_mean(right, w), single, "accuracy")


def balanced_accuracy(y: ArrayLike, p: ArrayLike, *, threshold: float = 0.5, weights: Weights = None) -> Any:
    """Return the mean recall of the classes that occur. Range 0 to 1, higher is better; one constant class scores 1 / classes.

    Source: Brodersen et al. 2010, doi:10.1109/ICPR.2010.764.

    Example:
        >>> balanced_accuracy([0, 1, 1, 0], [0.2, 0.9, 0.3, 0.1])
        0.75
    """
    w, single = arrays.weight_rows(weights, len(np.asarray(y)))
    hit, true, _ = class_counts(y, p, w, threshold=threshold)
    return arrays.unwrap(arrays.mean_over_labels(arrays.divide(hit, true)), single, "balanced accuracy")


def f1(
    y: ArrayLike,
    p: ArrayLike,
    *,
    average: Literal["binary", "macro", "micro", "none"] = "binary",
    threshold: float = 0.5,
    weights: Weights = None,
) -> Any:
    """Return F1, the harmonic mean of precision and recall. Range 0 to 1, higher is better.

    `average` is `"binary"` for the positive class, `"macro"` for the mean over classes or labels, `"micro"` for all decisions
    together, `"none"` for one value per class or label.
    A class that neither occurs nor is predicted has no F1 and is left out of the macro average. Of several labels, so is every
    label that does not occur, predicted or not (Edin et al. 2023, arXiv:2304.10909).

    Example:
        >>> f1([0, 1, 1, 0], [0.2, 0.9, 0.3, 0.1])
        0.6666666666666666
    """
    w, single = arrays.weight_rows(weights, len(np.asarray(y)))
    multilabel = np.ndim(y) == np.ndim(p) and np.ndim(y) > 1 and np.shape(y)[-1] > 1
    if multilabel:
        tables = label_tables(y, p, w, threshold=threshold)
        hit, missed, extra = tables[..., 1, 1], tables[..., 1, 0], tables[..., 0, 1]
    else:
        hit, true, predicted = class_counts(y, p, w, threshold=threshold)
        missed, extra = true - hit, predicted - hit
    if average == "micro":
        hit, missed, extra = (part.sum(axis=1, keepdims=True) for part in (hit, missed, extra))
    values = arrays.divide(2.0 * hit, 2.0 * hit + missed + extra)
    if average == "none":
        return arrays.unwrap(values, single)
    if average in ("macro", "micro"):
        if multilabel and average == "macro":
            values = np.where(hit + missed > 0, values, np.nan)
        return arrays.unwrap(arrays.mean_over_labels(values), single, f"{average} F1")
    if average != "binary" or multilabel or values.shape[1] != 2:
        seen = f"{average!r} for {values.shape[1]} {'labels' if multilabel else 'classes'}"
        raise DataError(f"average is 'binary' for two classes, else 'macro', 'micro' or 'none'; received {seen}.")
    return arrays.unwrap(values[:, 1], single, "F1")


def mcc(y: ArrayLike, p: ArrayLike, *, threshold: float = 0.5, weights: Weights = None) -> Any:
    """Return Matthews' correlation coefficient, for two or more classes; 0 if truth or prediction is constant.

    Range -1 to 1, higher is better. Source: Gorodkin 2004, doi:10.1016/j.compbiolchem.2004.09.006.

    Example:
        >>> round(mcc([0, 1, 1, 0], [0.2, 0.9, 0.3, 0.1]), 4)
        0.5774
    """
    w, single = arrays.weight_rows(weights, len(np.asarray(y)))
    hit, true, predicted = class_counts(y, p, w, threshold=threshold)
    total = true.sum(axis=1)
    together = hit.sum(axis=1) * total - np.einsum("dk,dk->d", true, predicted)
    spread = (total**2 - (true**2).sum(axis=1)) * (total**2 - (predicted**2).sum(axis=1))
    # Tested by counting: with fractional weights the spread of a constant side is a rounding error, not zero.
    varied = ((true > 0).sum(axis=1) > 1) & ((predicted > 0).sum(axis=1) > 1)
    return arrays.unwrap(arrays.divide(together, np.where(varied, np.sqrt(np.maximum(spread, 0.0)), 0.0), 0.0), single)


def kappa(
    y: ArrayLike, p: ArrayLike, *, quadratic: bool = False, threshold: float = 0.5, weights: Weights = None
) -> Any:
    """Return Cohen's kappa, the agreement beyond chance; `quadratic` weighs a disagreement by its squared distance.

    Range -1 to 1, higher is better.
    Sources: Cohen 1960, doi:10.1177/001316446002000104; Cohen 1968, doi:10.1037/h0026256.

    Example:
        >>> kappa([0, 1, 1, 0], [0.2, 0.9, 0.3, 0.1])
        0.5
    """
    w, single = arrays.weight_rows(weights, len(np.asarray(y)))
    tables = class_tables(y, p, w, threshold=threshold)
    k = tables.shape[1]
    steps = np.subtract.outer(np.arange(k), np.arange(k))
    penalty = (steps**2 if quadratic else steps != 0).astype(np.float64)
    expected = np.einsum("di,dj->dij", tables.sum(axis=2), tables.sum(axis=1))
    expected = arrays.divide(expected, tables.sum(axis=(1, 2))[:, None, None])
    by_chance = (penalty * expected).sum(axis=(1, 2))
    return arrays.unwrap(1.0 - arrays.divide((penalty * tables).sum(axis=(1, 2)), by_chance), single, "kappa")


def top_k(y: ArrayLike, p: ArrayLike, *, k: int = 5, weights: Weights = None) -> Any:
    """Return the fraction of examples whose class is among the `k` most probable. Range 0 to 1, higher is better.

    Of equal scores the later class ranks first, as in scikit-learn.

    Example:
        >>> top_k([0, 1, 2], [[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], k=2)
        0.6666666666666666
    """
    truth, p = arrays.check_classes(y, p)
    if not isinstance(k, (int, np.integer)) or not 1 <= k <= p.shape[-1]:
        raise DataError(f"k is a whole number between 1 and the number of classes, {p.shape[-1]}; received {k}.")
    w, single = arrays.weight_rows(weights, len(truth))
    own = np.take_along_axis(p, truth[..., None], axis=-1)
    ahead = (p > own) | ((p == own) & (np.arange(p.shape[-1]) > truth[..., None]))
    hit = (ahead.sum(axis=-1) < k).reshape(len(truth), -1).mean(axis=1)
    return arrays.unwrap(arrays.weighted_mean(hit, w), single, f"top-{k} accuracy")


def precision_at_k(y: ArrayLike, p: ArrayLike, *, k: int = 5, weights: Weights = None) -> Any:
    """Return the mean fraction of true labels among the `k` highest scores of an example (multilabel `(n, labels)`).

    Range 0 to 1, higher is better. Unknown labels (NaN) are not candidates. Of equal scores the earlier label ranks first.

    Example:
        >>> precision_at_k([[1, 0, 1], [0, 1, 0]], [[0.9, 0.2, 0.8], [0.1, 0.4, 0.6]], k=2)
        0.75
    """
    truth, p = arrays.check_same_shape(y, p)
    if truth.ndim != 2 or not 1 <= k <= truth.shape[1]:
        raise DataError(f"y is (examples, labels) and k between 1 and the labels; received {truth.shape} and k={k}.")
    arrays.check_zero_one(truth, unknown=True)
    w, single = arrays.weight_rows(weights, len(truth))
    best = np.argsort(np.where(np.isnan(truth), np.inf, -p), axis=1, kind="stable")[:, :k]
    hits = np.take_along_axis(np.nan_to_num(truth), best, axis=1).sum(axis=1) / k
    return arrays.unwrap(arrays.weighted_mean(hits, w), single)
