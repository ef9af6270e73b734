"""Attacks on tables: few cells within given ranges that change a predicted class, whole numbers staying whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from deepbio.errors import DataError
from deepbio.robustness.edits.margins import ByEdits, check_classes, logits_of, margins

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Ranges:
    """What an attack may write into each column.

    Args:
        low, high: Smallest and largest value, `(columns,)`. A column whose bounds are equal stays as it is.
        whole: Which columns have whole numbers only.
    """

    low: np.ndarray = field(repr=False)
    high: np.ndarray = field(repr=False)
    whole: np.ndarray = field(repr=False)

    @classmethod
    def of(
        cls, train: np.ndarray, *, fixed: Sequence[int] = (), limits: Mapping[int, tuple[float, float]] | None = None
    ) -> Ranges:
        """Return the ranges of the training split; columns of whole numbers alone stay whole.

        Args:
            train: Rows of the training split.
            fixed: Columns that never change.
            limits: Other ranges by column.

        Raises:
            DataError: No row, or a range that is none.

        Example:
            >>> Ranges.of(np.array([[0.5, 1], [2.5, 3]]), limits={1: (0, 9)}).high.tolist()
            [2.5, 9.0]
        """
        rows = np.asarray(train, np.float64)
        if rows.ndim != 2 or not len(rows):
            raise DataError(f"Expected rows of the training split, (n, columns); received {rows.shape}.")
        empty = np.isnan(rows).all(axis=0)
        filled = np.where(empty, 0.0, rows)
        low, high = np.nanmin(filled, axis=0), np.nanmax(filled, axis=0)
        whole = ((filled == np.rint(filled)) | np.isnan(filled)).all(axis=0)
        for column, (smallest, largest) in (limits or {}).items():
            if not smallest <= largest:
                raise DataError(
                    f"The range of column {column} is from {smallest} to {largest}: expected the smaller first."
                )
            low[column], high[column] = smallest, largest
        stay = list(fixed)
        high[stay] = low[stay]
        return cls(low, high, whole)

    def values(self, column: int, count: int) -> np.ndarray:
        """Return evenly spaced values of a column, none if it stays as it is."""
        if self.low[column] == self.high[column]:
            return np.zeros(0)
        found = np.linspace(self.low[column], self.high[column], count)
        if self.whole[column]:
            return np.unique(np.rint(found).clip(np.ceil(self.low[column]), np.floor(self.high[column])))
        return found


@dataclass(frozen=True, eq=False)
class TableAdversarial(ByEdits):
    """Changed rows and their predicted classes.

    Args:
        rows: float32 rows as they were.
        x: float32 rows with the changed cells.
        changes: `(column, value)` of each row, in the order in which they were chosen.
        clean, predicted: Predicted classes of `rows` and of `x`.
    """

    rows: np.ndarray = field(repr=False)
    x: np.ndarray = field(repr=False)
    changes: tuple[tuple[tuple[int, float], ...], ...] = field(repr=False)
    clean: np.ndarray
    predicted: np.ndarray

    @property
    def steps(self) -> tuple[tuple[tuple[int, float], ...], ...]:
        """The changed cells of each row."""
        return self.changes


def attack_tables(
    model: keras.Model, x: np.ndarray, ranges: Ranges, *, max_changes: int = 5, count: int = 11
) -> TableAdversarial:
    """Search few cells whose change changes the predicted class of each row.

    Each round tries `count` values over the range of every column that is not changed yet, and writes the one that lowers the margin
    most. It needs no gradient, so it works for trees of rules as for networks.

    Args:
        model: Table model of classes.
        x: Rows, float `(n, columns)`.
        ranges: What may be written; `Ranges.of(train)` for what the training split has.
        max_changes: Number of cells after which the search ends.
        count: Number of values per column.

    Raises:
        DataError: Rows that do not fit the ranges, or a model without classes of tables.

    Example:
        >>> from deepbio.zoo import get_model
        >>> model, rows = get_model("mlp", input_shape=(4,), outputs=3, seed=1), np.zeros((2, 4), np.float32)
        >>> found = attack_tables(model, rows, Ranges.of(np.array([[-9.0] * 4, [9.5] * 4])))
        >>> found.success.tolist()
        [True, True]
    """
    check_classes(model, "table")
    rows = np.asarray(x, np.float32)
    if rows.ndim != 2 or rows.shape[1] != len(ranges.low) or not len(rows) or max_changes < 1 or count < 2:
        raise DataError(
            f"Expected rows of {len(ranges.low)} columns, max_changes of at least 1 and count of at least 2; received {rows.shape}, "
            f"{max_changes}, {count}."
        )
    clean = logits_of(model, rows).argmax(axis=1)
    found, changes = rows.copy(), [[] for _ in rows]
    grid = [(column, np.float32(value)) for column in range(rows.shape[1]) for value in ranges.values(column, count)]
    for i, own in enumerate(clean):
        for _ in range(max_changes):
            taken = {column for column, _ in changes[i]}
            tried = [(column, value) for column, value in grid if column not in taken and value != found[i, column]]
            if not tried:
                break
            many = np.repeat(found[i : i + 1], len(tried), axis=0)
            many[np.arange(len(tried)), [column for column, _ in tried]] = [value for _, value in tried]
            values = margins(logits_of(model, many), int(own))
            best = int(np.argmin(values))
            found[i] = many[best]
            changes[i].append((tried[best][0], float(tried[best][1])))
            if values[best] < 0:
                break
    return TableAdversarial(rows, found, tuple(map(tuple, changes)), clean, logits_of(model, found).argmax(axis=1))
