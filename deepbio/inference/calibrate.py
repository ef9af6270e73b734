"""`calibrate`: learn calibration, thresholds and coverage from a validation split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio import metrics
from deepbio.datasets import Split
from deepbio.errors import TrainingError, nearest
from deepbio.inference.conformal import fit_conformal
from deepbio.inference.out_of_distribution import fit_ood
from deepbio.inference.predict import predict
from deepbio.specs import Task
from deepbio.zoo import describe
from deepbio.zoo.postprocessing import Postprocessing
from deepbio.zoo.record import zoo_model

if TYPE_CHECKING:
    import keras

_FITS = {"temperature": metrics.fit_temperature, "platt": metrics.fit_platt, "isotonic": metrics.fit_isotonic}
METHODS = (*_FITS, "none")
_PROBABLE = ("binary", "multiclass", "multilabel", "per_position")


def calibrate(
    model: keras.Model,
    split: Split,
    *,
    method: str = "temperature",
    threshold: Mapping[str, Any] | None = None,
    coverage: float | None = None,
    by_class: bool = False,
    reference: Split | None = None,
    name: str = "valid",
) -> keras.Model:
    """Return a calibrated model: the same layers and weights, with postprocessing fitted to a validation split.

    `predict`, `evaluate`, `predict_sets` and `ood_score` apply the postprocessing of the returned model, and `save_preset`
    stores it. The model passed in predicts as before. The two models share their weights, so calibrate again after more training.

    Args:
        model: Model from `get_model` with a task, or a fitted one.
        split: Validation examples. The model must not be trained on them, and the reported figures must not come from them.
        method: `"temperature"` (one number; the order of the classes is kept), `"platt"` or `"isotonic"` (binary tasks),
            or `"none"`.
        threshold: One aim of `deepbio.metrics.choose_threshold`, such as `{"sensitivity": 0.95}` or
            `{"maximize": "f1"}`; for binary and multilabel tasks.
        coverage: Fraction of examples whose prediction set (one of several classes) or interval (numbers) must contain the truth.
        by_class: Whether the coverage must be reached within each class.
        reference: Training split. With it, `ood_score` measures the distance to its examples, of which the model keeps at most 200 or
            their means and covariance; without it, it reads the logits, which can rank foreign inputs as familiar.
        name: Name of the split, for the record.

    Returns:
        A `keras.Model`. `deepbio.zoo.describe(...)` of it has the fitted `postprocessing`.

    Raises:
        TrainingError: The model has no task, or its task does not allow the method, threshold or coverage.
        DataError: The aim cannot be reached, or a class is missing.

    Example:
        >>> from deepbio.datasets import load_dataset
        >>> from deepbio.zoo import describe, get_model
        >>> data = load_dataset("xor")
        >>> model = get_model("logistic", dataset=data)
        >>> calibrated = calibrate(model, data.valid)
        >>> describe(model).postprocessing is None, describe(calibrated).postprocessing.split
        (True, 'valid')
    """
    import keras

    postprocessing = fit_postprocessing(
        model,
        split,
        method=method,
        threshold=threshold,
        coverage=coverage,
        by_class=by_class,
        reference=reference,
        name=name,
    )
    same_layers = keras.Model(model.input, model.output, name=model.name)
    return zoo_model(same_layers, replace(describe(model), postprocessing=postprocessing))


def fit_postprocessing(
    model: keras.Model,
    split: Split,
    *,
    method: str = "temperature",
    threshold: Mapping[str, Any] | None = None,
    coverage: float | None = None,
    by_class: bool = False,
    reference: Split | None = None,
    name: str = "valid",
) -> Postprocessing:
    """Return the postprocessing that `calibrate` attaches to its model; arguments and errors are the same."""
    record = describe(model)
    if record.task is None:
        raise TrainingError("calibrate needs the model's task: build it with get_model(..., dataset=...) or fit it.")
    task, y = record.task, np.asarray(split.y)
    check_method(task, method)
    p = predict(model, split, calibrated=False)
    calibration = None if method == "none" else _FITS[method](y, p)
    p = p if calibration is None else calibration.apply(p)
    thresholds, aim = _fit_thresholds(task, y, p, threshold)
    conformal = None if coverage is None else fit_conformal(task, y, p, coverage, by_class=by_class)
    ood: dict[str, Any] = {}
    if task.kind in _PROBABLE and not record.activation_built_in:
        ood = fit_ood(model, split, reference)
    meaning = _meaning(task, split, p, thresholds)
    return Postprocessing(name, len(split), calibration, thresholds, aim, conformal, **ood, **meaning)


def _meaning(task: Task, split: Split, p: np.ndarray, thresholds: tuple[float, ...]) -> dict[str, Any]:
    """Return what a probability and a threshold mean, where examples have one class each: see `Postprocessing`."""
    y = np.asarray(split.y)
    if task.kind not in ("binary", "multiclass") or y.ndim != 1:
        return {}
    bins = metrics.calibration_bins(y, p, groups=split.groups)
    if task.kind == "multiclass":
        return {"prevalence": tuple((np.bincount(y, minlength=task.outputs) / len(y)).tolist()), "bins": bins}
    found: dict[str, Any] = {"prevalence": (float(y.mean()),), "bins": bins}
    if 0 < y.mean() < 1:
        threshold = thresholds[0] if thresholds else 0.5
        found["operating_point"] = metrics.operating_point(y, p, threshold=threshold, groups=split.groups)
    return found


def check_method(task: Task, method: str) -> None:
    """Raise `TrainingError` if a calibration method does not exist or does not suit a task."""
    if method not in METHODS:
        raise TrainingError(f"Unknown calibration {method!r}. {nearest(str(method), METHODS)}")
    if method != "none" and task.kind not in _PROBABLE:
        raise TrainingError(f"A {task.kind} task has no probabilities to calibrate: use 'none'.")
    if method in ("platt", "isotonic") and task.kind != "binary":
        raise TrainingError(f"{method} calibrates binary tasks; this one is {task.kind}. Use 'temperature'.")


def _fit_thresholds(
    task: Task, y: np.ndarray, p: np.ndarray, aim: Mapping[str, Any] | None
) -> tuple[tuple[float, ...], str]:
    if not aim:
        return (), ""
    if task.kind not in ("binary", "multilabel"):
        raise TrainingError(
            f"A threshold needs a binary or multilabel task; a {task.kind} task predicts the likeliest class."
        )
    try:
        found = metrics.choose_threshold(y, p, **aim)
    except TypeError as error:
        raise TrainingError(
            f"Expected one aim: maximize, sensitivity, specificity or precision; received {dict(aim)}."
        ) from error
    [(metric, value)] = aim.items()
    text = f"{value} highest" if metric == "maximize" else f"{metric} at least {value}"
    return tuple(map(float, np.atleast_1d(found))), text
