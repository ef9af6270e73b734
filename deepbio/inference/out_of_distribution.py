"""Out-of-distribution scores: how unlike the training data an example looks to a model, from its logits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepbio.errors import ModelError
from deepbio.inference.inputs import Data
from deepbio.inference.predict import predict
from deepbio.specs import Task
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras


def ood_score(model: keras.Model, data: Data, *, rank: bool = False) -> np.ndarray:
    """Compute an out-of-distribution score for each example. Higher scores mean less like the training data.

    Multiclass tasks use the energy `-logsumexp(logits)` (Liu et al. 2020, arXiv:2010.03759), multilabel tasks the joint
    energy (Wang et al. 2021, arXiv:2111.14559), binary tasks one minus the larger probability (Hendrycks and Gimpel 2017,
    arXiv:1610.02136). Such scores find examples that the model is unsure about. They can miss inputs of another kind that it
    is sure of, so look at the data as well.

    Args:
        model: Classifier from `get_model` that returns logits.
        data: As for `predict`.
        rank: Whether to return the fraction of validation examples with a lower score, 0 to 1. Needs a calibrated model.

    Returns:
        float64 `(n,)`.

    Raises:
        ModelError: The task has no classes, the activation is built in, or `rank` without validation examples.
    """
    record = describe(model)
    if record.task is None or record.activation_built_in:
        raise ModelError("ood_score reads logits: load the model without activation='auto', with its task.")
    scores = _score(record.task, predict(model, data, logits=True))
    if not rank:
        return scores
    if record.postprocessing is None or not record.postprocessing.ood_quantiles:
        raise ModelError(
            "A rank needs validation examples: first model = deepbio.inference.calibrate(model, data.valid), or "
            "`deepbio calibrate RUN`."
        )
    quantiles = np.array(record.postprocessing.ood_quantiles)
    return np.interp(scores, quantiles, np.linspace(0, 1, len(quantiles)))


def ood_quantiles(task: Task, logits: np.ndarray) -> tuple[float, ...]:
    """Return 21 quantiles of the scores of validation logits, with six digits for the preset's JSON."""
    return tuple(float(f"{value:.6g}") for value in np.quantile(_score(task, logits), np.linspace(0, 1, 21)))


def _score(task: Task, logits: np.ndarray) -> np.ndarray:
    """Return the score of logits `(n, ...)`; for a per-position task the mean over positions."""
    z = np.asarray(logits, dtype=np.float64)
    if task.kind == "binary":
        return 1.0 / (1.0 + np.exp(np.abs(z.reshape(len(z)))))
    if task.kind == "multilabel":
        return -np.logaddexp(0.0, z).sum(axis=-1)
    if task.kind in ("multiclass", "per_position"):
        top = z.max(axis=-1, keepdims=True)
        energy = -(np.log(np.exp(z - top).sum(axis=-1)) + top[..., 0])
        return energy.reshape(len(z), -1).mean(axis=1)
    raise ModelError(f"An out-of-distribution score needs classes; a {task.kind} task has none.")
