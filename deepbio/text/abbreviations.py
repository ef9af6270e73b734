"""A table of abbreviations of your own, from a file that a spreadsheet or an editor can change."""

from __future__ import annotations

import os
from pathlib import Path

from deepbio.errors import DataError


def read_abbreviations(path: str | os.PathLike[str]) -> dict[str, str]:
    """Read short forms and what they stand for: a line each, a tab between; empty lines and lines that begin with `#` count not.

    Raises:
        DataError: missing file, or a line without two columns, with its number.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "short.tsv"
        >>> _ = path.write_text("# of our ward\\nCVA\\tstroke\\n")
        >>> read_abbreviations(path)
        {'cva': 'stroke'}
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DataError(f"Expected a table of abbreviations at {path}; {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: expected UTF-8 text. Save the table as UTF-8.") from error
    table: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        short, tab, long = line.partition("\t")
        if not tab or not short.strip() or not long.strip():
            raise DataError(f"{path}, line {number}: expected a short form, a tab and what it stands for.")
        table[short.strip().lower()] = long.strip()
    return table
