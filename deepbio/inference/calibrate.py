"""`calibrate`: learn from a validation split how to read a model's predictions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio import metrics
from deepbio.datasets import Split
from deepbio.errors import TrainingError, nearest
from deepbio.inference.out_of_distribution import raw_ood_score
from deepbio.inference.predict import predict
from deepbio.metrics.calibration import Calibrator
from deepbio.specs import Task
from deepbio.zoo import describe
from deepbio.zoo.postprocessing import Conformal, Postprocessing
from deepbio.zoo.record import attach

if TYPE_CHECKING:
    import keras

METHODS = ("temperature", "platt", "isotonic", "none")
_PROBABLE = ("binary", "multiclass", "multilabel", "per_position")


def calibrate(
    model: keras.Model,
    split: Split,
    *,
    method: str = "temperature",
    threshold: Mapping[str, Any] | None = None,
    coverage: float | None = None,
    by_class: bool = False,
    name: str = "valid",
) -> Postprocessing:
    """Fit calibration, thresholds and a conformal cut-off on a validation split, and keep them with the model.

    `predict` and `evaluate` use them from then on, and a preset that is saved holds them. No weight changes. Never fit
    on the split that is reported.

    Args:
        model: from `get_model` with a task, or fitted.
        split: examples that the model was not trained on.
        method: `"temperature"` (one number; the order of classes stays), `"platt"` or `"isotonic"` (binary), or `"none"`.
        threshold: one aim of `deepbio.metrics.choose_threshold`, such as `{"sensitivity": 0.95}` or
            `{"maximize": "f1"}`; binary and multilabel.
        coverage: how often prediction sets (one class of several) or intervals (numbers) must hold the truth.
        by_class: cover every class that often.
        name: of the split, for the record.

    Raises:
        TrainingError: the model has no task, or the task cannot be calibrated so.
        DataError: an aim out of reach, or a class that is missing.
    """
    record = describe(model)
    if record.task is None:
        raise TrainingError("calibrate needs the model's task: build it with get_model(..., dataset=...) or fit it.")
    task, y = record.task, np.asarray(split.y)
    check_method(task, method)
    raw = predict(model, split, calibrated=False)
    calibration = _fit(task, method, y, raw)
    p = raw if calibration is None else calibration.apply(raw)
    thresholds, aim = _thresholds(task, y, p, threshold)
    logits = predict(model, split, logits=True) if task.kind in _PROBABLE else None
    postprocessing = Postprocessing(
        name,
        len(split),
        calibration,
        thresholds,
        aim,
        None if coverage is None else _conformal(task, y, p, coverage, by_class=by_class),
        () if logits is None or record.activation_built_in else _quantiles(raw_ood_score(task, logits)),
    )
    attach(model, replace(record, postprocessing=postprocessing))
    return postprocessing


def check_method(task: Task, method: str) -> None:
    """Raise where a method does not exist or does not suit a task."""
    if method not in METHODS:
        raise TrainingError(f"Unknown calibration {method!r}. {nearest(str(method), METHODS)}")
    if method != "none" and task.kind not in _PROBABLE:
        raise TrainingError(f"A {task.kind} task has no probabilities to calibrate: use 'none'.")
    if method in ("platt", "isotonic") and task.kind != "binary":
        raise TrainingError(f"{method} calibrates binary tasks; this one is {task.kind}. Use 'temperature'.")


def _fit(task: Task, method: str, y: np.ndarray, p: np.ndarray) -> Calibrator | None:
    if method == "none":
        return None
    if method == "temperature":
        return metrics.fit_temperature(y, p)
    return metrics.fit_platt(y, p) if method == "platt" else metrics.fit_isotonic(y, p)


def _thresholds(
    task: Task, y: np.ndarray, p: np.ndarray, aim: Mapping[str, Any] | None
) -> tuple[tuple[float, ...], str]:
    if not aim:
        return (), ""
    if task.kind not in ("binary", "multilabel"):
        raise TrainingError(f"Thresholds say yes or no; a {task.kind} task names the likeliest class.")
    try:
        found = metrics.choose_threshold(y, p, **aim)
    except TypeError as error:
        raise TrainingError(
            f"A threshold serves one of maximize, sensitivity, specificity or precision; received {dict(aim)}."
        ) from error
    [(what, value)] = aim.items()
    said = f"{value} highest" if what == "maximize" else f"{what} at least {value}"
    return tuple(map(float, np.atleast_1d(found))), said


def _conformal(task: Task, y: np.ndarray, p: np.ndarray, coverage: float, *, by_class: bool) -> Conformal:
    if task.is_classification:
        cutoff = metrics.conformal_cutoff(y, as_classes(task, p), coverage=coverage, by_class=by_class)
        return Conformal(coverage, cutoff=tuple(map(float, np.atleast_1d(cutoff))))
    if task.kind in ("regression", "counts"):
        radius = np.atleast_1d(metrics.conformal_radius(y, p, coverage=coverage))
        if not np.isfinite(radius).all():
            least = math.ceil(coverage / (1 - coverage))
            raise TrainingError(f"A coverage of {coverage} needs at least {least} examples; the split has {len(y)}.")
        return Conformal(coverage, radius=tuple(map(float, radius)))
    raise TrainingError(f"Prediction sets are for one class of several, intervals for numbers; this is {task.kind}.")


def as_classes(task: Task, p: np.ndarray) -> np.ndarray:
    """Return `(n, classes)` probabilities; a binary task's become those of its two classes."""
    return np.stack([1 - p, p], axis=-1) if task.kind == "binary" else p


def _quantiles(scores: np.ndarray) -> tuple[float, ...]:
    """Return 21 quantiles, with six digits: they stand in a JSON file that people read."""
    return tuple(float(f"{value:.6g}") for value in np.quantile(scores, np.linspace(0, 1, 21)))
