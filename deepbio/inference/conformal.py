"""Conformal prediction: sets of classes and intervals of numbers that contain the truth with a stated coverage."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio import metrics
from deepbio.errors import ModelError, TrainingError
from deepbio.inference.inputs import Data
from deepbio.inference.predict import predict
from deepbio.specs import Task
from deepbio.zoo import describe
from deepbio.zoo.postprocessing import Conformal

if TYPE_CHECKING:
    import keras


def predict_sets(model: keras.Model, data: Data, **options: Any) -> np.ndarray:
    """Return the prediction set of each example: the classes that cannot be ruled out.

    Over many examples drawn like the validation split, the set contains the true class with the coverage passed to `calibrate`.
    An empty set means that no class is likely enough; look at such examples.

    Args:
        model: Classifier from `calibrate(..., coverage=...)`, or a preset that stores a coverage.
        data: As for `predict`.
        options: Keyword arguments of `predict`.

    Returns:
        Boolean array `(n, classes)`, with two classes for a binary task.

    Raises:
        ModelError: The model was not calibrated with a coverage, or it predicts numbers.
    """
    task, conformal = describe(model).task, _fitted(model)
    if task is None or not conformal.cutoff:
        raise ModelError("This model predicts numbers: use predict_intervals.")
    # one cut-off, or one per class: both broadcast over (n, classes)
    return metrics.prediction_sets(as_classes(task, predict(model, data, **options)), np.array(conformal.cutoff))


def predict_intervals(model: keras.Model, data: Data, **options: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of intervals that contain the true number with the coverage passed to `calibrate`.

    Args:
        model: Regression model from `calibrate(..., coverage=...)`, or a preset that stores a coverage.
        data: As for `predict`.
        options: Keyword arguments of `predict`.

    Returns:
        Two arrays, low and high, of the shape that `predict` returns.

    Raises:
        ModelError: The model was not calibrated with a coverage, or it predicts classes.
    """
    conformal = _fitted(model)
    if not conformal.radius:
        raise ModelError("This model predicts classes: use predict_sets.")
    p, radius = predict(model, data, **options), np.array(conformal.radius)
    return p - radius, p + radius


def fit_conformal(task: Task, y: np.ndarray, p: np.ndarray, coverage: float, *, by_class: bool = False) -> Conformal:
    """Fit the cut-off (classes) or the radius (numbers) of a coverage to labels and predictions of a validation split.

    Raises:
        TrainingError: The task has neither one class of several nor numbers, or the split is too small.
        DataError: A class is missing.
    """
    if task.is_classification:
        cutoff = metrics.conformal_cutoff(y, as_classes(task, p), coverage=coverage, by_class=by_class)
        return Conformal(coverage, cutoff=tuple(map(float, np.atleast_1d(cutoff))))
    if task.kind not in ("regression", "counts"):
        raise TrainingError(
            f"Prediction sets are for one class of several, intervals for numbers; this task is {task.kind}."
        )
    radius = np.atleast_1d(metrics.conformal_radius(y, p, coverage=coverage))
    if not np.isfinite(radius).all():
        needed = math.ceil(coverage / (1 - coverage))
        raise TrainingError(f"A coverage of {coverage} needs at least {needed} examples; the split has {len(y)}.")
    return Conformal(coverage, radius=tuple(map(float, radius)))


def as_classes(task: Task, p: np.ndarray) -> np.ndarray:
    """Return probabilities as `(n, classes)`, with two classes for a binary task."""
    return np.stack([1 - p, p], axis=-1) if task.kind == "binary" else p


def _fitted(model: keras.Model) -> Conformal:
    postprocessing = describe(model).postprocessing
    if postprocessing is None or postprocessing.conformal is None:
        raise ModelError(
            "This model has no coverage: model = deepbio.inference.calibrate(model, data.valid, coverage=0.9), or "
            "`deepbio calibrate RUN --coverage 0.9`."
        )
    return postprocessing.conformal
