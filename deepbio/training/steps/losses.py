"""Losses: one number per example, from labels and logits."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from deepbio.errors import TrainingError, nearest
from deepbio.specs import Task
from deepbio.training.keras_objects import from_logits, name_of
from deepbio.training.settings import LOSSES
from deepbio.training.steps.imbalance import focal, logit_adjusted, ordinal

ops: Any = keras.ops  # its annotations name one backend's tensors only
Loss = Callable[[Any, Any], Any]


def loss_for(
    task: Task,
    loss: str | Loss = "auto",
    *,
    label_smoothing: float = 0.0,
    focal_gamma: float = 2.0,
    adjustment: float = 1.0,
    y: Any = None,
    weighted: bool = False,
) -> Loss:
    """Return the loss of a task as a function `(y, logits) -> (batch,)`.

    Args:
        task: Task that is learnt.
        loss: `"auto"` (cross-entropy, squared error, Poisson or multinomial likelihood, as the task requires; cross-entropy plus Dice
            for classes of pixels); `"focal"`, `"logit_adjusted"` or `"ordinal"` (see `deepbio.training.steps.imbalance`);
            `"poisson"`; `"perceptron"`; or a Keras loss or function, see `user_loss`.
        label_smoothing: Fraction of each label's weight that is spread over all classes.
        focal_gamma: Exponent of the focal loss.
        adjustment: Strength of the logit adjustment.
        y: Training labels, from which the logit adjustment counts the classes.
        weighted: Whether class or sample weights will be applied to the loss of each example.

    Raises:
        TrainingError: The loss is unknown or does not suit the task.
    """
    if not isinstance(loss, str):
        return user_loss(loss, task, weighted=weighted)
    if loss not in LOSSES:
        raise TrainingError(f"Unknown loss {loss!r}. {nearest(loss, LOSSES)}")
    if label_smoothing and loss in ("focal", "ordinal"):
        raise TrainingError(f"label_smoothing goes with the cross-entropy; the loss is {loss!r}. Set it to 0.")
    if loss == "perceptron":
        return _perceptron(task)
    if loss == "focal":
        return focal(task, focal_gamma)
    if loss == "ordinal":
        return ordinal(task)
    if loss == "poisson":
        return _poisson(task)
    if label_smoothing and not (task.is_classification or task.kind == "multilabel"):
        raise TrainingError(f"label_smoothing is for classification; the task is {task.kind}.")
    plain = _plain(task, label_smoothing)
    return plain if loss == "auto" else logit_adjusted(task, y, adjustment, plain)


def labels_like(y: Any, outputs: Any) -> Any:
    """Return labels as a Keras loss or metric expects them: in the outputs' dtype, `(batch, 1)` where the outputs are so."""
    y = ops.cast(y, outputs.dtype)
    return ops.expand_dims(y, -1) if len(y.shape) + 1 == len(outputs.shape) and outputs.shape[-1] == 1 else y


def user_loss(loss: Loss, task: Task, *, weighted: bool = False) -> Loss:
    """Return a user-supplied Keras loss or function as a function `(y, logits) -> (batch,)`.

    `y_true` is float32: `(batch, 1)` for a binary task, class numbers `(batch,)` for several classes, and else as the data set
    has it. `y_pred` are logits. The mean is taken over all axes but the first. One number for the whole batch counts for each
    example. The `reduction` of a Keras loss is not used: fit averages over the global batch.

    Raises:
        TrainingError: The loss expects probabilities, does not take the labels of the task, does not depend on the logits, or one
            number per batch comes with class or sample weights.
    """
    name = name_of(loss)
    if from_logits(loss) is False and task.activation != "identity":
        raise TrainingError(
            f"{name} expects probabilities, and a loss receives logits here. Pass from_logits=True (for a function, use the class "
            "of the same name)."
        )
    function = loss.call if isinstance(loss, keras.losses.Loss) else loss

    def per_example(y, logits):
        each = ops.convert_to_tensor(function(labels_like(y, logits), logits))
        if len(each.shape):
            return ops.mean(each, axis=tuple(range(1, len(each.shape)))) if len(each.shape) > 1 else each
        if weighted:
            raise TrainingError(
                f"class_weight and sample_weight need a loss per example; {name} returns one number per batch."
            )
        return ops.broadcast_to(each, ops.shape(logits)[:1])

    if task.kind in ("binary", "multiclass", "multilabel", "regression", "counts"):
        _try_loss(per_example, task, name)
    return per_example


def _try_loss(loss: Loss, task: Task, name: str) -> None:
    """Try a user-supplied loss on a few synthetic examples: wrong shapes can broadcast, and a loss can be constant."""
    n, classes = task.outputs + 2, task.num_classes if task.is_classification else 2
    y = np.arange(n) % classes
    if not task.is_classification:
        y = np.tile(
            y[:, None] + (task.kind != "multilabel"), (1, task.outputs)
        )  # values are positive: a loss may take logs
    drawn = np.random.Generator(np.random.Philox(0)).normal(0, 0.5, (n, task.outputs))
    logits = tf.Variable(tf.constant(drawn, tf.float32))
    advice = ""
    if task.is_classification:
        wanted = "BinaryCrossentropy" if task.kind == "binary" else "SparseCategoricalCrossentropy"
        advice = f" Of Keras's cross-entropies, keras.losses.{wanted}(from_logits=True) suits a {task.kind} task."
    try:
        with tf.GradientTape() as tape:
            each = loss(tf.constant(y, tf.int32), tf.identity(logits))
            if tuple(each.shape) != (n,):
                raise ValueError(f"it returns shape {tuple(each.shape)} for {n} examples")
            total = tf.reduce_sum(each)
        gradient = tape.gradient(total, logits)
        constant = np.array_equal(each, loss(tf.constant(y, tf.int32), 1.0 - logits))
    except TrainingError:
        raise
    except Exception as error:  # whatever the function raises
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rpartition("}}")[2].strip()[:200]
        shapes = f"labels of shape {np.shape(y)} and logits of shape {tuple(logits.shape)}"
        raise TrainingError(f"{name} does not take {shapes}: {reason}.{advice}") from error
    if constant or gradient is None or not np.any(np.asarray(tf.convert_to_tensor(gradient))):
        raise TrainingError(
            f"{name} does not depend on the logits of a {task.kind} task, so nothing would be learnt.{advice}"
        )


def _plain(task: Task, label_smoothing: float) -> Loss:
    """Return the negative log-likelihood of a task; for classes of pixels, with Dice."""

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
        error = _like(y, logits) - logits
        return ops.mean(
            ops.square(error / ops.convert_to_tensor(task.std, error.dtype) if task.std else error), axis=-1
        )

    def counts(y, logits):
        return ops.mean(ops.exp(logits) - _like(y, logits) * logits, axis=-1)

    def per_position(y, logits):
        each = multiclass(y, logits)
        return ops.mean(each, axis=tuple(range(1, len(each.shape))))

    def per_pixel(y, logits):
        known = ops.cast(ops.greater_equal(ops.cast(y, "int32"), 0), logits.dtype)  # -1: pixels that are ignored
        each = multiclass(ops.maximum(ops.cast(y, "int32"), 0), logits) * known
        mean = ops.sum(each, axis=(1, 2)) / ops.maximum(ops.sum(known, axis=(1, 2)), 1.0)
        return mean + _soft_dice(y, logits, known)

    def profile(y, logits):
        total = _like(y, logits) * ops.log_softmax(logits, axis=-2)
        return -ops.mean(ops.sum(total, axis=-2), axis=-1)

    kinds = (binary, multiclass, multilabel, regression, counts, per_position, per_pixel, profile)
    return next(function for function in kinds if function.__name__ == task.kind)


def _soft_dice(y, logits, known):
    """Return one minus the mean Dice overlap of the classes in each image (Milletari et al. 2016, doi:10.1109/3DV.2016.79)."""
    p = ops.softmax(logits, axis=-1) * ops.expand_dims(known, -1)
    truth = ops.one_hot(ops.cast(y, "int32"), p.shape[-1], dtype=p.dtype)
    both, either = ops.sum(p * truth, axis=(1, 2)), ops.sum(p + truth, axis=(1, 2))
    return 1.0 - ops.mean((2 * both + 1.0) / (either + 1.0), axis=-1)


def _poisson(task: Task) -> Loss:
    """Return the Poisson likelihood of rates whose logs are the outputs.

    Of a profile, it is the multinomial likelihood of the profile times the Poisson likelihood of its total.
    """
    if task.kind not in ("counts", "profile"):
        raise TrainingError(
            f"The Poisson likelihood is for counts and profiles; the task is {task.kind}. Use loss='auto'."
        )

    def poisson(y, logits):
        each = ops.exp(logits) - _like(y, logits) * logits
        return ops.mean(ops.sum(each, axis=-2) if task.kind == "profile" else each, axis=-1)

    return poisson


def _perceptron(task: Task) -> Loss:
    """Return the error-correction rule as a loss: its gradient is minus the example if the answer is wrong, else zero."""
    if not task.is_classification:
        raise TrainingError(f"The perceptron rule separates classes; the task is {task.kind}. Use loss='auto'.")

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


def class_weights(task: Task, y: Any, weights: str | Mapping[Any, float] | None) -> list[float] | None:
    """Return one weight per class, or `None` if there are no weights.

    Args:
        task: Task that is learnt.
        y: Training labels `(n,)`.
        weights: `"balanced"`, which makes every class count the same in total, or a weight for each label (1 for the others). Whole
            numbers that are no labels are indices, as in Keras.

    Raises:
        TrainingError: The task has no classes, a class is unknown, or a weight is negative.
    """
    if weights is None:
        return None
    if not task.is_classification:
        raise TrainingError(f"class_weight is for classification; the task is {task.kind}.")
    classes = task.num_classes
    if isinstance(weights, str) and weights == "balanced":
        counts = np.bincount(np.asarray(y).astype(int).ravel(), minlength=classes)
        return (counts.sum() / (classes * np.maximum(counts, 1))).tolist()
    if not isinstance(weights, Mapping):
        raise TrainingError(f"class_weight is 'balanced' or a dictionary of label to weight; received {weights!r}.")
    names = task.labels or tuple(str(i) for i in range(classes))
    by_name = all(str(key) in names for key in weights)  # labels such as 1, 2, 3 are no indices
    result = [1.0] * classes
    for key, weight in weights.items():
        index = names.index(str(key)) if by_name else _index(key)
        if index is None or not 0 <= index < classes:
            raise TrainingError(f"class_weight names an unknown class {key!r}. {nearest(str(key), names)}")
        if not isinstance(weight, (int, float)) or not 0 <= weight < float("inf"):
            raise TrainingError(f"class_weight of {key!r} must be a number of at least 0; received {weight!r}.")
        result[index] = float(weight)
    if not any(result):
        raise TrainingError("class_weight is 0 for every class, so nothing would be learnt.")
    return result


def _index(key: Any) -> int | None:
    """Return a whole number, also one that Keras or pandas made a float of, as an index."""
    return int(key) if isinstance(key, (int, float)) and key == int(key) else None
