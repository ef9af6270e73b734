"""Out-of-distribution scores: how unlike the training data an example looks, from logits or from the inputs of the last layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from deepbio.datasets import Split
from deepbio.errors import ModelError, nearest
from deepbio.inference.feature_distance import distance, fit_reference, has_features
from deepbio.inference.inputs import Data, as_source
from deepbio.inference.predict import predict
from deepbio.specs import Task
from deepbio.zoo import describe
from deepbio.zoo.postprocessing import Postprocessing
from deepbio.zoo.record import ModelRecord

if TYPE_CHECKING:
    import keras


Method = Literal["logits", "normalized_energy", "knn", "mahalanobis", "reconstruction"]
METHODS = get_args(Method)
_DISTANCES = ("knn", "mahalanobis", "reconstruction")
STORED = {"image": "mahalanobis", "dna": "knn", "text": "normalized_energy"}
"""Score of a calibrated model by modality, `"logits"` for others. It was chosen on one other set per data set of the catalog, in
`benchmarks/results/out_of_distribution.md`: the highest mean AUROC; of text, among scores that ignore how often a note is pasted."""
_SHARPNESS = 10.0  # of normalized logits: with 1 the energy hardly depends on them
_MAX_ROWS = 200  # training examples that a preset keeps
_EXPLAINED = 0.95  # of the variance of training images, by the components that reconstruct
_MAX_IMAGES, _MAX_SIDE = 2000, 32  # from which the components are computed, at most, and their pixels per side


def ood_score(
    model: keras.Model,
    data: Data,
    *,
    rank: bool = False,
    method: Method | None = None,
    reference: Split | None = None,
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
    - `"reconstruction"`, of images: what remains of an image's pixels after projection on the principal components of training
      images that explain 95% of their variance (Jackson and Mudholkar 1979, doi:10.1080/00401706.1979.10489779).

    Args:
        model: Classifier from `get_model` that returns logits.
        data: As for `predict`.
        rank: Whether to return the fraction of validation examples with a lower score, 0 to 1. Needs a calibrated model, and is of
            the score that it keeps.
        method: Which score; one of those above. By default the one that a calibrated model keeps with what it needs, else
            `"logits"`.
        reference: Training split of the model, for `"knn"`, `"mahalanobis"` and `"reconstruction"`.

    Returns:
        float64 `(n,)`.

    Raises:
        ModelError: The task has no classes, the activation is built in, `rank` without validation examples, or a distance without
            the training split.
    """
    record = describe(model)
    if record.task is None or record.activation_built_in:
        raise ModelError("ood_score reads logits: load the model without activation='auto', with its task.")
    fitted = record.postprocessing
    kept = fitted.ood_reference if fitted is not None else None
    usual = fitted.ood_method if fitted is not None else "logits"
    if method is not None and method not in METHODS:
        raise ModelError(f"Unknown method {method!r}. {nearest(str(method), METHODS)}")
    if rank and method not in (None, usual):
        raise ModelError(f"The ranks of this model are of {usual!r}; received {method!r}. Leave out method or rank.")
    if method is None and kept is not None:
        return _ranks(fitted, distance(model, data, kept)) if rank else distance(model, data, kept)
    if method in _DISTANCES:
        if reference is None:
            raise ModelError(f"{method!r} measures the distance to training examples: pass reference=data.train.")
        if method == "reconstruction":
            return _reconstruction_error(record, data, reference)
        return distance(model, data, fit_reference(model, reference, method))
    scores = _of_logits(record.task, predict(model, data, logits=True), method or usual)
    return _ranks(fitted, scores) if rank else scores


def _of_logits(task: Task, logits: np.ndarray, method: str) -> np.ndarray:
    return _normalized_energy(task, logits) if method == "normalized_energy" else _score(task, logits)


def ood_rank(record: ModelRecord, logits: np.ndarray) -> np.ndarray:
    """Return the ranks of `ood_score(rank=True)` from logits `(n, classes)`, of a model whose stored score needs no more than these.

    Raises:
        ModelError: There are no validation examples behind the model, or its score is a distance.
    """
    fitted = record.postprocessing
    if record.task is None or (fitted is not None and fitted.ood_reference is not None):
        raise ModelError(
            "The score of this model is a distance to training examples: call ood_score with the examples."
        )
    return _ranks(fitted, _of_logits(record.task, logits, fitted.ood_method if fitted is not None else "logits"))


def _ranks(fitted: Postprocessing | None, scores: np.ndarray) -> np.ndarray:
    """Return the fraction of validation examples with a lower score."""
    if fitted is None or not fitted.ood_quantiles:
        raise ModelError(
            "A rank needs validation examples: first model = deepbio.inference.calibrate(model, data.valid), or "
            "`deepbio calibrate RUN`."
        )
    quantiles = np.array(fitted.ood_quantiles)
    return np.interp(scores, quantiles, np.linspace(0, 1, len(quantiles)))


def _normalized_energy(task: Task, logits: np.ndarray) -> np.ndarray:
    z = np.asarray(logits, dtype=np.float64)
    if task.kind not in ("multiclass", "per_position") or z.shape[-1] < 3:
        raise ModelError(
            "'normalized_energy' needs three classes or more: with fewer, logits of length one are all alike."
        )
    z = z - z.mean(axis=-1, keepdims=True)
    return _score(task, _SHARPNESS * z / np.maximum(np.linalg.norm(z, axis=-1, keepdims=True), 1e-12))


def _reconstruction_error(record: ModelRecord, data: Data, reference: Split) -> np.ndarray:
    """Return the root of the mean squared rest of each image."""
    if record.input is None or record.input.modality != "image":
        raise ModelError("'reconstruction' is for images; use 'knn' or 'mahalanobis'.")
    known = _pixels(record, reference.take(np.arange(min(len(reference), _MAX_IMAGES))))
    new = _pixels(record, data) - known.mean(axis=0)
    _, scale, components = np.linalg.svd(known - known.mean(axis=0), full_matrices=False)
    explained = np.cumsum(scale**2) / np.maximum((scale**2).sum(), 1e-12)
    components = components[: int(np.searchsorted(explained, _EXPLAINED)) + 1]
    return np.sqrt(((new - new @ components.T @ components) ** 2).mean(axis=1))


def _pixels(record: ModelRecord, data: Data) -> np.ndarray:
    """Return images as rows, averaged in squares to at most 32 pixels a side."""
    source, _ = as_source(record, data)
    x = np.asarray(source[np.arange(len(source))], dtype=np.float64)
    side = -(-max(x.shape[1:3]) // _MAX_SIDE)
    rows, columns = x.shape[1] // side, x.shape[2] // side
    squares = x[:, : rows * side, : columns * side].reshape(len(x), rows, side, columns, side, -1)
    return squares.mean(axis=(2, 4)).reshape(len(x), -1)


def fit_ood(model: keras.Model, valid: Split, reference: Split | None = None) -> dict[str, Any]:
    """Return what the score of a calibrated model needs, as fields of `Postprocessing`, with 21 quantiles of validation examples.

    The score is that of `STORED` for the modality if the task has as many classes as it needs, and a distance if there are training
    examples as its `reference` and one input of the last layer; otherwise it is `"logits"`.
    """
    record = describe(model)
    assert record.task is not None
    task, method = record.task, STORED.get(record.input.modality if record.input else "", "logits")
    kept = None
    if method in _DISTANCES:
        if reference is not None and task.kind in ("binary", "multiclass") and has_features(model):
            kept = fit_reference(model, reference, method, max_rows=_MAX_ROWS)
        method = "logits" if kept is None else method
    elif method == "normalized_energy" and not (task.kind == "multiclass" and task.outputs >= 3):
        method = "logits"
    if kept is None:
        scores = _of_logits(task, predict(model, valid, logits=True), method)
    else:
        scores = distance(model, valid, kept)
    quantiles = tuple(float(f"{value:.6g}") for value in np.quantile(scores, np.linspace(0, 1, 21)))
    return {"ood_method": method, "ood_reference": kept, "ood_quantiles": quantiles}


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
