"""Losses: one number an example, from labels and logits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from deepbio.errors import TrainingError, nearest
from deepbio.specs import Task
from deepbio.training.settings import LOSSES
from deepbio.training.steps.imbalance import focal, logit_adjusted, ordinal

ops: Any = keras.ops  # its annotations name one backend's tensors only
Loss = Callable[[Any, Any], Any]


def loss_for(
    task: Task,
    name: str = "auto",
    *,
    label_smoothing: float = 0.0,
    focal_gamma: float = 2.0,
    adjustment: float = 1.0,
    y: Any = None,
) -> Loss:
    """Return the loss of a task: a function `(y, logits) -> (batch,)`.

    Args:
        name: `"auto"` (cross-entropy, squared error, Poisson or multinomial likelihood, as the task asks; for classes of pixels
            cross-entropy and Dice); `"focal"`, `"logit_adjusted"` or `"ordinal"` (see `deepbio.training.steps.imbalance`); or
            `"perceptron"`.
        label_smoothing: share of each label's weight that is spread over all classes.
        focal_gamma: of the focal loss.
        adjustment, y: of logit adjustment: its strength, and the training labels that say how frequent classes are.

    Raises:
        TrainingError: unknown name, or a loss that the task does not have.
    """
    if name not in LOSSES:
        raise TrainingError(f"Unknown loss {name!r}. {nearest(name, LOSSES)}")
    if label_smoothing and name in ("focal", "ordinal"):
        raise TrainingError(f"label_smoothing goes with the cross-entropy; the loss is {name!r}. Set it to 0.")
    if name == "perceptron":
        return _perceptron(task)
    if name == "focal":
        return focal(task, focal_gamma)
    if name == "ordinal":
        return ordinal(task)
    if label_smoothing and not (task.is_classification or task.kind == "multilabel"):
        raise TrainingError(f"label_smoothing is for classification; the task is {task.kind}.")

    def binary(y, logits):
        z = ops.squeeze(logits, -1)
        target = ops.cast(ops.reshape(y, ops.shape(z)), z.dtype) * (1 - label_smoothing) + label_smoothing / 2
        return _sigmoid_cross_entropy(target, z)

    def multiclass(y, logits):
        log_p = ops.log_softmax(logits, axis=-1)
        truth = ops.cast(y, "int32")
        picked = -ops.squeeze(ops.take_along_axis(log_p, ops.expand_dims(truth, -1), axis=-1), -1)
        if not label_smoothing:
            return picked
        return (1 - label_smoothing) * picked - label_smoothing * ops.mean(log_p, axis=-1)

    def multilabel(y, logits):
        known = ops.logical_not(ops.isnan(ops.cast(y, logits.dtype)))
        target = ops.where(known, ops.cast(y, logits.dtype), 0.0) * (1 - label_smoothing) + label_smoothing / 2
        each = ops.where(known, _sigmoid_cross_entropy(target, logits), 0.0)
        return ops.sum(each, axis=-1) / ops.maximum(ops.sum(ops.cast(known, logits.dtype), axis=-1), 1.0)

    def regression(y, logits):
        return ops.mean(ops.square(_like(y, logits) - logits), axis=-1)

    def counts(y, logits):
        return ops.mean(ops.exp(logits) - _like(y, logits) * logits, axis=-1)

    def per_position(y, logits):
        each = multiclass(y, logits)
        return ops.mean(each, axis=tuple(range(1, len(each.shape))))

    def per_pixel(y, logits):
        return per_position(y, logits) + _soft_dice(y, logits)

    def profile(y, logits):
        total = _like(y, logits) * ops.log_softmax(logits, axis=-2)
        return -ops.mean(ops.sum(total, axis=-2), axis=-1)

    plain = {
        "binary": binary,
        "multiclass": multiclass,
        "multilabel": multilabel,
        "regression": regression,
        "counts": counts,
        "per_position": per_position,
        "per_pixel": per_pixel,
        "profile": profile,
    }[task.kind]
    return plain if name == "auto" else logit_adjusted(task, y, adjustment, plain)


def _soft_dice(y, logits):
    """Return one minus the mean Dice overlap of the classes in each image (Milletari et al. 2016, doi:10.1109/3DV.2016.79)."""
    p = ops.softmax(logits, axis=-1)
    truth = ops.one_hot(ops.cast(y, "int32"), p.shape[-1], dtype=p.dtype)
    both, either = ops.sum(p * truth, axis=(1, 2)), ops.sum(p + truth, axis=(1, 2))
    return 1.0 - ops.mean((2 * both + 1.0) / (either + 1.0), axis=-1)


def _perceptron(task: Task) -> Loss:
    """The error-correction rule as a loss: its gradient is minus the example where the answer is wrong, else zero."""
    if not task.is_classification:
        raise TrainingError(f"The perceptron's rule tells classes apart; the task is {task.kind}. Use loss='auto'.")

    def one_unit(y, logits):
        z = ops.squeeze(logits, -1)
        margin = (2.0 * ops.cast(ops.reshape(y, ops.shape(z)), z.dtype) - 1.0) * z
        return ops.where(margin <= 0, -margin, 0.0)  # "<=": the rule starts from zero weights

    def several_units(y, logits):
        z_true = ops.squeeze(ops.take_along_axis(logits, ops.expand_dims(ops.cast(y, "int32"), -1), axis=-1), -1)
        return ops.max(logits, axis=-1) - z_true

    return one_unit if task.kind == "binary" else several_units


def _sigmoid_cross_entropy(target, z):
    return ops.maximum(z, 0.0) - z * target + ops.softplus(-ops.abs(z))


def _like(y, logits):
    return ops.cast(ops.reshape(y, ops.shape(logits)), logits.dtype)


def class_weights(task: Task, y: Any, weights: str | dict[Any, float] | None) -> list[float] | None:
    """Return one weight a class, or `None`: `"balanced"` makes every class count the same in total.

    Args:
        y: training labels `(n,)`.
        weights: `"balanced"`, or a weight for each label's name or index (1 for those not named).
    """
    import numpy as np

    if weights is None:
        return None
    if not task.is_classification:
        raise TrainingError(f"class_weight is for classification; the task is {task.kind}.")
    classes = 2 if task.kind == "binary" else task.outputs
    if weights == "balanced":
        counts = np.bincount(np.asarray(y).astype(int).ravel(), minlength=classes)
        return (counts.sum() / (classes * np.maximum(counts, 1))).tolist()
    if not isinstance(weights, dict):
        raise TrainingError(f"class_weight is 'balanced' or a dictionary of label to weight; received {weights!r}.")
    names = task.labels or tuple(str(i) for i in range(classes))
    result = [1.0] * classes
    for key, weight in weights.items():
        label = names[key] if isinstance(key, int) and 0 <= key < classes else str(key)
        if label not in names:
            raise TrainingError(f"class_weight names an unknown class {key!r}. {nearest(str(key), names)}")
        result[names.index(label)] = float(weight)
    return result
