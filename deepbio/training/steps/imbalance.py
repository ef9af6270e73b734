"""Losses for class imbalance and for grades: focal, logit-adjusted, ordinal."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from deepbio.errors import TrainingError
from deepbio.specs import Task

ops: Any = keras.ops  # its annotations name one backend's tensors only


def focal(task: Task, gamma: float) -> Callable[[Any, Any], Any]:
    """Return the cross-entropy times `(1 - p)^gamma`, where `p` is the probability of the true class.

    Examples that the model already knows well count little, so that many easy examples do not drown a few hard ones. For a
    multilabel task the mean is taken over the known labels.

    Source: Lin et al. 2017, doi:10.1109/ICCV.2017.324.
    """
    if task.kind == "multiclass":

        def several(y, logits):
            log_p = ops.log_softmax(logits, axis=-1)
            own = ops.squeeze(ops.take_along_axis(log_p, ops.expand_dims(ops.cast(y, "int32"), -1), axis=-1), -1)
            return -ops.power(1.0 - ops.exp(own), gamma) * own

        return several
    if task.kind not in ("binary", "multilabel"):
        raise TrainingError(f"The focal loss is for classes and labels; the task is {task.kind}. Use loss='auto'.")

    def each(y, logits):
        y = ops.cast(ops.reshape(y, ops.shape(logits)), logits.dtype)
        known = ops.logical_not(ops.isnan(y))
        signed = ops.where(ops.where(known, y, 0.0) > 0.5, logits, -logits)
        log_p = -ops.softplus(-signed)
        loss = ops.where(known, -ops.power(ops.sigmoid(-signed), gamma) * log_p, 0.0)
        return ops.sum(loss, axis=-1) / ops.maximum(ops.sum(ops.cast(known, logits.dtype), axis=-1), 1.0)

    return each


def logit_adjusted(task: Task, y: Any, strength: float, plain: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return the cross-entropy of logits to which `strength` times the log frequency of each class is added.

    The added term absorbs the class frequencies, so that the logits themselves are those of equally frequent classes: the model
    aims at balanced accuracy. Its probabilities are not those of the data.

    `y` are the training labels, `plain` is the cross-entropy. Source: Menon et al. 2021, arXiv:2007.07314.
    """
    if not task.is_classification:
        raise TrainingError(f"Logit adjustment is for classes; the task is {task.kind}. Use loss='auto'.")
    classes = task.num_classes
    counts = np.maximum(np.bincount(np.asarray(y).astype(int).ravel(), minlength=classes), 1)
    logs = strength * np.log(counts / counts.sum()).astype(np.float32)
    added = logs[1:] - logs[:1] if task.kind == "binary" else logs
    return lambda y, logits: plain(y, logits + ops.cast(ops.convert_to_tensor(added), logits.dtype))


def ordinal(task: Task) -> Callable[[Any, Any], Any]:
    """Return the cross-entropy of "the grade is above k", averaged over every k: a wrong grade costs more the farther off it is.

    The probability that a grade is above k is the sum over those grades, so the outputs stay probabilities of grades.

    Source: thresholds of Frank, Hall 2001, doi:10.1007/3-540-44795-4_13, applied to one set of probabilities.
    """
    if task.kind != "multiclass":
        raise TrainingError(f"The ordinal loss is for three or more grades; the task is {task.kind}. Use loss='auto'.")

    def loss(y, logits):
        y = ops.expand_dims(ops.cast(y, "int32"), -1)
        total = ops.logsumexp(logits, axis=-1)
        terms = []
        for k in range(task.outputs - 1):
            above = ops.logsumexp(logits[..., k + 1 :], axis=-1) - total
            below = ops.logsumexp(logits[..., : k + 1], axis=-1) - total
            terms.append(-ops.where(y[..., 0] > k, above, below))
        return ops.mean(ops.stack(terms, axis=-1), axis=-1)

    return loss
