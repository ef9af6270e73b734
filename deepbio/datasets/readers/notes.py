"""Notes: texts without labels, from a table or one a line."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepbio.datasets.readers.table import read_table
from deepbio.datasets.readers.table_file import table_columns
from deepbio.errors import DataError, nearest
from deepbio.files import read_content

_USUAL = ("text", "note", "notes")


@dataclass(frozen=True, eq=False)
class Notes:
    """Texts and their names: `ids` are strings `(n,)`, the id column or the number of the row or line from 1."""

    texts: list[str]
    ids: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)


def read_notes(path: str | os.PathLike[str], *, text: str | None = None, id: str | None = None) -> Notes:
    """Read notes from a table (CSV, TSV, Parquet), or from a `.txt` file with one note a line.

    Args:
        path: the file; text files may be gzip-compressed.
        text: column of the notes; None takes the only column, or the one named text, note or notes.
        id: column that names the notes.

    Raises:
        DataError: file missing, empty, damaged or not UTF-8; no such column; an empty note, with its row or line.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "notes.txt"
        >>> _ = path.write_text("No fever.\\nCough for three days.\\n")
        >>> read_notes(path).texts
        ['No fever.', 'Cough for three days.']
    """
    place = Path(path)
    if ".txt" in place.suffixes:
        return _lines(place)
    if text is None:
        columns = table_columns(place)
        usual = columns if len(columns) == 1 else [name for name in columns if name.lower() in _USUAL]
        if len(usual) != 1:
            raise DataError(f"{place}: say which column holds the notes, with text=NAME. {nearest('', columns)}")
        text = usual[0]
    table = read_table(place, text=text, id=id)
    return Notes(table.texts or [], table.ids)


def _lines(place: Path) -> Notes:
    try:
        lines = read_content(place).decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{place}, line {line}: expected UTF-8; byte 0x{error.object[error.start]:02x} is none."
        ) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            raise DataError(f"{place}, line {number}: the line is empty; expected one note a line. Remove it.")
    return Notes(lines, np.arange(1, len(lines) + 1).astype(str))
