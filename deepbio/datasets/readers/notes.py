"""Notes: the texts of a table, or of a text file with one note per line."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepbio.datasets.readers.cells import Missing
from deepbio.datasets.readers.table import read_table
from deepbio.datasets.readers.table_file import TableFile
from deepbio.errors import DataError, nearest
from deepbio.files import FilePath, read_text

_USUAL = ("text", "note", "notes")


@dataclass(frozen=True, eq=False)
class Notes:
    """Texts with names: `ids` are strings `(n,)`, the id column or the number of the row or line from 1."""

    texts: list[str]
    ids: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)


def read_notes(
    path: FilePath | pd.DataFrame,
    *,
    text: str | None = None,
    id: str | None = None,
    encoding: str = "utf-8",
    delimiter: str | None = None,
    names: Sequence[str] | None = None,
    missing: Missing = (),
    keep_na: bool = False,
    drop_na: bool = False,
) -> Notes:
    """Read notes from a table (CSV, TSV, JSON lines, Parquet), or from a `.txt` file with one note per line.

    Args:
        path: Path of the file, or a pandas frame; text files may be gzip-compressed.
        text: Column of the notes; None takes the only column, or the one named text, note or notes.
        id: Column that names the notes.
        encoding, delimiter, names, missing, keep_na, drop_na: Form of the table; see `read_table`.

    Raises:
        DataError: the file is missing, empty, damaged or in another encoding; there is no such column; a note is empty, with its
            row or line.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "notes.txt"
        >>> _ = path.write_text("No fever.\\nCough for three days.\\n")
        >>> read_notes(path).texts
        ['No fever.', 'Cough for three days.']
    """
    file = path if isinstance(path, pd.DataFrame) else Path(path)
    if isinstance(file, Path) and ".txt" in file.suffixes:
        text_of_file = read_text(file, encoding=None if encoding == "utf-8" else encoding)
        lines = [line.rstrip("\n") for line in io.StringIO(text_of_file, newline=None)]  # U+2028, say, ends no line
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                raise DataError(f"{file}, line {number}: the line is empty; expected one note per line. Remove it.")
        return Notes(lines, np.arange(1, len(lines) + 1).astype(str))
    form: dict[str, Any] = {"encoding": encoding, "delimiter": delimiter, "names": names}
    if text is None:
        table = TableFile(file, **form)
        columns = table.columns
        usual = columns if len(columns) == 1 else [name for name in columns if name.lower() in _USUAL]
        if len(usual) != 1:
            raise DataError(
                f"{table.path}: name the column of the notes with text=NAME (on the command line --text NAME). "
                f"{nearest('', columns)}"
            )
        text = usual[0]
    found = read_table(path, text=text, id=id, missing=missing, keep_na=keep_na, drop_na=drop_na, **form)
    return Notes(found.texts or [], found.ids)
