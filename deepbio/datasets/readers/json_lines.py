"""JSON lines: one object of plain values a line, to a pandas frame."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd

from deepbio.errors import DataError
from deepbio.files import read_content

ENDINGS = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")


def read_json_lines(path: Path, *, words: Collection[str] = (), encoding: str = "utf-8") -> pd.DataFrame:
    """Read one JSON object a line, plain or gzip; a key that a line lacks, and null, are missing values.

    Args:
        path: the file.
        words: keys whose values stay text as they are written; numbers among them become their text.
        encoding: of the file.

    Raises:
        DataError: a line that is no JSON object, a key that stands twice, a value that is a list or an object; with its line.

    Source: RFC 8259 and the JSON lines convention of one value a line.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.jsonl"
        >>> _ = path.write_text('{"age": 60, "note": "well"}\\n{"age": 70, "note": "ill"}\\n')
        >>> read_json_lines(path)["age"].tolist()
        [60, 70]
    """
    content = read_content(path)
    rows = []
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        rows.append(_row(path, number, line, encoding, words))
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pd.DataFrame.from_records(rows, columns=names)


def _row(path: Path, number: int, line: bytes, encoding: str, words: Collection[str]) -> dict[str, Any]:
    try:
        found = json.loads(line.decode(encoding), object_pairs_hook=list)
    except LookupError:
        raise DataError(f"Unknown encoding {encoding!r}. Usual ones are 'utf-8', 'latin-1' and 'cp1252'.") from None
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}, line {number}: expected {encoding}; byte 0x{line[error.start]:02x} is none. Save the file as UTF-8."
        ) from error
    except (ValueError, RecursionError) as error:  # never the line itself, which may be about a patient
        reason = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise DataError(f"{path}, line {number}: expected one JSON object a line; {reason}.") from error
    if not line.lstrip().startswith(b"{"):
        raise DataError(f'{path}, line {number}: expected a JSON object, such as {{"age": 60}}; found another value.')
    row: dict[str, Any] = {}
    for key, value in found:
        if key in row:
            raise DataError(f"{path}, line {number}: the key {key!r} stands twice.")
        if isinstance(value, list):
            raise DataError(f"{path}, line {number}, key {key!r}: expected a plain value; found a list or an object.")
        if key in words and value is not None and not isinstance(value, str):
            value = json.dumps(value)
        row[key] = value
    return row
