"""Cells of a table as float32: numbers, missing values, decimal marks, values below detection, dates and categories."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from deepbio.datasets.labels import as_number, level_name, order_labels, spelling_key
from deepbio.datasets.readers.table_file import MISSING
from deepbio.errors import DataError, nearest

log = logging.getLogger("deepbio")

Spelling = str | float
Missing = Spelling | Sequence[Spelling] | Mapping[str, Spelling | Sequence[Spelling]]
Censored = Literal["half", "limit", "missing"]
UNSEEN = -1.0  # code of a category that training did not contain
MAX_LEVELS = 20  # of a column of words that is not named in `categories`
_CENSORED = re.compile(r"([<>≤≥]=?)\s*(\S+)")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?")
_SHORT = 20  # characters of a cell that an error may repeat; a longer one may be a note about a patient


@dataclass(frozen=True)
class CellFormat:
    """How the cells of a table are written.

    Args:
        decimal: Decimal mark, such as `","`.
        thousands: Mark between groups of three digits; None allows none.
        missing: Spellings of a missing value besides empty cells, `NA` and so on: for all columns, or by column. Numbers
            are compared by value.
        censored: Meaning of cells such as `<5` and `>90`: `"limit"` takes the limit, `"half"` takes half of a lower limit
            (and an upper one as it is), `"missing"` a missing value. None refuses them.
        dates: Columns of dates, which become days since 1970-01-01.
        date_format: Format of the dates, as `strftime` writes it; None reads ISO 8601, such as 2026-11-28.
        categories: Columns whose cells are categories also if they are numbers; or the categories of columns, in order.
        words: Whether other columns without any number are categories, if they have at most 20 and each occurs twice on
            average. Otherwise they are refused.

    Raises:
        DataError: a mark is not one character, or both are the same; an unknown `censored`.
    """

    decimal: str = "."
    thousands: str | None = None
    missing: Missing = ()
    censored: Censored | None = None
    dates: Sequence[str] = ()
    date_format: str | None = None
    categories: Sequence[str] | Mapping[str, Sequence[Any]] = ()
    words: bool = False
    _plain: re.Pattern[str] | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        marks = [mark for mark in (self.decimal, self.thousands) if mark is not None]
        if any(len(mark) != 1 or mark.isalnum() for mark in marks) or len(set(marks)) < len(marks):
            raise DataError(
                "decimal and thousands are two different marks of one character, such as decimal=',' with thousands='.'; "
                f"received {self.decimal!r} and {self.thousands!r}."
            )
        if self.censored not in (None, *get_args(Censored)):
            raise DataError(f"Unknown censored {self.censored!r}. {nearest(str(self.censored), get_args(Censored))}")
        if len(marks) > 1 or self.decimal != ".":
            whole = rf"(?:\d{{1,3}}(?:{re.escape(self.thousands)}\d{{3}})+|\d+)" if self.thousands else r"\d+"
            number = rf"[+-]?(?:{whole}(?:{re.escape(self.decimal)}\d*)?|{re.escape(self.decimal)}\d+)(?:[eE][+-]?\d+)?"
            object.__setattr__(self, "_plain", re.compile(number))

    def missing_in(self, column: str) -> tuple[str, ...]:
        """Return the further spellings of a missing value in a column.

        Example:
            >>> CellFormat(missing={"glucose": 0}).missing_in("glucose"), CellFormat(missing=["?", "-"]).missing_in("age")
            (('0',), ('?', '-'))
        """
        found = self.missing.get(column, ()) if isinstance(self.missing, Mapping) else self.missing
        return tuple(map(str, [found] if isinstance(found, str | int | float) else found))

    def number(self, text: str) -> float:
        """Return the number that a text writes with the marks of this format, NaN if it writes none."""
        if self._plain is not None:
            if self.thousands == " ":
                text = re.sub("[\u00a0\u2009\u202f]", " ", text)  # spaces that do not break
            if not self._plain.fullmatch(text):
                return float("nan")
            text = text.replace(self.thousands or "\0", "").replace(self.decimal, ".")
        return float(pd.to_numeric(text, errors="coerce"))


def number_column(
    where: str, column: pd.Series, format: CellFormat, *, rows: np.ndarray, allow_missing: bool
) -> np.ndarray:
    """Return a column as float32 with NaN for missing values.

    Args:
        where: Name of the file, for errors.
        column: Cells as pandas read them.
        format: How they are written.
        rows: Numbers of the rows, for errors.
        allow_missing: Whether missing values are allowed.

    Raises:
        DataError: a cell is no finite number in the range of float32, or is missing; or most values would become equal in
            float32, as record numbers do.
    """
    name, numeric = str(column.name), column.dtype.kind in "iufb"
    stripped = [cell.strip() if isinstance(cell, str) else cell for cell in (() if numeric else column)]
    cells = column if numeric else pd.Series(stripped, dtype=object)
    missing = column.isna().to_numpy(dtype=bool)
    if not numeric:
        missing |= cells.isin([*MISSING, *format.missing_in(name)]).to_numpy(dtype=bool)
    values = np.full(len(cells), np.nan)
    if name in format.dates:
        values[~missing] = _days(cells[~missing], format.date_format)
    elif numeric or format._plain is None:
        values[~missing] = pd.to_numeric(cells[~missing], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        values[~missing] = [format.number(c) if isinstance(c, str) else float(c) for c in cells[~missing]]
    if format.censored is not None and name not in format.dates:
        for i in np.flatnonzero(np.isnan(values) & ~missing):
            if isinstance(cells.iloc[i], str) and (match := _CENSORED.fullmatch(cells.iloc[i])):
                value = format.number(match[2])
                if format.censored == "missing" and np.isfinite(value):
                    missing[i] = True
                values[i] = value / 2 if format.censored == "half" and match[1][0] in "<≤" else value
    wanted = [format.number(spelling) for spelling in format.missing_in(name)]
    missing |= np.isin(values, [value for value in wanted if np.isfinite(value)])
    values[missing] = np.nan
    with np.errstate(over="ignore"):  # a number beyond float32 becomes infinite and is refused below
        out = values.astype(np.float32)
    wrong = ~np.isfinite(out) & ~(missing & allow_missing)
    if wrong.any():
        row = int(wrong.argmax())
        dated = name in format.dates and isinstance(column.iloc[row], str) and not missing[row]
        reason = (
            _no_date(column.iloc[row], format) if dated else _why(column.iloc[row], name, missing=bool(missing[row]))
        )
        raise DataError(f"{where}, row {rows[row]}, column {name!r}: {reason}")
    exact = cells[~missing].nunique()
    if 2 * len(np.unique(out[~missing])) < exact and numeric:
        raise DataError(
            f"{where}, column {name!r}: {exact:,} different numbers would become {len(np.unique(out[~missing])):,} in float32. "
            f"Leave it out (name the columns to learn from with features=[...]), or name it as id={name!r} if it identifies rows."
        )
    return out


def category_column(
    where: str,
    column: pd.Series,
    levels: Sequence[Any] | None,
    format: CellFormat,
    *,
    rows: np.ndarray,
    allow_missing: bool,
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return a column of categories as codes in float32, and its categories.

    The code is the position among the categories, NaN for a missing cell, and -1 for one that is not among `levels`.

    Args:
        where: Name of the file, for errors.
        column: Cells as pandas read them.
        levels: Categories in order; None takes those found, numbers by value and words by the alphabet.
        format: How cells are written.
        rows: Numbers of the rows, for errors.
        allow_missing: Whether missing values are allowed.

    Raises:
        DataError: a cell is missing, or differs from one of `levels` in case or spaces only.
    """
    name = str(column.name)
    spellings = {*MISSING, *format.missing_in(name)}
    cells = [None if _is_na(cell) or str(cell).strip() in spellings else level_name(cell) for cell in column]
    missing = np.array([cell is None for cell in cells], dtype=bool)
    if missing.any() and not allow_missing:
        row = int(missing.argmax())
        raise DataError(f"{where}, row {rows[row]}, column {name!r}: the cell is empty. Fill it in or remove the row.")
    known = order_labels({c for c in cells if c is not None}) if levels is None else [level_name(one) for one in levels]
    number = {level: i for i, level in enumerate(known)}
    codes = np.array([np.nan if cell is None else number.get(cell, UNSEEN) for cell in cells], dtype=np.float32)
    unseen = np.flatnonzero(codes == UNSEEN)
    for i in unseen:
        if twin := next((level for level in known if spelling_key(level) == spelling_key(cells[i] or "")), None):
            raise DataError(
                f"{where}, row {rows[i]}, column {name!r}: the cell differs from the category {twin!r} in spelling only. Write "
                "it as in the training data."
            )
    if len(unseen):
        log.warning(
            "%s, column %r: %d cell(s), the first in row %s, have none of the %d known categories; the model reads them as none.",
            where, name, len(unseen), rows[unseen[0]], len(known),
        )  # fmt: skip
    return codes, tuple(known)


def is_category(column: pd.Series, format: CellFormat) -> bool:
    """Return whether a column has categories: it is named as one, or has a few words and no number.

    Example:
        >>> column = pd.Series(["f", "m", "m", None, "f", "m"], name="sex")
        >>> is_category(column, CellFormat(words=True)), is_category(column, CellFormat())
        (True, False)
    """
    name = str(column.name)
    if name in format.categories:
        return True
    if not format.words or column.dtype.kind in "iufbmM" or name in format.dates:
        return False
    spellings = {*MISSING, *format.missing_in(name)}
    words = [cell for cell in column if not _is_na(cell) and str(cell).strip() not in spellings]
    if not words or not all(isinstance(cell, str) for cell in words):
        return False
    levels = {level_name(cell) for cell in words}
    odd = (np.isfinite(format.number(one)) or _CENSORED.fullmatch(one) or _DATE.fullmatch(one) for one in levels)
    few = len(levels) <= MAX_LEVELS and 2 * len(levels) <= len(words)
    return few and all(any(map(str.isalpha, one)) for one in levels) and not any(odd)


def _days(cells: pd.Series, format: str | None) -> np.ndarray:
    found = pd.to_datetime(cells, format=format or "ISO8601", errors="coerce", utc=True)
    return ((found - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)).to_numpy(dtype=np.float64, na_value=np.nan)


def _is_na(cell: Any) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or cell != cell


def _why(cell: Any, column: str, *, missing: bool) -> str:
    if missing:
        return "expected a number; the cell is empty. Fill it in, or remove the row or the column."
    if not isinstance(cell, str):
        if isinstance(cell, bool | int | float | np.number):
            return f"expected a finite number in the range of float32; found {float(cell):g}."
        dates = f"Pass dates=[{column!r}] (on the command line --data dates=[{column}])"
        advice = dates if hasattr(cell, "isoformat") else _FEATURES
        return f"expected a number; found {type(cell).__name__}. {advice}."
    text = cell.strip()
    found = repr(cell) if len(cell) <= _SHORT else f"text of {len(cell)} characters"
    if (number := as_number(text)) is not None or text.lower().lstrip("+-") in ("inf", "infinity"):
        finite = number is not None and abs(number) <= float(np.finfo(np.float32).max)
        why = "expected a number written with the decimal mark of this table" if finite else _FINITE
        return f"{why}; found {found}."
    return f"expected a number; found {found}. {_advice(text, column)}."


def _no_date(cell: str, format: CellFormat) -> str:
    found = repr(cell) if len(cell) <= _SHORT else f"text of {len(cell)} characters"
    return (
        f"expected a date written as {format.date_format or '2026-11-28'}; found {found}. Pass date_format as the dates are "
        "written, for example date_format='%d/%m/%Y' (on the command line --data date_format=%d/%m/%Y)."
    )


_FINITE = "expected a finite number in the range of float32"
_FEATURES = (
    "Name the columns to learn from with features=[...] (on the command line --data features=[...]), or turn the words into "
    "numbers"
)
_NO_VALUE = r"\W{1,3}|unknown|not known|none|missing|nil|na|n\.a\.|nat|undefined|#(div/0|value|ref|name|num|null)[!?]"
_KINDS = {  # what a cell may be, and the options that read it
    r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?": ("thousands=','", "thousands=,", "or decimal=',' if it is a decimal comma"),
    r"[+-]?\d{1,3}([ \u00a0\u202f]\d{3})+": ("thousands=' '", "'thousands=\" \"'", ""),
    r"[+-]?\d*,\d+": ("decimal=','", "decimal=,", ""),
    r"[<>≤≥]=?\s*\d\S*": ("censored='half'", "censored=half", "or 'limit' or 'missing'"),
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?": ("dates=[{column!r}]", "dates=[{column}]", ""),
    _NO_VALUE: (
        "missing=[{text!r}]",
        "'missing={text}'",
        "if it means no value",
    ),
    r".*": ("categories=[{column!r}]", "categories=[{column}]", "if these are categories"),
}


def _advice(text: str, column: str) -> str:
    pattern = next(pattern for pattern in _KINDS if re.fullmatch(pattern, text, flags=re.IGNORECASE | re.DOTALL))
    python, command, more = (part.format(text=text[:_SHORT], column=column) for part in _KINDS[pattern])
    advice = f"Pass {python} (on the command line --data {command}) {more}".strip()
    return f"{_FEATURES}. {advice}" if pattern == ".*" else advice
