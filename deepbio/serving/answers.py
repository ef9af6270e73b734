"""Answers of a server: predictions as JSON."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepbio.inference.prediction_table import thresholds_for
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
    if task is None or task.kind not in ("binary", "multiclass", "multilabel"):
        return [{"values": values.tolist()} for values in np.asarray(p)]
    rows = np.stack([1 - p, p], axis=-1) if task.kind == "binary" else p
    names = task.labels or tuple(map(str, range(rows.shape[-1])))
    cut = thresholds_for(record) or (0.5,)
    found = []
    for row in rows:
        probabilities = dict(zip(names, (float(value) for value in row), strict=True))
        if task.kind == "multilabel":
            over = row >= np.asarray(cut if len(cut) == len(row) else cut[:1] * len(row))
            found.append(
                {"labels": [name for name, yes in zip(names, over, strict=True) if yes], "probabilities": probabilities}
            )
            continue
        best = int(row[1] >= cut[0]) if task.kind == "binary" else int(row.argmax())
        found.append({"label": names[best], "probabilities": probabilities})
    return found
