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
    from deepbio.inference.prediction_table import thresholds_for  # it loads TensorFlow

    task = record.task
    kind = "" if task is None else task.kind
    columns = np.stack([1 - p, p], axis=-1) if kind == "binary" else p.reshape(len(p), -1)
    names = [str(i) for i in range(columns.shape[1])]
    if task is not None and len(task.labels) == len(names):
        names = [str(label) for label in task.labels]
    chosen = thresholds_for(record)
    thresholds: list[float | None] = [None] * len(names)
    if kind == "binary":
        thresholds = [None, chosen[0] if chosen else 0.5]
    elif kind == "multilabel":
        thresholds = [chosen[k] if k < len(chosen) else 0.5 for k in range(len(names))]
    found = []
    for id, row in zip(ids, columns.tolist(), strict=True):
        over = [t is not None and value >= t for value, t in zip(row, thresholds, strict=True)]
        outputs = [
            {"name": name, "value": value, "threshold": threshold, "over": above}
            for name, value, threshold, above in zip(names, row, thresholds, over, strict=True)
        ]
        label = None
        if kind == "binary":
            label = names[int(over[1])]
        elif kind == "multiclass":
            label = names[int(np.argmax(row))]
        elif kind == "multilabel":
            label = ", ".join(name for name, above in zip(names, over, strict=True) if above) or "none"
        ordered = (
            sorted(outputs, key=lambda one: -one["value"])
            if kind in ("binary", "multiclass", "multilabel")
            else outputs
        )
        found.append({"id": id, "label": label, "outputs": ordered[:_MAX_OUTPUTS]})
    return found
