"""The file of a table, CSV, TSV, JSON lines or Parquet, as a pandas frame whose header and rows are sound."""

from __future__ import annotations

import csv
import io
import warnings
from collections import Counter
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from deepbio.datasets.readers.json_lines import ENDINGS as _JSON_LINES
from deepbio.datasets.readers.json_lines import read_json_lines
from deepbio.errors import DataError
from deepbio.files import check_exists, read_content
from deepbio.optional import require

_MISSING = ["", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "<NA>", "#N/A", "-nan", "."]
_SEPARATORS = ",\t;"


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
    return _header(path, _decodable(path, encoding), encoding)[0]


def read_frame(path: Path, *, words: Collection[str] = (), encoding: str = "utf-8") -> pd.DataFrame:
    """Read a table; the columns `words` stay text as it is written, elsewhere empty cells and `NA` are missing.

    Raises:
        DataError: file missing, empty, damaged or in another encoding, a column without a name or with the name of
            another, a row longer than the header, no rows.

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


def _read_text(path: Path, words: Collection[str], encoding: str) -> pd.DataFrame:
    content = _decodable(path, encoding)
    columns, separator = _header(path, content, encoding)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a row longer than the header is a warning to pandas
            return pd.read_csv(
                io.BytesIO(content),
                sep=separator,
                encoding=encoding,
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


def _decodable(path: Path, encoding: str) -> bytes:
    content = read_content(path)
    try:
        content.decode(encoding)
    except LookupError:
        raise DataError(f"Unknown encoding {encoding!r}. Usual ones are 'utf-8', 'latin-1' and 'cp1252'.") from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}, line {line}: expected {encoding}; byte 0x{content[error.start]:02x} is none. "
            "Save the file as UTF-8, or pass its encoding, for example encoding='cp1252'."
        ) from error
    return content


def _header(path: Path, content: bytes, encoding: str) -> tuple[list[str], str]:
    header = content.lstrip(b"\r\n").splitlines()[0].decode(encoding)
    separator = max(_SEPARATORS, key=header.count)
    return _checked(path, next(csv.reader([header], delimiter=separator))), separator


def _checked(path: Path, columns: list[str]) -> list[str]:
    columns = [name.strip() for name in columns]
    for name, times in Counter(columns).items():
        if name and times > 1:
            raise DataError(f"{path}: the column name {name!r} stands {times} times in the header. Rename the columns.")
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
