"""How unlike the training data an example looks to a model: an out-of-distribution score from its logits."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from deepbio.datasets import Split
from deepbio.errors import ModelError
from deepbio.inference.predict import predict
from deepbio.specs import Task
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras


def ood_score(
    model: keras.Model, data: Split | np.ndarray | Sequence[str] | str | os.PathLike[str], *, rank: bool = False
) -> np.ndarray:
    """Return a score for each example, higher for one that looks less like the training data.

    Several classes: the energy `-logsumexp(logits)` (Liu et al. 2020, arXiv:2010.03759). Labels side by side: the joint
    energy (Wang et al. 2021, arXiv:2111.14559). Binary: one minus the larger probability (Hendrycks and Gimpel 2017,
    arXiv:1610.02136). Such scores find what the model hesitates about; they can miss inputs of another world that it is
    sure of. Look at the data as well.

    Args:
        model: from `get_model`, with a classification task.
        data: what `predict` takes.
        rank: give the share of validation examples that were less strange instead, 0 to 1 (needs `calibrate`).

    Returns:
        float64 `(n,)`.

    Raises:
        ModelError: the task has no classes, the link is built in, or `rank` without validation examples.
    """
    record = describe(model)
    if record.task is None or record.activation_built_in:
        raise ModelError("ood_score reads logits: load the model without activation='auto', with its task.")
    scores = raw_ood_score(record.task, predict(model, data, logits=True))
    if not rank:
        return scores
    if record.postprocessing is None or not record.postprocessing.ood_quantiles:
        raise ModelError("A rank needs validation examples: deepbio.inference.calibrate(model, data.valid) first.")
    known = np.array(record.postprocessing.ood_quantiles)
    return np.interp(scores, known, np.linspace(0, 1, len(known)))


def raw_ood_score(task: Task, logits: np.ndarray) -> np.ndarray:
    """Return the score of logits `(n, ...)`; per position, the mean over positions."""
    z = np.asarray(logits, dtype=np.float64)
    if task.kind == "binary":
        return 1.0 / (1.0 + np.exp(np.abs(z.reshape(len(z)))))
    if task.kind == "multilabel":
        return -np.logaddexp(0.0, z).sum(axis=-1)
    if task.kind in ("multiclass", "per_position"):
        top = z.max(axis=-1, keepdims=True)
        energy = -(np.log(np.exp(z - top).sum(axis=-1)) + top[..., 0])
        return energy.reshape(len(z), -1).mean(axis=1)
    raise ModelError(f"A {task.kind} task has no classes to hesitate between.")
