"""Tables: CSV, TSV, JSON lines, Parquet and pandas frames to float32 columns, labels, texts and groups."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from deepbio.datasets.labels import listed
from deepbio.datasets.readers.cells import CellFormat, Censored, Missing, category_column, is_category, number_column
from deepbio.datasets.readers.required_cells import own_groups, present
from deepbio.datasets.readers.table_file import MISSING, TableFile
from deepbio.errors import DataError, nearest
from deepbio.files import FilePath

_ROLES = {"text": "text or sequences"}  # how messages name the use of a column

log = logging.getLogger("deepbio")

MissingGroup = Literal["refuse", "own"]


@dataclass(frozen=True, eq=False)
class Table:
    """The columns of a table by their role.

    Args:
        x: Features, float32 `(n, features)`: numbers, NaN for missing cells, and codes of categories.
        features: Names of the columns of `x`.
        labels: Labels, strings `(n,)`, or None.
        targets: Targets, float32 `(n, targets)` with NaN for empty cells, or None.
        texts: Texts, or None.
        ids: Names of the rows, strings `(n,)`: the id column, the index of a frame, or the number of the row, from 1.
        groups: Groups, strings `(n,)`, or None.
        splits: Splits, strings `(n,)`, or None.
        sample_weight: Weights, float32 `(n,)`, or None.
        rows: Numbers of the rows in the file, int `(n,)`, from 1 below the header.
        categories: Categories of the columns that have some.
    """

    x: np.ndarray
    features: tuple[str, ...]
    labels: np.ndarray | None
    targets: np.ndarray | None
    texts: list[str] | None
    ids: np.ndarray
    groups: np.ndarray | None
    splits: np.ndarray | None
    sample_weight: np.ndarray | None
    rows: np.ndarray = field(default_factory=lambda: np.arange(0))
    categories: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)


def read_table(
    path: FilePath | pd.DataFrame,
    *,
    label: str | None = None,
    targets: Sequence[str] = (),
    text: str | None = None,
    features: Sequence[str] | None = None,
    group: str | None = None,
    id: str | None = None,
    split: str | None = None,
    sample_weight: str | None = None,
    encoding: str = "utf-8",
    delimiter: str | None = None,
    names: Sequence[str] | None = None,
    decimal: str = ".",
    thousands: str | None = None,
    missing: Missing = (),
    keep_na: bool = False,
    drop_na: bool = False,
    missing_group: MissingGroup = "refuse",
    censored: Censored | None = None,
    dates: Sequence[str] = (),
    date_format: str | None = None,
    categories: Sequence[str] | Mapping[str, Sequence[Any]] = (),
    words: bool = False,
    allow_missing: bool = False,
) -> Table:
    """Read a table and pick its columns by name.

    A pandas frame is a table too; its columns are as a file's, and its rows are numbered from 1.

    A file name in `.parquet` is read as Parquet (extra `data`), one in `.jsonl` or `.ndjson` as JSON lines (one object per
    line, its keys the columns). Any other is text, plain or gzip.

    Args:
        path: Path of the file, or a pandas frame.
        label: Column of class names.
        targets: Columns of numbers to predict (several 0/1 labels, or measured values), whose cells may be empty.
        text: Column of notes or of sequences.
        features: Columns to learn from. None takes all that have no other use, or none if `text` is a column. A first column
            without a name, which `DataFrame.to_csv` and R write for the row names, and empty columns without a name are left
            out.
        group: Column of the group, such as the patient. No group is in two splits.
        id: Column that names the rows.
        split: Column that contains train, valid or test.
        sample_weight: Column of weights in the training loss, numbers of 0 or more.
        encoding, delimiter, names: Form of a text file; see `deepbio.datasets.readers.TableFile`.
        decimal, thousands, missing, censored, dates, date_format, categories, words: Form of the cells; see
            `deepbio.datasets.readers.CellFormat`.
        keep_na: Whether `NA`, `None` and so on are words like others in labels, notes and groups. In the notes of JSON lines
            and Parquet, whose missing value is null, they are in any case.
        drop_na: Whether rows without label, target, note or group are left out instead of refused.
        missing_group: `"own"` takes each row without a group as a group of its own.
        allow_missing: Whether features may be missing (NaN).

    Raises:
        DataError: the file is missing, empty, damaged or in another encoding; a column is missing or named twice; a feature is
            no finite number and no category, or a cell is empty, with row (counted from 1 below the header) and column.

    Source of the text format: RFC 4180.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("patient,age,diagnosis\\np1,60,benign\\np2,70,malignant\\n")
        >>> table = read_table(path, label="diagnosis", group="patient")
        >>> table.features, table.x.tolist(), table.labels.tolist()
        (('age',), [[60.0], [70.0]], ['benign', 'malignant'])
    """
    targets, dates = ((value,) if isinstance(value, str) else tuple(value) for value in (targets, dates))
    categories = (categories,) if isinstance(categories, str) else categories
    cells = CellFormat(decimal, thousands, missing, censored, dates, date_format, categories, words)
    named = {"label": label, "text": text, "group": group, "id": id, "split": split, "sample_weight": sample_weight}
    roles = [name for name in named.values() if name is not None]
    table = TableFile(
        path if isinstance(path, pd.DataFrame) else Path(path), encoding=encoding, delimiter=delimiter, names=names
    )
    file, columns = table.path, table.columns
    asked = {"targets": targets, "features": features or (), "dates": dates, "categories": categories}
    if isinstance(missing, Mapping):
        asked["missing"] = missing
    for use, name in [*named.items(), *((use, name) for use, given in asked.items() for name in given)]:
        if name is not None and name not in columns:
            raise DataError(
                f"{file}: there is no column {name!r} for {_ROLES.get(use, use)}. {nearest(str(name), columns)}{table.advice}"
            )
    for use, used in {"features": features or (), "text": [text], "group": [group]}.items():
        for name in used:
            if name is not None and name in {label, *targets}:
                raise DataError(f"{file}: the column {name!r} is predicted; it cannot be in {use} too.")
    chosen = list(features or ())
    if features is None and text is None:
        chosen = [name for name in columns if name not in {*roles, *targets}]
    as_text = [
        *(name for name in roles if name != sample_weight),
        *(name for name in (*dates, *categories) if name in chosen),
    ]
    frame = table.read(words=as_text, decimal=decimal, missing={name: cells.missing_in(name) for name in columns})
    if features is None:
        chosen = [name for name in chosen if not _is_index(table, frame, name)]
    rows = np.arange(1, len(frame) + 1)
    values = _features(str(file), frame, targets, replace(cells, categories=(), words=False), rows, allow_missing=True)[
        0
    ]
    keep = np.ones(len(frame), dtype=bool)
    for use in ("label", "text", "group"):
        if (name := named[use]) is not None and not (use == "group" and missing_group == "own"):
            whole = use == "text" and table.has_null  # a note "." is no missing value where null is one
            spellings = () if keep_na or whole else (*MISSING, *cells.missing_in(name))
            keep &= present(file, frame[name], spellings, refuse=not drop_na)
    if drop_na and targets:
        keep &= ~np.isnan(values).all(axis=1)
    if not keep.all():
        log.warning("%s: %s left out, because a label, note or group is missing.", file, listed(rows[~keep]))
        if not keep.any():
            raise DataError(f"{file}: every row lacks a label, note or group.")
        frame, rows, values = frame[keep], rows[keep], values[keep]
    x, levels = _features(str(file), frame, chosen, cells, rows, allow_missing=allow_missing)

    def strings(name: str | None) -> np.ndarray | None:
        return None if name is None else frame[name].astype(str).to_numpy(dtype=str)

    for name in (id, split):
        if name is not None:
            present(file, frame[name], (), refuse=True)
    groups = strings(group)
    if groups is not None and missing_group == "own":
        groups = own_groups(file, groups, frame[group], () if keep_na else (*MISSING, *cells.missing_in(str(group))))
    weights = None
    if sample_weight is not None:
        weights = number_column(str(file), frame[sample_weight], cells, rows=rows, allow_missing=False)
    return Table(
        x=x,
        features=tuple(chosen),
        labels=strings(label),
        targets=values if targets else None,
        texts=None if text is None else frame[text].astype(str).tolist(),
        ids=np.array(table.index or range(1, rows[-1] + 1)).astype(str)[rows - 1]
        if id is None
        else np.asarray(strings(id)),
        groups=groups,
        splits=strings(split),
        sample_weight=weights,
        rows=rows,
        categories=levels,
    )


def read_columns(
    path: FilePath, features: Sequence[str], *, categories: Mapping[str, Sequence[Any]] | None = None, **options: Any
) -> Table:
    """Read the columns that a model knows by name, in its order.

    Args:
        path: Path of the file.
        features: Names of the columns.
        categories: Categories of the columns that have some; None for columns of numbers without missing cells.
        options: Further options of `read_table`.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("age,note,weight\\n60,well,70\\n")
        >>> read_columns(path, ("weight", "age")).x.tolist()
        [[70.0, 60.0]]
    """
    return read_table(
        path, features=features, categories=categories or {}, allow_missing=categories is not None, **options
    )


def read_frame(
    frame: pd.DataFrame, *, categories: Mapping[str, Sequence[Any]] | None = None, where: str = "The frame"
) -> tuple[np.ndarray, dict[str, tuple[str, ...]]]:
    """Return the columns of a pandas frame as float32, NaN for missing cells, and the categories of those that have some.

    Args:
        frame: Columns of numbers, words or categories.
        categories: Categories of columns that a model knows; None takes columns of words as categories, as `from_csv` does.
        where: What the frame is called in errors; rows are numbered from 1.

    Raises:
        DataError: a cell is no number and no category.

    Example:
        >>> read_frame(pd.DataFrame({"age": [60, None], "sex": ["f", "f"]}))
        (array([[60.,  0.],
               [nan,  0.]], dtype=float32), {'sex': ('f',)})
    """
    named = frame.set_axis([str(name) for name in frame.columns], axis=1)
    words = (
        [name for name in map(str, named) if isinstance(named[name].dtype, pd.CategoricalDtype)]
        if categories is None
        else ()
    )
    cells = CellFormat(categories=categories or list(words), words=categories is None)
    return _features(where, named, list(map(str, named)), cells, np.arange(1, len(frame) + 1), allow_missing=True)


def _is_index(table: TableFile, frame: pd.DataFrame, name: str) -> bool:
    """Return whether a column without a name is no feature: the first, which contains row names, or an empty one."""
    if name not in table.unnamed:
        return False
    if name == table.columns[0]:
        log.warning("%s: the first column has no name and is left out, as the row names of pandas and R.", table.path)
        return True
    if frame[name].isna().all():
        return True
    number = table.columns.index(name) + 1
    raise DataError(
        f"{table.path}: column {number} has no name in the header. Name it, or name the columns to learn from with "
        "features=[...] (on the command line --data features=[...])."
    )


def _features(
    where: str, frame: pd.DataFrame, names: Sequence[str], cells: CellFormat, rows: np.ndarray, *, allow_missing: bool
) -> tuple[np.ndarray, dict[str, tuple[str, ...]]]:
    """Return columns of a frame as float32 `(n, columns)`, and the categories of those that have some."""
    out, levels = np.empty((len(frame), len(names)), dtype=np.float32), {}
    for i, name in enumerate(names):
        if is_category(frame[name], cells):
            known = (
                cells.categories[name] if isinstance(cells.categories, Mapping) and name in cells.categories else None
            )
            out[:, i], levels[name] = category_column(
                where, frame[name], known, cells, rows=rows, allow_missing=allow_missing
            )
        else:
            out[:, i] = number_column(where, frame[name], cells, rows=rows, allow_missing=allow_missing)
    return out, levels
