"""Distances of examples to the training examples, in the space of the inputs of a model's head."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from deepbio.datasets import Split
from deepbio.errors import ModelError
from deepbio.inference.embeddings import head_input
from deepbio.inference.inputs import Data, as_source
from deepbio.zoo import describe
from deepbio.zoo.postprocessing import OodReference

if TYPE_CHECKING:
    import keras

NEIGHBORS = 50  # of Sun et al. 2022 for a few thousand examples
_BLOCK = 512
_MAX_FEATURES = 1024
_ATTRIBUTE = "_deepbio_features"


def fit_reference(model: keras.Model, split: Split, method: str, *, max_rows: int | None = None) -> OodReference:
    """Fit what a distance is measured to.

    Args:
        model: Model from `get_model`.
        split: Training split.
        method: `"knn"`: normalized inputs of the head; or `"mahalanobis"`: the class means, and the matrix that whitens the
            covariance within classes.
        max_rows: Maximum number of examples that `"knn"` keeps, chosen at random (seed 0). The neighbour to which the distance is
            measured is as much nearer as fewer are kept.

    Raises:
        ModelError: The head is not one layer with one input, or the task has no class per example for `"mahalanobis"`.
    """
    if method == "knn":
        neighbors = min(NEIGHBORS, len(split))
        if max_rows is not None and len(split) > max_rows:
            neighbors = max(1, round(neighbors * max_rows / len(split)))
            split = split.take(np.sort(np.random.default_rng(0).permutation(len(split))[:max_rows]))
        return OodReference.of(method, neighbors, _normalized(_features(model, split)))
    task = describe(model).task
    if task is None or task.kind not in ("binary", "multiclass"):
        kind = task.kind if task else "not known"
        raise ModelError(f"'mahalanobis' needs one class per example; this task is {kind}. Use 'knn'.")
    known, y = _features(model, split), np.asarray(split.y).reshape(len(split))
    classes, number = np.unique(y, return_inverse=True)
    means = np.stack([known[number == k].mean(axis=0) for k in range(len(classes))])
    within = known - means[number]
    covariance = within.T @ within / len(within)
    size = len(covariance)
    values, vectors = np.linalg.eigh(covariance + 1e-6 * np.trace(covariance) / size * np.eye(size))
    whitening = vectors / np.sqrt(np.maximum(values, 1e-12))
    return OodReference.of(method, len(classes), np.concatenate([means, whitening]))


def distance(model: keras.Model, data: Data, reference: OodReference) -> np.ndarray:
    """Return the distance of each example to the reference, float64 `(n,)`."""
    new, rows = _features(model, data), reference.rows
    if new.shape[1] != rows.shape[1]:
        raise ModelError(f"The reference has {rows.shape[1]} features, the model {new.shape[1]}. Calibrate again.")
    if reference.method == "knn":
        place, new = min(reference.count, len(rows)) - 1, _normalized(new)
        parts = [new[first : first + _BLOCK] for first in range(0, len(new), _BLOCK)]
        nearest = [np.partition(2 - 2 * part @ rows.T, place, axis=1)[:, place] for part in parts]
        return np.sqrt(np.maximum(np.concatenate(nearest), 0.0))
    means, whitening = rows[: reference.count], rows[reference.count :]
    return np.min([np.linalg.norm((new - mean) @ whitening, axis=1) for mean in means], axis=0)


def has_features(model: keras.Model) -> bool:
    """Return whether the head has one input of at most 1,024 features per example."""
    try:
        shape = head_input(model).shape[1:]
    except ModelError:
        return False
    return None not in shape and 1 < math.prod(shape) <= _MAX_FEATURES


def _normalized(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def _features(model: keras.Model, data: Data) -> np.ndarray:
    """Return the inputs of the head, float64 `(n, features)`."""
    import keras

    from deepbio.inference.forward import model_outputs

    features = getattr(model, _ATTRIBUTE, None)  # one for each model, so that its compiled pass is used again
    if features is None:
        features = keras.Model(model.input, head_input(model))
        object.__setattr__(model, _ATTRIBUTE, features)
    found = model_outputs(features, as_source(describe(model), data)[0])
    return np.asarray(found, dtype=np.float64).reshape(len(found), -1)
