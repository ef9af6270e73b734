"""Answers of a server: predictions as JSON."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepbio.inference.prediction_table import output_columns, predicted_outputs, thresholds_for
from deepbio.zoo.record import ModelRecord


def answers(record: ModelRecord, p: np.ndarray) -> list[dict[str, Any]]:
    """Return one JSON object per example.

    A class has its `label` and the `probabilities` of all labels; of several labels those from their thresholds on (one half if the
    model has none) are in `labels`. Other tasks have their `values` in the shape of the task.

    Args:
        record: Record of the model.
        p: What `predict` returned, `(n, ...)`.

    Example:
        >>> from deepbio.specs import Task
        >>> record = ModelRecord(None, task=Task.classify(["benign", "malignant"]))
        >>> answers(record, np.array([0.75]))
        [{'label': 'malignant', 'probabilities': {'benign': 0.25, 'malignant': 0.75}}]
    """
    task = record.task
    if task is None or not (task.is_classification or task.kind == "multilabel"):
        return [{"values": values.tolist()} for values in np.asarray(p)]
    names, columns = output_columns(task, p)
    found = []
    for row, own in zip(columns.tolist(), predicted_outputs(task, columns, thresholds_for(record)), strict=True):
        decision = {"label": names[own[0]]} if task.is_classification else {"labels": [names[k] for k in own]}
        found.append({**decision, "probabilities": dict(zip(names, row, strict=True))})
    return found
