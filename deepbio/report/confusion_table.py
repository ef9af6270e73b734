"""The confusion matrix as a table of the page, or its largest confusions if there are many classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepbio.metrics import confusion_matrix
from deepbio.report.group import Entry

_MAX_CLASSES = 12
_MAX_CONFUSIONS = 15


@dataclass(frozen=True)
class Count:
    """A count, and its percentage of the row."""

    count: int
    percent: int
    diagonal: bool


@dataclass(frozen=True)
class ConfusionTable:
    """Rows of true classes: a count per predicted class, and the error of the true class in percent."""

    name: str
    labels: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Count, ...], str], ...]


@dataclass(frozen=True)
class Confusions:
    """The most frequent confusions: true class, predicted class, count, percentage of the true class."""

    name: str
    rows: tuple[tuple[str, str, int, str], ...]
    classes: int


def confusion_of(entry: Entry) -> ConfusionTable | Confusions | None:
    """Return the confusions of an entry, or `None` if its predictions are not one class each."""
    result = entry.result
    if result.task.kind not in ("binary", "multiclass", "per_position", "per_pixel"):
        return None
    counts = confusion_matrix(result.task, result.y, result.p)
    classes = len(counts)
    labels = result.labels
    total = np.maximum(counts.sum(axis=1), 1)
    if classes > _MAX_CLASSES:
        wrong = counts * ~np.eye(classes, dtype=bool)
        order = np.argsort(-wrong, axis=None, kind="stable")[:_MAX_CONFUSIONS]
        pairs = [(int(i), int(j)) for i, j in zip(*np.unravel_index(order, wrong.shape), strict=True) if wrong[i, j]]
        return Confusions(
            entry.name,
            tuple((labels[i], labels[j], int(wrong[i, j]), f"{wrong[i, j] / total[i]:.0%}") for i, j in pairs),
            classes,
        )
    rows = []
    for i in range(classes):
        row = tuple(Count(int(n), round(100 * n / total[i]), i == j) for j, n in enumerate(counts[i]))
        error = f"{1 - counts[i, i] / total[i]:.1%}" if counts[i].sum() else "none seen"
        rows.append((labels[i], row, error))
    return ConfusionTable(entry.name, labels, tuple(rows))
