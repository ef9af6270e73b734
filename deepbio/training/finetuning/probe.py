"""The linear probe, solved: the head of a frozen trunk as a regularised regression on embeddings that are computed once."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np

from deepbio.augment import augmentation
from deepbio.datasets import Dataset
from deepbio.errors import ModelError, TrainingError
from deepbio.inference.embeddings import embed_source, embedding_model, head_node
from deepbio.specs import Task
from deepbio.training.steps.losses import class_weights

STRENGTHS = tuple(10.0**power for power in range(-5, 2))
"""Inverse strengths of the L2 penalty (`C` of scikit-learn) among which cross-validation chooses."""
FEW = 0.01  # the strength where a class has one example, so that nothing can be left out


@dataclass(frozen=True, eq=False)
class Probe:
    """A solved head.

    Args:
        kernel: Weights `(features, outputs)` of the embeddings as they are, float32.
        bias: `(outputs,)`, float32.
        strength: Inverse strength of the penalty that cross-validation on the training split chose.
        loss: Its loss on the rows it was fitted to: log loss, or squared error of standardised targets.
        left_out: Its cross-validated loss; NaN where a class has one example.
        seconds: Seconds of all embeddings and of the fit.
    """

    kernel: np.ndarray = field(repr=False)
    bias: np.ndarray = field(repr=False)
    strength: float
    loss: float
    left_out: float
    seconds: float = 0.0


def can_be_solved(model: keras.Model, task: Task) -> bool:
    """Return whether a model's head is one dense layer on one vector per example, for classes, labels or values."""
    try:
        node = head_node(model)
    except ModelError:
        return False
    layer, plain = node.operation, ("linear", None)
    return (
        task.answers_once
        and isinstance(layer, keras.layers.Dense)
        and layer.use_bias
        and getattr(layer.activation, "__name__", None) in plain
        and len(node.input_tensors[0].shape) == 2
    )


def solve_head(
    model: keras.Model,
    data: Dataset,
    *,
    augment: Any = "none",
    copies: int = 1,
    class_weight: Any = None,
    shrinkage: float = 0.0,
    seed: int = 0,
) -> Probe:
    """Solve the head of a model on embeddings of the training split, and put it into the model.

    Args:
        model: Model whose head is new; its trunk stays as it is.
        data: Data set. Only the training split is used.
        augment: Policy or operations of the copies.
        copies: Number of copies of each training example: the example itself, and `copies - 1` augmented ones. Their embeddings are
            cached like those of the examples.
        class_weight: `"balanced"`, or label to weight.
        shrinkage: See `fit_probe`.
        seed: Seed of the copies and of the folds.

    Raises:
        TrainingError: The head cannot be solved, the augmentation mixes labels, or there is none for the copies.
    """
    if not can_be_solved(model, data.task):
        raise TrainingError(
            f"The head of {model.name} for {data.task.kind} is no dense layer on one vector per example, so a linear probe cannot "
            "be solved. Use method='full', or freeze='trunk' to train the head by gradient steps."
        )
    if not isinstance(copies, int) or copies < 1:
        raise TrainingError(
            f"copies is a whole number of at least 1, the example itself included; received {copies!r}."
        )
    if copies > 1 and augmentation(augment, data.input, data.task) is None:
        raise TrainingError(
            f"copies={copies} needs an augmentation by which the copies differ: pass augment, or leave copies out."
        )
    began, trunk = time.perf_counter(), embedding_model(model)
    x = [embed_source(trunk, data.train.x)]
    x += [embed_source(trunk, copy) for copy in augmented_copies(data, augment, copies - 1, seed=seed)]
    y = np.concatenate([np.asarray(data.train.y)] * len(x))
    rows = (
        np.arange(len(data.train))
        if data.train.groups is None
        else np.unique(data.train.groups, return_inverse=True)[1]
    )
    weights = class_weights(data.task, data.train.y, class_weight)
    probe = fit_probe(
        np.concatenate(x), y, data.task, groups=np.tile(rows, len(x)), class_weight=weights, copies=len(x),
        shrinkage=shrinkage, seed=seed,
    )  # fmt: skip
    head_node(model).operation.set_weights([probe.kernel, probe.bias])
    return replace(probe, seconds=time.perf_counter() - began)


def augmented_copies(data: Dataset, augment: Any, copies: int, *, seed: int) -> list[np.ndarray]:
    """Return augmented copies of the training examples, each of the shape and type of the examples.

    Raises:
        TrainingError: The augmentation mixes labels.
    """
    change = augmentation(augment, data.input, data.task) if copies > 0 else None
    if change is None:
        return []
    found = []
    for copy in range(copies):
        parts = []
        for first in range(0, len(data.train), 256):
            rows = np.arange(first, min(first + 256, len(data.train)))
            batch = change(data.train.x[rows], np.asarray(data.train.y)[rows], [seed, copy, first, 0, 0])
            if batch.other_y is not None:
                raise TrainingError("mixup and cutmix mix labels, so they have no copies. Leave them out of augment.")
            parts.append(np.asarray(batch.x))
        found.append(np.concatenate(parts))
    return found


def fit_probe(
    x: np.ndarray,
    y: np.ndarray,
    task: Task,
    *,
    groups: np.ndarray | None = None,
    class_weight: Sequence[float] | None = None,
    copies: int = 1,
    shrinkage: float = 0.0,
    seed: int = 0,
) -> Probe:
    """Fit logistic or ridge regression to embeddings; cross-validation chooses the penalty.

    The columns are standardised first, and the solution is returned for columns as they are.

    Args:
        x: Embeddings `(n, features)`.
        y: Labels or values of `task`.
        task: Task with classes, labels or values per example.
        groups: Group of each row; a group is in one fold.
        class_weight: Weight of each class.
        copies: Number of rows per example, which share the weight of one.
        shrinkage: Number of examples for which the mean variance of all columns counts in the variance of each. With few examples,
            the variance of a column is mostly noise, and one that hardly varies would weigh as much as the others.
        seed: Seed of the folds.

    Example:
        >>> x = np.array([[0.0], [1.0], [2.0], [3.0]] * 5)
        >>> probe = fit_probe(x, np.array([0, 0, 1, 1] * 5), Task.classify(("a", "b")))
        >>> bool(probe.kernel[0, 0] > 0), probe.kernel.shape
        (True, (1, 1))
    """
    x = np.asarray(x, np.float64)
    mean, std = x.mean(axis=0), _shrunk_std(x, len(x) / copies, shrinkage)
    z, strengths = (x - mean) / std, STRENGTHS
    problem = _Problem(task, class_weight, 1 / copies)
    targets = problem.targets(y)
    folds = _folds(targets, task, np.arange(len(z)) if groups is None else groups, seed)
    losses: list[float] = []
    for strength in strengths if folds else ():  # weaker and weaker penalties, each slower to fit than the one before
        losses.append(problem.left_out(z, targets, folds, strength))
        if len(z) > 1000 and len(losses) > 2 and min(losses[-2:]) > min(losses[:-2]):
            break
    best = int(np.argmin(losses)) if folds else -1
    strength = strengths[best] if folds else FEW
    kernel, bias = problem.solve(z, targets, strength)
    loss = float(problem.losses(z @ kernel + bias, targets).mean())
    kernel = kernel / std[:, None]
    bias = bias - mean @ kernel
    left_out = losses[best] if folds else float("nan")
    return Probe(kernel.astype(np.float32), bias.astype(np.float32), strength, loss, left_out)


def _shrunk_std(x: np.ndarray, examples: float, shrinkage: float) -> np.ndarray:
    """Return the standard deviation of each column, shrunk towards that of all columns; 1 where nothing varies."""
    variance = x.var(axis=0)
    shrunk = np.sqrt((examples * variance + shrinkage * variance.mean()) / (examples + shrinkage))
    return np.where(shrunk > 1e-8 * max(1.0, float(np.abs(x).max(initial=0))), shrunk, 1.0)


@dataclass(frozen=True)
class _Problem:
    """One convex problem per output, or one over all classes."""

    task: Task
    class_weight: Sequence[float] | None
    row_weight: float

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Return the labels as integers, or the values in standard deviations."""
        y = np.asarray(y)
        if self.task.kind == "regression":
            scaled = y.reshape(len(y), -1).astype(np.float64)
            return (scaled - np.array(self.task.mean or 0.0)) / np.array(self.task.std or 1.0)
        return y.reshape(len(y), -1) if self.task.kind == "multilabel" else y.reshape(-1)

    def solve(self, z: np.ndarray, y: np.ndarray, strength: float) -> tuple[np.ndarray, np.ndarray]:
        """Return kernel `(features, outputs)` and bias."""
        if self.task.kind == "regression":
            from sklearn.linear_model import Ridge

            fitted: Any = Ridge(alpha=1 / (strength * self.row_weight)).fit(z, y)
            return np.reshape(fitted.coef_, (y.shape[1], -1)).T, np.atleast_1d(fitted.intercept_)
        if self.task.kind == "multilabel":
            parts = [self._logistic(z, column, strength, 2) for column in y.T]
            return np.concatenate([kernel for kernel, _ in parts], axis=1), np.concatenate([bias for _, bias in parts])
        return self._logistic(z, y, strength, self.task.num_classes)

    def _logistic(self, z: np.ndarray, y: np.ndarray, strength: float, classes: int) -> tuple[np.ndarray, np.ndarray]:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        outputs, known = 1 if classes == 2 and self.task.outputs != 2 else classes, np.unique(y)
        if self.task.kind == "multilabel":
            outputs = 1
        kernel, bias = np.zeros((z.shape[1], outputs)), np.full(outputs, -10.0)
        if len(known) < 2:
            bias[int(known[0]) if outputs > 1 else 0] = 10.0 if known[0] or outputs > 1 else -10.0
            return kernel, bias
        weights = None if self.class_weight is None else dict(enumerate(self.class_weight))
        model = LogisticRegression(C=strength * self.row_weight, max_iter=500, class_weight=weights)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the loss decides, and the strongest fits need no more
            fitted: Any = model.fit(z, y)
        if outputs == 1:
            return fitted.coef_.T, fitted.intercept_
        if len(known) == 2:  # half of the difference for each of the two
            fitted.coef_ = np.concatenate([-fitted.coef_, fitted.coef_]) / 2
            fitted.intercept_ = np.concatenate([-fitted.intercept_, fitted.intercept_]) / 2
        kernel[:, known], bias[known] = fitted.coef_.T, fitted.intercept_
        return kernel, bias

    def left_out(
        self, z: np.ndarray, y: np.ndarray, folds: list[tuple[np.ndarray, np.ndarray]], strength: float
    ) -> float:
        """Return the mean loss over the examples left out of each fold."""
        total = 0.0
        for rest, out in folds:
            kernel, bias = self.solve(z[rest], y[rest], strength)
            total += self.losses(z[out] @ kernel + bias, y[out]).sum()
        return float(total / sum(len(out) for _, out in folds))

    def losses(self, logits: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the loss of each row."""
        if self.task.kind == "regression":
            return ((logits - y) ** 2).mean(axis=1)
        if self.task.kind == "multiclass":
            return np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(y)), y]
        y = y.reshape(len(y), -1)
        return (np.logaddexp(0, logits) - y * logits).mean(axis=1)


def _folds(y: np.ndarray, task: Task, groups: np.ndarray, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return folds with whole groups, the classes spread evenly; none where a class is in one group only."""
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    count = 5 if len(np.unique(groups)) <= 1000 else 3
    if task.kind in ("binary", "multiclass"):
        rarest = min(len(np.unique(groups[y == k])) for k in np.unique(y))
        count = min(count, rarest)
        splitter: Any = StratifiedGroupKFold(max(count, 2), shuffle=True, random_state=seed)
    else:
        count = min(count, len(np.unique(groups)))
        splitter = GroupKFold(max(count, 2), shuffle=True, random_state=seed)
    if count < 2:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # fewer examples of a class than folds
        return list(splitter.split(groups, y if y.ndim == 1 else None, groups))
