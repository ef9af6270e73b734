"""Prediction sets and intervals that hold the truth as often as the preset says."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio import metrics
from deepbio.datasets import Split
from deepbio.errors import ModelError
from deepbio.inference.predict import predict
from deepbio.zoo import describe
from deepbio.zoo.postprocessing import Conformal

if TYPE_CHECKING:
    import keras

Data = Split | np.ndarray | Sequence[str] | str | os.PathLike[str]


def predict_sets(model: keras.Model, data: Data, **options: Any) -> np.ndarray:
    """Return which classes belong to each example's set, bool `(n, classes)` (two for a binary task).

    Over many examples drawn like the validation split, the set holds the true class as often as `calibrate` was asked for.
    An empty set says that no class is likely enough: look at such examples.

    Args:
        options: of `predict`.

    Raises:
        ModelError: the model was not calibrated with a coverage.
    """
    from deepbio.inference.calibrate import as_classes

    task = describe(model).task
    conformal = _of(model)
    if task is None or not conformal.cutoff:
        raise ModelError("This model predicts numbers: predict_intervals gives intervals for them.")
    # one cut-off, or one a class: both broadcast over (n, classes)
    return metrics.prediction_sets(as_classes(task, predict(model, data, **options)), np.array(conformal.cutoff))


def predict_intervals(model: keras.Model, data: Data, **options: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the low and high ends of intervals that hold the true number as often as `calibrate` was asked for.

    Returns:
        two arrays of the shape that `predict` gives.

    Raises:
        ModelError: the model was not calibrated with a coverage, or it predicts classes.
    """
    conformal = _of(model)
    if not conformal.radius:
        raise ModelError("This model predicts classes: predict_sets gives sets of them.")
    p, radius = predict(model, data, **options), np.array(conformal.radius)
    return p - radius, p + radius


def _of(model: keras.Model) -> Conformal:
    postprocessing = describe(model).postprocessing
    if postprocessing is None or postprocessing.conformal is None:
        raise ModelError(
            "This model has no coverage: deepbio.inference.calibrate(model, data.valid, coverage=0.9), or "
            "`deepbio calibrate RUN --coverage 0.9`."
        )
    return postprocessing.conformal
