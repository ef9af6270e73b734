"""The file of a table (CSV, TSV, JSON lines or Parquet) as a pandas frame with a checked header and rows."""

import csv
import io
import json
import re
import warnings
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from deepbio.errors import DataError
from deepbio.files import check_exists, read_text
from deepbio.limits import too_large, unpacked_limit
from deepbio.optional import require

MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "<NA>", "#N/A", "-nan", ".")
_SEPARATORS = ",\t;|"
_NO_WIDTH = re.compile("[\u200b-\u200d\u2060\ufeff]")  # invisible, and left by copying from pages
_JSON_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
_OTHER_PROGRAMS = {
    **dict.fromkeys((".xlsx", ".xls", ".xlsm", ".ods"), "pandas.read_excel"),
    ".sav": "pandas.read_spss",
    ".dta": "pandas.read_stata",
    **dict.fromkeys((".sas7bdat", ".xpt"), "pandas.read_sas"),
    ".feather": "pandas.read_feather",
    ".json": "pandas.read_json",
}
# a quoted cell (RFC 4180), whose separators and line ends belong to it
_QUOTED = re.compile(r'(?:(?<=^)|(?<=[,\t;|\n\r]))"(?:[^"]|"")*"(?=[,\t;|\r\n]|$)')


class TableFile:
    """A file of a table: `columns` are known when it is opened, rows when they are read.

    A column without a name is called as pandas calls it, `Unnamed: 0` for the first, and listed in `unnamed`. `has_null` says
    whether the format has a missing value of its own; `index` has the names of a frame's rows. Lines above
    the header that begin with # and have another number of cells are comments. JSON lines have one object per line; keys
    that a line lacks, and null, are missing values.

    Args:
        path: Path of the file, or a pandas frame.
        encoding: Encoding of a text file.
        delimiter: Separator of the columns of a text file; None takes the comma, tab, semicolon or bar that is most frequent
            in the header outside of quotes.
        names: Names of the columns of a file without a header; None reads the header.

    Raises:
        DataError: the file is missing, empty, damaged or in another encoding; a column has the name of another; the number of
            `names` is not that of the columns; a line of JSON is no object, or has a key twice or a value that is a list or
            an object.

    Source of JSON lines: RFC 8259 and the convention of one value per line.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.tsv"
        >>> _ = path.write_text("age\\tcountry\\n60\\tNA\\n")
        >>> table = TableFile(path)
        >>> table.columns, table.read(words=["country"])["country"].tolist()
        (['age', 'country'], ['NA'])
    """

    def __init__(
        self,
        path: Path | pd.DataFrame,
        *,
        encoding: str = "utf-8",
        delimiter: str | None = None,
        names: Sequence[str] | None = None,
    ) -> None:
        self._frame = path if isinstance(path, pd.DataFrame) else None
        self.path = path = Path("the frame") if isinstance(path, pd.DataFrame) else path
        self.index = None if self._frame is None else [str(name) for name in self._frame.index]
        self._text, self._rows, self._has_header = "", None, names is None
        self.has_null = self._frame is not None or path.suffix == ".parquet" or path.name.lower().endswith(_JSON_LINES)
        text_file = not self.has_null
        if not text_file and (names is not None or delimiter is not None):
            raise DataError(
                f"{path}: names and delimiter are for text files; Parquet and JSON lines name their columns."
            )
        if self._frame is None and (reader := _OTHER_PROGRAMS.get(check_exists(path).suffix.lower())):
            raise DataError(
                f"{path}: tables are read as CSV, TSV, JSON lines (one object per line) and Parquet. Save it as one of them, or "
                f"pass a frame of {reader} in Python."
            )
        if delimiter is not None and len(delimiter) != 1:
            raise DataError(f"delimiter is one character, such as ';' or '|'; received {delimiter!r}.")
        if self._frame is not None:
            found = [str(name) for name in self._frame.columns]
        elif path.suffix == ".parquet":
            found = [str(name) for name in _read_parquet(path, schema_only=True).columns]
        elif not text_file:
            lines = enumerate(read_text(path, encoding=encoding).split("\n"), start=1)
            self._rows = [_json_row(f"{path}, line {number}", line) for number, line in lines if line.strip()]
            found = list(dict.fromkeys(name for row in self._rows for name in row))
        else:
            text = read_text(path, encoding=encoding).lstrip("\r\n")
            if named := re.match(r"sep=(.)[\r\n]+", text, flags=re.IGNORECASE):  # the first line of Excel's own
                text, delimiter = text[named.end() :], delimiter or named[1]
            self._text = _without_comments(text, delimiter)
            self._separator = delimiter or _separator(_first_line(self._text))
            found = next(csv.reader(io.StringIO(self._text, newline=""), delimiter=self._separator), [""])
            if names is not None and len(names) != len(found):
                raise DataError(f"{path}: names has {len(names)} columns; the first row has {len(found)} cells.")
        found = [" ".join(_NO_WIDTH.sub("", name).split()) for name in (found if names is None else map(str, names))]
        self.columns = [name or f"Unnamed: {i}" for i, name in enumerate(found)]
        self.unnamed = [column for column, name in zip(self.columns, found, strict=True) if not name]
        self.advice = _advice(found) if self._has_header and self._text else ""  # for a column that is not there
        for name, times in Counter(self.columns).items():
            if times > 1:
                raise DataError(
                    f"{path}: the column name {name!r} occurs {times} times in the header. Rename the columns.{self.advice}"
                )

    def read(
        self,
        *,
        words: Collection[str] = (),
        decimal: str = ".",
        missing: Mapping[str, Sequence[str]] | None = None,
    ) -> pd.DataFrame:
        """Read the rows. The columns `words` remain text as written; in others, empty cells and `NA` are missing values.

        Args:
            words: Columns that remain text.
            decimal: Decimal mark of a text file.
            missing: Further spellings of a missing value in columns that are not `words`.

        Raises:
            DataError: a row is longer than the header, or there are no rows.
        """
        if self._text:
            frame = self._read_text(words, decimal, missing or {})
        elif self._rows is not None:
            frame = pd.DataFrame.from_records([_as_words(row, words) for row in self._rows], columns=self.columns)
        else:
            frame = _read_parquet(self.path) if self._frame is None else self._frame.reset_index(drop=True)
        frame.columns = self.columns
        if not len(frame):
            raise DataError(f"{self.path}: the table has a header and no rows.")
        return frame

    def _read_text(self, words: Collection[str], decimal: str, missing: Mapping[str, Sequence[str]]) -> pd.DataFrame:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # a row longer than the header is a warning to pandas
                return pd.read_csv(
                    io.StringIO(self._text),
                    sep=self._separator,
                    header=0 if self._has_header else None,
                    names=self.columns,
                    index_col=False,
                    dtype=dict.fromkeys(words, str),
                    keep_default_na=False,
                    na_values={n: [*MISSING, *missing.get(n, ())] for n in self.columns if n not in words},
                    low_memory=False,
                    decimal=decimal,
                )
        except (pd.errors.ParserError, pd.errors.ParserWarning, ValueError) as error:
            reason = self._long_row() or str(error).removeprefix("Error tokenizing data. C error: ").strip()
            raise DataError(f"{self.path}: expected {len(self.columns)} columns in every row; {reason}.") from error

    def _long_row(self) -> str | None:
        """Return where the first row is that has more cells than the header, or None."""
        try:
            for number, row in enumerate(csv.reader(io.StringIO(self._text, newline=""), delimiter=self._separator)):
                if len(row) > len(self.columns):
                    place = f"row {number + (not self._has_header)} has {len(row)}"
                    return f"{place}. A cell that contains {self._separator!r} needs double quotes around it"
        except csv.Error:
            return None
        return None


def _advice(found: Sequence[str]) -> str:
    """Return what else the first row of a text file may be than the names of its columns."""
    if 2 * sum(_is_number(name) for name in found) > len(found):
        return (
            " The first row looks like data: if the file has no header, name its columns with names=[...] (on the command line "
            "--data names=[...])."
        )
    if len(found) == 1:
        return (
            " The first line has one column: if another mark separates the columns, pass delimiter=':', say (on the command line "
            "--data delimiter=:); remove lines above the header."
        )
    return " Remove the lines above the header." if "" in found[1:] else ""


def _first_line(text: str) -> str:
    """Return the first record of a text, with its quoted cells masked; a line end in quotes does not end it."""
    masked = _QUOTED.sub(lambda found: "x" * len(found[0]), text[: 1 << 22])
    return re.split(r"[\r\n]", masked, maxsplit=1)[0]


def _separator(header: str) -> str:
    return max(_SEPARATORS, key=header.count)


def _without_comments(text: str, delimiter: str | None) -> str:
    """Return a text without the lines at its top that begin with # and have another number of cells than the next line."""
    while text.startswith("#"):
        line = _first_line(text)
        rest = text[len(line) :].lstrip("\r\n")
        after = _first_line(rest)
        if not rest:
            break
        mark = delimiter or _separator(after)
        if line.count(mark) == after.count(mark) > 0:
            break  # the header itself, such as #chrom
        text = rest
    return text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _json_row(where: str, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line, object_pairs_hook=list)
    except (ValueError, RecursionError) as error:  # without the line itself, which may be about a patient
        reason = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise DataError(f"{where}: expected one JSON object per line; {reason}.") from error
    if not line.lstrip().startswith("{"):
        raise DataError(f'{where}: expected a JSON object, such as {{"age": 60}}; found another value.')
    row: dict[str, Any] = {}
    for key, value in found:
        if key in row:
            raise DataError(f"{where}: the key {key!r} occurs twice.")
        if isinstance(value, list):
            raise DataError(f"{where}, key {key!r}: expected a plain value; found a list or an object.")
        row[key] = value
    return row


def _as_words(row: dict[str, Any], words: Collection[str]) -> dict[str, Any]:
    numbers = {key: json.dumps(row[key]) for key in words if not isinstance(row.get(key), str | None)}
    return row | numbers


def _read_parquet(path: Path, *, schema_only: bool = False) -> pd.DataFrame:
    check_exists(path)
    parquet = require("pyarrow.parquet", extra="data", purpose="Reading Parquet")
    try:
        facts = parquet.read_metadata(path)
        size = sum(facts.row_group(i).total_byte_size for i in range(facts.num_row_groups))
        if max(size, facts.num_rows) > (limit := unpacked_limit(Path(path).stat().st_size)):
            raise too_large(path, max(size, facts.num_rows), limit)
        table = parquet.read_schema(path).empty_table() if schema_only else parquet.read_table(path)
        return table.to_pandas()
    except DataError:
        raise
    except Exception as error:  # Arrow's errors have no common class
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise DataError(f"{path}: expected a Parquet file; {reason}") from error
