"""Tables and notes: CSV, TSV, JSON lines, Parquet and text files to float32 columns, labels, texts and groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepbio.datasets.readers.table_file import TableFile
from deepbio.errors import DataError, nearest
from deepbio.files import FilePath, read_text

_USUAL = ("text", "note", "notes")


@dataclass(frozen=True, eq=False)
class Table:
    """The columns of a table by their role.

    Args:
        x: Features, float32 `(n, features)`.
        features: Names of the columns of `x`.
        labels: Labels, strings `(n,)`, or None.
        targets: Targets, float32 `(n, targets)` with NaN for empty cells, or None.
        texts: Texts, or None.
        ids: Names of the rows, strings `(n,)`: the id column, or the number of the row, from 1.
        groups: Groups, strings `(n,)`, or None.
        splits: Splits, strings `(n,)`, or None.
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


@dataclass(frozen=True, eq=False)
class Notes:
    """Texts with names: `ids` are strings `(n,)`, the id column or the number of the row or line from 1."""

    texts: list[str]
    ids: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)


def read_table(
    path: FilePath,
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

    A file name in `.parquet` is read as Parquet (extra `data`), one in `.jsonl` or `.ndjson` as JSON lines (one object per
    line, its keys the columns). Any other is text, plain or gzip, separated by commas, tabs or semicolons, whichever is most
    frequent in the header.

    Args:
        path: Path of the file.
        label: Column of class names.
        targets: Columns of numbers to predict (several 0/1 labels, or measured values), whose cells may be empty.
        text: Column of notes or of sequences.
        features: Columns of numbers to learn from. None takes all that have no other use, or none if `text` is a column.
        group: Column of the group, such as the patient. No group is in two splits.
        id: Column that names the rows.
        split: Column that contains train, valid or test.
        encoding: Encoding of a text file.

    Raises:
        DataError: the file is missing, empty, damaged or in another encoding; a column is missing or named twice; a feature is
            no finite number, or a cell is empty, with row (counted from 1 below the header) and column.

    Source of the text format: RFC 4180.

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
    file = Path(path)
    table = TableFile(file, encoding=encoding)
    columns = table.columns
    for use, name in [*named.items(), *(("targets", t) for t in targets), *(("features", f) for f in features or ())]:
        if name is not None and name not in columns:
            raise DataError(f"{file}: there is no column {name!r} for {use}. {nearest(str(name), columns)}")
    if features is None:
        features = [] if text is not None else [name for name in columns if name not in {*words, *targets}]
    frame = table.read(words=words)

    def strings(name: str | None) -> np.ndarray | None:
        return None if name is None else np.array(_strings(file, frame[name]))

    return Table(
        x=_numbers(file, frame, features, allow_missing=False),
        features=tuple(features),
        labels=strings(label),
        targets=_numbers(file, frame, targets, allow_missing=True) if targets else None,
        texts=None if text is None else _strings(file, frame[text]),
        ids=np.arange(1, len(frame) + 1).astype(str) if id is None else np.array(_strings(file, frame[id])),
        groups=strings(group),
        splits=strings(split),
    )


def read_columns(path: FilePath, features: Sequence[str]) -> Table:
    """Read the columns of numbers that a model knows by name, in its order.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("age,note,weight\\n60,well,70\\n")
        >>> read_columns(path, ("weight", "age")).x.tolist()
        [[70.0, 60.0]]
    """
    return read_table(path, features=features)


def read_notes(path: FilePath, *, text: str | None = None, id: str | None = None) -> Notes:
    """Read notes from a table (CSV, TSV, JSON lines, Parquet), or from a `.txt` file with one note per line.

    Args:
        path: Path of the file; text files may be gzip-compressed.
        text: Column of the notes; None takes the only column, or the one named text, note or notes.
        id: Column that names the notes.

    Raises:
        DataError: the file is missing, empty, damaged or not UTF-8; there is no such column; a note is empty, with its row or
            line.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "notes.txt"
        >>> _ = path.write_text("No fever.\\nCough for three days.\\n")
        >>> read_notes(path).texts
        ['No fever.', 'Cough for three days.']
    """
    file = Path(path)
    if ".txt" in file.suffixes:
        lines = read_text(file).splitlines()
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                raise DataError(f"{file}, line {number}: the line is empty; expected one note per line. Remove it.")
        return Notes(lines, np.arange(1, len(lines) + 1).astype(str))
    if text is None:
        columns = TableFile(file).columns
        usual = columns if len(columns) == 1 else [name for name in columns if name.lower() in _USUAL]
        if len(usual) != 1:
            raise DataError(
                f"{file}: name the column of the notes with text=NAME (on the command line --text NAME). {nearest('', columns)}"
            )
        text = usual[0]
    table = read_table(file, text=text, id=id)
    return Notes(table.texts or [], table.ids)


def _strings(file: Path, column: pd.Series) -> list[str]:
    empty = column.isna() | (column.astype(str).str.strip() == "")
    if empty.any():
        raise DataError(
            f"{file}, row {int(empty.to_numpy().argmax()) + 1}, column {column.name!r}: the cell is empty. "
            "Fill it in or remove the row."
        )
    return column.astype(str).tolist()


def _numbers(file: Path, frame: pd.DataFrame, names: Sequence[str], *, allow_missing: bool) -> np.ndarray:
    out = np.empty((len(frame), len(names)), dtype=np.float32)
    for i, name in enumerate(names):
        column = frame[name].astype(object) if frame[name].dtype.kind in "mMO" else frame[name]
        values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        missing = column.isna().to_numpy()
        with np.errstate(over="ignore"):  # a number beyond float32 becomes infinite and is refused below
            out[:, i] = values
        wrong = ~np.isfinite(out[:, i]) & ~(missing & allow_missing)
        if wrong.any():
            row = int(wrong.argmax())
            raise DataError(f"{file}, row {row + 1}, column {name!r}: {_why(column.iloc[row], missing[row])}")
    return out


def _why(cell: Any, missing: bool) -> str:
    if missing:
        return "expected a number; the cell is empty. Fill it in, or remove the row or the column."
    try:
        float(cell)
    except (TypeError, ValueError):
        # A long cell may be a note about a patient, which must not get into a log.
        found = repr(cell) if len(str(cell)) <= 20 else f"text of {len(str(cell))} characters"
        return (
            f"expected a number; found {found}. Turn words into numbers, or name the columns with features=[...] (on the "
            "command line --data features=[...])."
        )
    return f"expected a finite number in the range of float32; found {cell!r}."
