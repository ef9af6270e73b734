"""Tables: CSV, TSV, JSON lines and Parquet to float32 columns, labels, text and groups."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepbio.datasets.readers.table_file import read_frame, table_columns
from deepbio.errors import DataError, nearest


@dataclass(frozen=True, eq=False)
class Table:
    """The columns of a table by what they are for.

    Args:
        x: float32 `(n, features)`.
        features: names of the columns of `x`.
        labels: strings `(n,)`; None where no label was asked for.
        targets: float32 `(n, targets)`, NaN where a cell is empty; None where no targets were asked for.
        texts: strings of the text column; None without one.
        ids: strings `(n,)`: the id column, or the number of the row, from 1.
        groups: strings `(n,)`, or None.
        splits: strings `(n,)`, or None.
    """

    x: np.ndarray
    features: tuple[str, ...]
    labels: np.ndarray | None
    targets: np.ndarray | None
    texts: list[str] | None
    ids: np.ndarray
    groups: np.ndarray | None
    splits: np.ndarray | None

    def __len__(self) -> int:
        return len(self.ids)


def read_table(
    path: str | os.PathLike[str],
    *,
    label: str | None = None,
    targets: Sequence[str] = (),
    text: str | None = None,
    features: Sequence[str] | None = None,
    group: str | None = None,
    id: str | None = None,
    split: str | None = None,
    encoding: str = "utf-8",
) -> Table:
    """Read a table with a header row and pick its columns by name.

    A name that ends in `.parquet` is read as Parquet (needs the extra `data`), one in `.jsonl` or `.ndjson` as JSON lines (one
    object a line, its keys the columns); all else is text, plain or gzip, with
    commas, tabs or semicolons, whichever the header has most of.

    Args:
        path: the file.
        label: column of class names.
        targets: columns of numbers to predict (several 0/1 labels, or measured values); a cell may be empty.
        text: column of notes or of sequences.
        features: columns of numbers to learn from; None takes all that have no other use, or none where `text` is given.
        group: column of what must not be shared between splits, such as the patient.
        id: column that names the rows.
        split: column that says train, valid or test.
        encoding: of a text file.

    Raises:
        DataError: file missing, empty, damaged or in another encoding; a column missing or named twice; a feature that is
            no finite number, or an empty cell, with row (counted from 1 below the header) and column.

    Source of the text form: RFC 4180.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("patient,age,diagnosis\\np1,60,benign\\np2,70,malignant\\n")
        >>> table = read_table(path, label="diagnosis", group="patient")
        >>> table.features, table.x.tolist(), table.labels.tolist()
        (('age',), [[60.0], [70.0]], ['benign', 'malignant'])
    """
    targets = (targets,) if isinstance(targets, str) else tuple(targets)
    named = {"label": label, "text": text, "group": group, "id": id, "split": split}
    words = [name for name in named.values() if name is not None]
    place = Path(path)
    columns = table_columns(place, encoding=encoding)
    for use, name in [*named.items(), *(("targets", t) for t in targets), *(("features", f) for f in features or ())]:
        if name is not None and name not in columns:
            raise DataError(f"{place}: there is no column {name!r} for {use}. {nearest(str(name), columns)}")
    if features is None:
        features = [] if text is not None else [name for name in columns if name not in {*words, *targets}]
    frame = read_frame(place, words=words, encoding=encoding)

    def strings(name: str | None) -> np.ndarray | None:
        return None if name is None else np.array(_strings(place, frame[name]))

    return Table(
        x=_numbers(place, frame, features, allow_missing=False),
        features=tuple(features),
        labels=strings(label),
        targets=_numbers(place, frame, targets, allow_missing=True) if targets else None,
        texts=None if text is None else _strings(place, frame[text]),
        ids=np.arange(1, len(frame) + 1).astype(str) if id is None else np.array(_strings(place, frame[id])),
        groups=strings(group),
        splits=strings(split),
    )


def read_columns(path: str | os.PathLike[str], features: Sequence[str]) -> Table:
    """Read only the columns of numbers that a model knows by name, in its order: what `predict` needs.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("age,note,weight\\n60,well,70\\n")
        >>> read_columns(path, ("weight", "age")).x.tolist()
        [[70.0, 60.0]]
    """
    return read_table(path, features=features)


def _strings(place: Path, column: pd.Series) -> list[str]:
    empty = column.isna() | (column.astype(str).str.strip() == "")
    if empty.any():
        raise DataError(
            f"{place}, row {int(empty.to_numpy().argmax()) + 1}, column {column.name!r}: the cell is empty. "
            "Fill it in or remove the row."
        )
    return column.astype(str).tolist()


def _numbers(place: Path, frame: pd.DataFrame, names: Sequence[str], *, allow_missing: bool) -> np.ndarray:
    out = np.empty((len(frame), len(names)), dtype=np.float32)
    for i, name in enumerate(names):
        column = frame[name].astype(object) if frame[name].dtype.kind in "mMO" else frame[name]
        values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        missing = column.isna().to_numpy()
        with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite and is refused below
            out[:, i] = values
        wrong = ~np.isfinite(out[:, i]) & ~(missing & allow_missing)
        if wrong.any():
            row = int(wrong.argmax())
            raise DataError(f"{place}, row {row + 1}, column {name!r}: {_why(column.iloc[row], missing[row])}")
    return out


def _why(cell: Any, missing: bool) -> str:
    if missing:
        return "expected a number; the cell is empty. Fill it in, or remove the row or the column."
    try:
        float(cell)
    except (TypeError, ValueError):
        # A long cell may be a note about a patient, which must not end up in a log.
        found = repr(cell) if len(str(cell)) <= 20 else f"text of {len(str(cell))} characters"
        return f"expected a number; found {found}. Turn words into numbers, or name the columns with features=[...]."
    return f"expected a finite number that float32 can hold; found {cell!r}."
