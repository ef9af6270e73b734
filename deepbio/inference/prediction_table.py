"""Predictions as a table: labels and probabilities, and beside them what a probability and a threshold mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from deepbio import metrics
from deepbio.inference.prevalence import Prevalence, assumed, for_prevalence, given
from deepbio.metrics.calibration_bins import bin_of
from deepbio.specs import Task
from deepbio.zoo.record import ModelRecord


def prediction_rows(
    task: Task | None, ids: Sequence[str], p: np.ndarray, *, thresholds: Sequence[float] = ()
) -> tuple[list[str], list[list[Any]]]:
    """Return predictions as a table: its header, and one row per example.

    A classification has the predicted label and the probability of each label; other tasks have one column per output. With
    `thresholds`, the positive label is predicted from there on instead of from one half, and a multilabel row names its labels.
    """
    names, columns = output_columns(task, p)
    header, labels = names, [[] for _ in columns]
    if task is not None and (task.is_classification or (task.kind == "multilabel" and thresholds)):
        labels = [[";".join(names[k] for k in chosen)] for chosen in predicted_outputs(task, columns, thresholds)]
        header = ["label", *(f"p_{name}" for name in names)] if task.is_classification else ["labels", *names]
    rows = [[i, *label, *(f"{v:.6g}" for v in q)] for i, label, q in zip(ids, labels, columns, strict=True)]
    return ["id", *header], rows


def output_columns(task: Task | None, p: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Return the names of the outputs, and predictions `(n, outputs)`; a binary task has a column for each of its two labels."""
    columns = np.stack([1 - p, p], axis=-1) if task is not None and task.kind == "binary" else p.reshape(len(p), -1)
    names = [str(i) for i in range(columns.shape[1])]
    return (list(map(str, task.labels)) if task is not None and len(task.labels) == len(names) else names), columns


def predicted_outputs(task: Task, columns: np.ndarray, thresholds: Sequence[float] = ()) -> list[list[int]]:
    """Return which outputs are predicted for each example: the likeliest class, or of several labels those over their thresholds.

    Args:
        task: Task of classes or labels.
        columns: Predictions of `output_columns`.
        thresholds: That of the positive label, or of each of several labels; one half by default.

    Example:
        >>> predicted_outputs(Task("binary", 1), np.array([[0.6, 0.4], [0.8, 0.2]]), [0.3])
        [[1], [0]]
    """
    if task.kind == "binary":
        return [[int(over)] for over in columns[:, 1] >= (thresholds[0] if thresholds else 0.5)]
    if task.kind == "multiclass":
        return [[int(k)] for k in columns.argmax(axis=1)]
    return [np.flatnonzero(over).tolist() for over in columns >= np.array(thresholds or 0.5)]


def thresholds_for(record: ModelRecord, prevalence: Prevalence | None = None) -> tuple[float, ...]:
    """Return the chosen thresholds of a model, moved with the probabilities if the prevalence is another.

    A threshold that moves by the rule of the probabilities decides as before, so its sensitivity and specificity stay.
    """
    chosen = record.postprocessing.thresholds if record.postprocessing else ()
    if not chosen or prevalence is None:
        return chosen
    moved = metrics.adjust_prevalence(chosen, trained=assumed(record)[0], prevalence=given(record, prevalence)[0])
    return tuple(moved.tolist())


def meaning_columns(record: ModelRecord, p: np.ndarray, prevalence: Prevalence | None = None) -> dict[str, list[str]]:
    """Return columns that say what each probability rests on: empty if the model has no calibration or several labels.

    `observed` is how often validation examples of about the same probability were of the positive label (of several classes: were
    predicted rightly), with its 95% interval and the number of those examples; the cells are empty where too few are known.
    `prevalence` is the frequency of that label (or of the predicted class) that the probability assumes. A binary task has its
    threshold and the sensitivity and specificity of validation examples there.

    Args:
        record: Record of the model.
        p: Calibrated probabilities, not adjusted: `(n,)` or `(n, classes)`.
        prevalence: As for `predict`. Observed frequencies of a binary task are adjusted with it; of several classes, whose bins do
            not follow from another prevalence, they are left out.
    """
    fitted, task = record.postprocessing, record.task
    if fitted is None or task is None or not fitted.prevalence:
        return {}
    binary = task.kind == "binary"
    frequencies = list(fitted.prevalence) if prevalence is None else given(record, prevalence)
    found: dict[str, list[str]] = {}
    if fitted.bins and (binary or prevalence is None):
        mine = [bin_of(fitted.bins, q) for q in (p if binary else p.max(axis=1))]
        sides = {"observed": "value", "observed_low": "low", "observed_high": "high"}
        for name, side in sides.items():
            values = np.array([getattr(one.frequency, side) for one in mine], np.float64)
            if prevalence is not None:
                values = metrics.adjust_prevalence(values, trained=assumed(record)[0], prevalence=frequencies[0])
            found[name] = [_text(value) for value in values]
        found["observed_examples"] = [str(one.examples) for one in mine]
    adjusted = p if prevalence is None else for_prevalence(record, p, prevalence)
    likeliest = np.zeros(len(p), int) if binary else adjusted.argmax(axis=1)
    found["prevalence"] = [_text(frequencies[k]) for k in likeliest]
    if binary:
        point, thresholds = fitted.operating_point, thresholds_for(record, prevalence)
        found["threshold"] = [_text(thresholds[0] if thresholds else 0.5)] * len(p)
        if point is not None and (thresholds or prevalence is None):
            for name in ("sensitivity", "specificity"):
                found[name] = [_text(getattr(point, name).value)] * len(p)
    return found


def _text(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else ""
