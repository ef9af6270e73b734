"""Out-of-distribution scores: how unlike the training data an example looks, from logits or from the inputs of the last layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from deepbio.datasets import Split
from deepbio.errors import ModelError, nearest
from deepbio.inference.inputs import Data, as_source
from deepbio.inference.predict import predict
from deepbio.specs import Task
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras


Method = Literal["logits", "normalized_energy", "knn", "mahalanobis"]
_SHARPNESS = 10.0  # of normalized logits: with 1 the energy hardly depends on them
NEIGHBORS = 50  # of Sun et al. 2022 for a few thousand examples


def ood_score(
    model: keras.Model, data: Data, *, rank: bool = False, method: Method = "logits", reference: Split | None = None
) -> np.ndarray:
    """Compute an out-of-distribution score for each example. Higher scores mean less like the training data.

    - `"logits"`: multiclass tasks use the energy `-logsumexp(logits)` (Liu et al. 2020, arXiv:2010.03759), multilabel tasks the
      joint energy (Wang et al. 2021, arXiv:2111.14559), binary tasks one minus the larger probability (Hendrycks and Gimpel 2017,
      arXiv:1610.02136). It finds examples that the model is unsure about. It can miss inputs of another kind, and where evidence
      adds up it falls with the length of the input.
    - `"normalized_energy"`: the energy of the centred logits divided by their length, which depends on their shape and not on
      their size (Wei et al. 2022, arXiv:2205.09310).
    - `"knn"`: distance to the 50th nearest training example among the normalized inputs of the last layer (Sun et al. 2022,
      arXiv:2204.06507).
    - `"mahalanobis"`: distance of the inputs of the last layer to the nearest class mean, by the covariance within classes (Lee
      et al. 2018, arXiv:1807.03888).

    Args:
        model: Classifier from `get_model` that returns logits.
        data: As for `predict`.
        rank: Whether to return the fraction of validation examples with a lower score, 0 to 1. Needs a calibrated model, and is of
            the method `"logits"`.
        method: Which score; one of the four above.
        reference: Training split of the model, for `"knn"` and `"mahalanobis"`.

    Returns:
        float64 `(n,)`.

    Raises:
        ModelError: The task has no classes, the activation is built in, `rank` without validation examples, or a distance without
            the training split.
    """
    record = describe(model)
    if record.task is None or record.activation_built_in:
        raise ModelError("ood_score reads logits: load the model without activation='auto', with its task.")
    if method not in get_args(Method):
        raise ModelError(f"Unknown method {method!r}. {nearest(str(method), get_args(Method))}")
    if rank and method != "logits":
        raise ModelError(
            f"A rank is of the method 'logits'; received {method!r}. Compare with the scores of your validation split."
        )
    if method in ("knn", "mahalanobis"):
        if reference is None:
            raise ModelError(f"{method!r} measures the distance to training examples: pass reference=data.train.")
        return _distance(model, data, reference, method, record.task)
    z = predict(model, data, logits=True)
    if method == "normalized_energy":
        return _normalized_energy(record.task, z)
    scores = _score(record.task, z)
    if not rank:
        return scores
    if record.postprocessing is None or not record.postprocessing.ood_quantiles:
        raise ModelError(
            "A rank needs validation examples: first model = deepbio.inference.calibrate(model, data.valid), or "
            "`deepbio calibrate RUN`."
        )
    quantiles = np.array(record.postprocessing.ood_quantiles)
    return np.interp(scores, quantiles, np.linspace(0, 1, len(quantiles)))


def _normalized_energy(task: Task, logits: np.ndarray) -> np.ndarray:
    z = np.asarray(logits, dtype=np.float64)
    if task.kind not in ("multiclass", "per_position") or z.shape[-1] < 3:
        raise ModelError(
            "'normalized_energy' needs three classes or more: with fewer, logits of length one are all alike."
        )
    z = z - z.mean(axis=-1, keepdims=True)
    return _score(task, _SHARPNESS * z / np.maximum(np.linalg.norm(z, axis=-1, keepdims=True), 1e-12))


def _distance(model: keras.Model, data: Data, reference: Split, method: str, task: Task) -> np.ndarray:
    """Return the distance of each example to the training examples, in the space of the last layer's inputs."""
    import keras

    from deepbio.inference.forward import model_outputs

    last = next((layer for layer in reversed(model.layers) if layer.weights), None)
    if last is None or isinstance(last.input, list):
        raise ModelError("A distance needs a model whose last layer has one input.")
    record = describe(model)
    features = keras.Model(model.input, last.input)

    def outputs(source: Data) -> np.ndarray:
        found = model_outputs(features, as_source(record, source)[0])
        return np.asarray(found, dtype=np.float64).reshape(len(found), -1)

    known, new = outputs(reference), outputs(data)
    if method == "knn":
        known, new = (side / np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-12) for side in (known, new))
        place = min(NEIGHBORS, len(known)) - 1
        parts = [np.partition(2 - 2 * part @ known.T, place, axis=1)[:, place] for part in _cut(new)]
        return np.sqrt(np.maximum(np.concatenate(parts), 0.0))
    y = np.asarray(reference.y)
    if task.kind not in ("binary", "multiclass"):
        raise ModelError(f"'mahalanobis' needs one class per example; this task is {task.kind}. Use 'knn'.")
    means = np.stack([known[y == k].mean(axis=0) for k in np.unique(y)])
    within = known - means[np.unique(y, return_inverse=True)[1]]
    spread = within.T @ within / len(within)
    inverse = np.linalg.pinv(spread + 1e-6 * np.trace(spread) / len(spread) * np.eye(len(spread)), hermitian=True)
    off = [new - mean for mean in means]
    return np.sqrt(np.min([np.einsum("ij,jk,ik->i", one, inverse, one, optimize=True) for one in off], axis=0))


def _cut(rows: np.ndarray) -> list[np.ndarray]:
    return [rows[first : first + 512] for first in range(0, len(rows), 512)] or [rows]


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
