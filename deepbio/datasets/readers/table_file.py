"""The file of a table (CSV, TSV, JSON lines or Parquet) as a pandas frame with a checked header and rows."""

import csv
import io
import json
import warnings
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd

from deepbio.errors import DataError
from deepbio.files import check_exists, read_text
from deepbio.optional import require

_MISSING = ["", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "<NA>", "#N/A", "-nan", "."]
_SEPARATORS = ",\t;"
_JSON_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")


class TableFile:
    """A file of a table: `columns` are known when it is opened, rows when they are read.

    JSON lines have one object per line; keys that a line lacks, and null, are missing values.

    Args:
        path: Path of the file.
        encoding: Encoding of a text file.

    Raises:
        DataError: the file is missing, empty, damaged or in another encoding; a column has no name or the name of another; a
            line of JSON is no object, or has a key twice or a value that is a list or an object.

    Source of JSON lines: RFC 8259 and the convention of one value per line.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.tsv"
        >>> _ = path.write_text("age\\tcountry\\n60\\tNA\\n")
        >>> table = TableFile(path)
        >>> table.columns, table.read(words=["country"])["country"].tolist()
        (['age', 'country'], ['NA'])
    """

    def __init__(self, path: Path, *, encoding: str = "utf-8") -> None:
        self.path = path
        self._text, self._rows = "", None
        if path.suffix == ".parquet":
            names = [str(name) for name in _read_parquet(path, schema_only=True).columns]
        elif path.name.lower().endswith(_JSON_LINES):
            lines = enumerate(read_text(path, encoding=encoding).split("\n"), start=1)
            self._rows = [_json_row(f"{path}, line {number}", line) for number, line in lines if line.strip()]
            names = list(dict.fromkeys(name for row in self._rows for name in row))
        else:
            self._text = read_text(path, encoding=encoding)
            header = io.StringIO(self._text.lstrip("\r\n"), newline=None).readline().rstrip("\n")
            self._separator = max(_SEPARATORS, key=header.count)
            names = next(csv.reader([header], delimiter=self._separator))
        self._names = names
        self.columns = [name.strip() for name in names]
        for name, times in Counter(self.columns).items():
            if name and times > 1:
                raise DataError(
                    f"{path}: the column name {name!r} occurs {times} times in the header. Rename the columns."
                )
        if "" in self.columns:
            number = self.columns.index("") + 1
            raise DataError(f"{path}: column {number} has no name in the header. Name it or remove it.")

    def read(self, *, words: Collection[str] = ()) -> pd.DataFrame:
        """Read the rows. The columns `words` remain text as written; in others, empty cells and `NA` are missing values.

        Raises:
            DataError: a row is longer than the header, or there are no rows.
        """
        if self._text:
            frame = self._read_text(words)
        elif self._rows is not None:
            frame = pd.DataFrame.from_records([_as_words(row, words) for row in self._rows], columns=self._names)
        else:
            frame = _read_parquet(self.path)
        frame.columns = self.columns
        if not len(frame):
            raise DataError(f"{self.path}: the table has a header and no rows.")
        return frame

    def _read_text(self, words: Collection[str]) -> pd.DataFrame:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # a row longer than the header is a warning to pandas
                return pd.read_csv(
                    io.StringIO(self._text),
                    sep=self._separator,
                    header=0,
                    names=self.columns,
                    index_col=False,
                    dtype=dict.fromkeys(words, str),
                    keep_default_na=False,
                    na_values={name: _MISSING for name in self.columns if name not in words},
                    low_memory=False,
                )
        except (pd.errors.ParserError, pd.errors.ParserWarning, ValueError) as error:
            reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
            raise DataError(f"{self.path}: expected {len(self.columns)} columns in every row; {reason}.") from error


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
        table = parquet.read_schema(path).empty_table() if schema_only else parquet.read_table(path)
        return table.to_pandas()
    except (OSError, ValueError) as error:  # Arrow's own errors are among these
        raise DataError(f"{path}: expected a Parquet file; {str(error).splitlines()[0]}") from error
