"""Counts of true against predicted classes, and the error of each class."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError
from deepbio.metrics.arrays import check_binary, check_classes, check_pair, check_same_shape, check_zero_one
from deepbio.metrics.weights import divide, weight_rows, weighted_sums
from deepbio.specs import Task


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
    if task.kind == "multilabel":
        tables = label_tables(y, p, np.ones((1, len(np.asarray(y))), np.uint8), threshold=threshold)
    else:
        tables = class_tables(y, p, np.ones((1, len(np.asarray(y))), np.uint8), threshold=threshold)
    return np.rint(tables[0]).astype(np.int64)


def per_class_error(
    y: ArrayLike, p: ArrayLike, *, threshold: float = 0.5, weights: ArrayLike | None = None
) -> np.ndarray:
    """Return the share of each class's examples that are predicted as another class, `(classes,)`; NaN where it has none.

    Example:
        >>> per_class_error([0, 1, 1], [0.2, 0.9, 0.3])
        array([0. , 0.5])
    """
    w, _ = weight_rows(weights, len(np.asarray(y)))
    table = class_tables(y, p, w, threshold=threshold)[0]
    return 1.0 - divide(np.diagonal(table), table.sum(axis=1))


def predicted_classes(y: ArrayLike, p: ArrayLike, *, threshold: float = 0.5) -> tuple[np.ndarray, np.ndarray, int]:
    """Return true class, predicted class and the number of classes, for binary `(n,)` or class probabilities."""
    y, p = check_pair(y, p)
    if p.ndim == y.ndim and p.ndim == 1:
        truth, p = check_binary(y, p)
        return truth.astype(np.int64), (p >= threshold).astype(np.int64), 2
    truth, p = check_classes(y, p)
    return truth, p.argmax(axis=-1), p.shape[-1]


def class_tables(y: ArrayLike, p: ArrayLike, weights: np.ndarray, *, threshold: float = 0.5) -> np.ndarray:
    """Return one weighted confusion matrix a row of weights, `(rows, classes, classes)`."""
    truth, said, k = predicted_classes(y, p, threshold=threshold)
    return _count(truth * k + said, k * k, weights).reshape(len(weights), k, k)


def class_counts(
    y: ArrayLike, p: ArrayLike, weights: np.ndarray, *, threshold: float = 0.5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how often each class was right, true and predicted, `(rows, classes)` each.

    These are the diagonal and the margins of the confusion matrices, which would not fit for a thousand classes.
    """
    truth, said, k = predicted_classes(y, p, threshold=threshold)
    hit = _count(np.where(truth == said, truth, k), k + 1, weights)[:, :k]
    return hit, _count(truth, k, weights), _count(said, k, weights)


def _count(index: np.ndarray, size: int, weights: np.ndarray) -> np.ndarray:
    """Count the values 0 to `size - 1` of `(n, ...)` for each row of weights, `(rows, size)`."""
    n = len(index)
    index = index.reshape(n, -1)
    if index.shape[1] == 1:
        return np.stack([np.bincount(index[:, 0], weights=row, minlength=size) for row in weights])
    # Many positions an example: count within each example first.
    of_example = np.bincount((index + np.arange(n)[:, None] * size).ravel(), minlength=n * size)
    return weighted_sums(weights, of_example.reshape(n, size).astype(np.float64))


def label_tables(y: ArrayLike, p: ArrayLike, weights: np.ndarray, *, threshold: float = 0.5) -> np.ndarray:
    """Return the weighted 2 by 2 table of each label, `(rows, labels, 2, 2)`; unknown labels are left out."""
    y, p = check_same_shape(y, p)
    if y.ndim == 1:
        y, p = y[:, None], p[:, None]
    check_zero_one(y, unknown=True)
    said = p >= threshold
    cells = [(y == truth) & (said == predicted) for truth in (0, 1) for predicted in (False, True)]
    columns = np.stack(cells, axis=-1).reshape(len(y), -1).astype(np.float64)
    return weighted_sums(weights, columns).reshape(len(weights), -1, 2, 2)
