"""The file of a table (CSV, TSV, JSON lines or Parquet) as a pandas frame with a checked header and rows."""

from __future__ import annotations

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


def table_columns(path: Path, *, encoding: str = "utf-8") -> list[str]:
    """Return the names of the columns of a table.

    Raises:
        DataError: as `read_frame`.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.tsv"
        >>> _ = path.write_text("age\\tsex\\n60\\tf\\n")
        >>> table_columns(path)
        ['age', 'sex']
    """
    if path.suffix == ".parquet":
        return _checked(path, [str(name) for name in _read_parquet(path, schema_only=True).columns])
    if path.name.lower().endswith(_JSON_LINES):
        return _checked(path, list(read_json_lines(path, encoding=encoding).columns))
    return _header(path, read_text(path, encoding=encoding))[0]


def read_frame(path: Path, *, words: Collection[str] = (), encoding: str = "utf-8") -> pd.DataFrame:
    """Read a table. The columns `words` remain text as written; in others, empty cells and `NA` are missing values.

    Raises:
        DataError: the file is missing, empty, damaged or in another encoding, a column has no name or the name of another, a
            row is longer than the header, or there are no rows.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.tsv"
        >>> _ = path.write_text("age\\tcountry\\n60\\tNA\\n")
        >>> read_frame(path, words=["country"])["country"].tolist()
        ['NA']
    """
    if path.suffix == ".parquet":
        frame = _read_parquet(path)
        frame.columns = _checked(path, [str(name) for name in frame.columns])
    elif path.name.lower().endswith(_JSON_LINES):
        frame = read_json_lines(path, words=words, encoding=encoding)
        frame.columns = _checked(path, list(frame.columns))
    else:
        frame = _read_text(path, words, encoding)
    if not len(frame):
        raise DataError(f"{path}: the table has a header and no rows.")
    return frame


def read_json_lines(path: Path, *, words: Collection[str] = (), encoding: str = "utf-8") -> pd.DataFrame:
    """Read one JSON object per line, plain or gzip. Keys that a line lacks, and null, are missing values.

    Args:
        path: Path of the file.
        words: Keys whose values remain text as written; numbers among them become their text.
        encoding: Encoding of the file.

    Raises:
        DataError: a line is no JSON object, or has a key twice or a value that is a list or an object.

    Source: RFC 8259 and the JSON lines convention of one value a line.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.jsonl"
        >>> _ = path.write_text('{"age": 60, "note": "well"}\\n{"age": 70, "note": "ill"}\\n')
        >>> read_json_lines(path)["age"].tolist()
        [60, 70]
    """
    lines = enumerate(read_text(path, encoding=encoding).split("\n"), start=1)
    rows = [_row(f"{path}, line {number}", line, words) for number, line in lines if line.strip()]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pd.DataFrame.from_records(rows, columns=names)


def _row(where: str, line: str, words: Collection[str]) -> dict[str, Any]:
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
        if key in words and value is not None and not isinstance(value, str):
            value = json.dumps(value)
        row[key] = value
    return row


def _read_text(path: Path, words: Collection[str], encoding: str) -> pd.DataFrame:
    text = read_text(path, encoding=encoding)
    columns, separator = _header(path, text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a row longer than the header is a warning to pandas
            return pd.read_csv(
                io.StringIO(text),
                sep=separator,
                header=0,
                names=columns,
                index_col=False,
                dtype=dict.fromkeys(words, str),
                keep_default_na=False,
                na_values={name: _MISSING for name in columns if name not in words},
                low_memory=False,
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning, ValueError) as error:
        reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise DataError(f"{path}: expected {len(columns)} columns in every row; {reason}.") from error


def _header(path: Path, text: str) -> tuple[list[str], str]:
    header = io.StringIO(text.lstrip("\r\n"), newline=None).readline().rstrip("\n")
    separator = max(_SEPARATORS, key=header.count)
    return _checked(path, next(csv.reader([header], delimiter=separator))), separator


def _checked(path: Path, columns: list[str]) -> list[str]:
    columns = [name.strip() for name in columns]
    for name, times in Counter(columns).items():
        if name and times > 1:
            raise DataError(f"{path}: the column name {name!r} occurs {times} times in the header. Rename the columns.")
    if "" in columns:
        raise DataError(f"{path}: column {columns.index('') + 1} has no name in the header. Name it or remove it.")
    return columns


def _read_parquet(path: Path, *, schema_only: bool = False) -> pd.DataFrame:
    check_exists(path)
    parquet = require("pyarrow.parquet", extra="data", purpose="Reading Parquet")
    try:
        table = parquet.read_schema(path).empty_table() if schema_only else parquet.read_table(path)
        return table.to_pandas()
    except (OSError, ValueError) as error:  # Arrow's own errors are among these
        raise DataError(f"{path}: expected a Parquet file; {str(error).splitlines()[0]}") from error
