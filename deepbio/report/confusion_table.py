"""The confusion matrix as a table of the page, or its largest confusions if there are many classes."""

from typing import Any

import numpy as np

from deepbio.metrics import confusion_matrix
from deepbio.report.group import Entry

_MAX_CLASSES = 12
_MAX_CONFUSIONS = 15


def confusion_of(entry: Entry) -> dict[str, Any] | None:
    """Return the confusions of an entry, or `None` if its predictions are not one class each.

    Returns:
        `name` and, for up to twelve classes, `labels` and `rows`: true class, a `(count, percent, diagonal)` per predicted
        class, and the error. For more classes, `name`, `classes` and `pairs`, the most frequent confusions: true class,
        predicted class, count, percentage of the true class.
    """
    result, labels = entry.result, entry.result.labels
    if result.task.kind not in ("binary", "multiclass", "per_position", "per_pixel"):
        return None
    counts = confusion_matrix(result.task, result.y, result.p)
    classes, total = len(counts), np.maximum(counts.sum(axis=1), 1)
    if classes > _MAX_CLASSES:
        wrong = counts * ~np.eye(classes, dtype=bool)
        order = np.argsort(-wrong, axis=None, kind="stable")[:_MAX_CONFUSIONS]
        pairs = [(int(i), int(j)) for i, j in zip(*np.unravel_index(order, wrong.shape), strict=True) if wrong[i, j]]
        found = [(labels[i], labels[j], int(wrong[i, j]), f"{wrong[i, j] / total[i]:.0%}") for i, j in pairs]
        return {"name": entry.name, "classes": classes, "pairs": found}
    rows = []
    for i in range(classes):
        row = [(int(n), round(100 * n / total[i]), i == j) for j, n in enumerate(counts[i])]
        rows.append((labels[i], row, f"{1 - counts[i, i] / total[i]:.1%}" if counts[i].sum() else "none seen"))
    return {"name": entry.name, "labels": labels, "rows": rows}
