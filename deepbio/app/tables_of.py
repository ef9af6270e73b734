"""Predictions as JSON: per example the label, and the probability of each output with its threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepbio.zoo.record import ModelRecord

_MAX_OUTPUTS = 40  # per example that the page lists


def predictions_of(record: ModelRecord, ids: Sequence[str], p: np.ndarray) -> list[dict[str, Any]]:
    """Return one entry per example: `id`, `label`, and `outputs` with `name`, `value`, `threshold` and `over`.

    A binary task has both labels; the threshold is that of the second. A regression has values and no label.

    Args:
        record: Record of the model.
        ids: Names of the examples.
        p: What `predict` returned, `(n,)` or `(n, outputs)`.

    Example:
        >>> from deepbio.specs import Task
        >>> found = predictions_of(ModelRecord(None, task=Task.classify(["no", "yes"])), ["a"], np.array([0.8]))
        >>> found[0]["label"], [(one["name"], round(one["value"], 2)) for one in found[0]["outputs"]]
        ('yes', [('yes', 0.8), ('no', 0.2)])
    """
    from deepbio.inference.prediction_table import (
        output_columns,
        predicted_outputs,
        thresholds_for,
    )  # it loads TensorFlow

    task = record.task
    names, columns = output_columns(task, p)
    decides = task is not None and (task.is_classification or task.kind == "multilabel")
    chosen, predicted = thresholds_for(record), [[] for _ in columns]
    thresholds: list[float | None] = [None] * len(names)
    if task is not None and decides:
        predicted = predicted_outputs(task, columns, chosen)
        if task.kind == "binary":
            thresholds = [None, chosen[0] if chosen else 0.5]
        elif task.kind == "multilabel":
            thresholds = list(chosen or [0.5] * len(names))
    found = []
    for id, row, own in zip(ids, columns.tolist(), predicted, strict=True):
        outputs = [
            {
                "name": names[k],
                "value": row[k],
                "threshold": thresholds[k],
                "over": thresholds[k] is not None and k in own,
            }
            for k in range(len(names))
        ]
        label = (", ".join(names[k] for k in own) or "none") if decides else None
        ordered = sorted(outputs, key=lambda one: -one["value"]) if decides else outputs
        found.append({"id": id, "label": label, "outputs": ordered[:_MAX_OUTPUTS]})
    return found
