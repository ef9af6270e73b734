"""How many independent units are behind a metric: examples or groups, in all and of each class."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from deepbio.metrics.groups import group_numbers
from deepbio.metrics.resampling import MIN_GROUPS, MIN_UNITS
from deepbio.specs import Task

Needs = Literal["examples", "an error", "two classes", "each class", "each tail"]
"""What a metric rests on: all examples alike, the loss of those predicted wrongly, two classes, each class, or each class's tail."""

_MIN_TAIL = 100  # examples, of which a twentieth lies beyond a rate of 95%
_RARE = 0.1  # of the classes may have fewer units where each class counts by itself
_MAX_LABELS = 4096


@dataclass(frozen=True, eq=False)
class Units:
    """Independent units of a data set.

    Args:
        count: Number of examples, or of groups.
        groups: Number of the group of each example, from 0, `(n,)`; `None` if examples are independent.
        classes: Class of each example, `(n,)`, of a task with one class per example.
        names: Name of each class or label that occurs.
        of_class: Units of each class, or of the rarer answer of each label.
        min_examples: Examples of the smallest class, or of the rarer answer of a label, a tenth of the labels left out.
    """

    count: int
    groups: np.ndarray | None
    classes: np.ndarray | None
    names: tuple[str, ...]
    of_class: np.ndarray
    min_examples: int

    @classmethod
    def of(cls, task: Task, y: np.ndarray, groups: ArrayLike | None = None) -> Units:
        """Count the units of a task's examples."""
        n, numbers = len(y), None
        if groups is not None:
            numbers = group_numbers(groups, n)
            numbers = None if numbers.max() + 1 == n else numbers
        unit = np.arange(n) if numbers is None else numbers
        tails = np.zeros(0, int)
        many = ("binary", "multiclass", "per_position", "per_pixel")
        if task.kind in many:
            flat = y.reshape(n, -1).astype(np.int64)
            found = [(k, len(np.unique(unit[(flat == k).any(axis=1)]))) for k in np.unique(flat[flat >= 0])]
        elif task.kind == "multilabel":
            label = y.reshape(n, -1)[:, :_MAX_LABELS]
            found = [
                (j, min(len(np.unique(unit[label[:, j] == side])) for side in (0, 1))) for j in range(label.shape[1])
            ]
            found = [(j, count) for j, count in found if count]
            tails = np.sort([int(min((label[:, j] == side).sum() for side in (0, 1))) for j, _ in found])
        else:
            found = []
        names = tuple(task.labels[k] if k < len(task.labels) else str(k) for k, _ in found)
        classes = y if task.kind in ("binary", "multiclass") and y.ndim == 1 else None
        min_examples = n if classes is None else int(np.unique(classes, return_counts=True)[1].min())
        if len(tails):
            min_examples = int(tails[int(_RARE * len(tails))])
        return cls(
            int(unit.max()) + 1,
            numbers,
            classes,
            names,
            np.array([count for _, count in found], np.int64),
            min_examples,
        )

    def apart(self) -> Units:
        """Return the units if examples were independent whatever their groups."""
        of_class = self.of_class if self.classes is None else np.unique(self.classes, return_counts=True)[1]
        count = self.count if self.groups is None else len(self.groups)
        return replace(self, count=count, groups=None, of_class=of_class)

    def smallest(self, needs: Needs) -> int:
        """Return the number of units of the smallest class with enough of them, or of all examples."""
        enough = self.of_class[self.of_class >= MIN_UNITS]
        return int(enough.min()) if needs not in ("examples", "an error") and len(enough) else self.count

    def shortage(self, needs: Needs, min_groups: int = MIN_GROUPS) -> str:
        """Return why the units are too few for an interval; an empty text if they are enough."""
        of, needed = ("examples", MIN_UNITS) if self.groups is None else ("groups", min_groups)
        if self.count < needed:
            return f"one {of[:-1]}" if self.count == 1 else f"{self.count} {of}, {needed} needed"
        few = np.flatnonzero(self.of_class < MIN_UNITS)
        if needs in ("examples", "an error") or not len(self.of_class):
            return ""
        allowed = len(self.of_class) - 2 if needs == "two classes" else int(_RARE * len(self.of_class))
        if len(few) <= max(0, allowed):
            short = needs == "each tail" and self.min_examples < _MIN_TAIL
            return f"{self.min_examples} examples of a class or label, {_MIN_TAIL} needed" if short else ""
        k = few[np.argmin(self.of_class[few])]
        count = int(self.of_class[k])
        have = f"class {self.names[k]} has {count} {of[:-1] if count == 1 else of}"
        return f"{have}, {MIN_UNITS} needed"
