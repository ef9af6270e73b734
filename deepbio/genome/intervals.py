"""Intervals of a genome, 0-based and half open, and BED and narrowPeak files."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.errors import DataError
from deepbio.files import read_content


@dataclass(frozen=True, eq=False)
class Intervals:
    """Intervals in the order of their file.

    Args:
        chromosomes: Names of the chromosomes, `(n,)` strings.
        starts: First positions, int64 `(n,)`, 0-based.
        ends: Positions after the last, int64 `(n,)`.
        strands: Strands, `(n,)`: `+`, `-` or `.`.
        names: Names, `(n,)` strings, empty if the file has none.
        scores: Scores, float64 `(n,)`, NaN if the file has none.
        centers: Centers, int64 `(n,)`: the summit of a narrowPeak that has one, otherwise the middle.
        lines: Numbers of the lines in the file, int64 `(n,)`, for messages.
        path: Path of the file.
        summits: Whether each center is a summit stated in the file, bool `(n,)`; None if no center is.
    """

    chromosomes: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    strands: np.ndarray
    names: np.ndarray
    scores: np.ndarray
    centers: np.ndarray
    lines: np.ndarray
    path: Path
    summits: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.starts)

    @classmethod
    def from_rows(cls, path: Path, rows: Sequence[tuple]) -> Intervals:
        """Build intervals from `(chromosome, start, end, strand, name, score, center, line)` of each, after checking them.

        Raises:
            DataError: there is no row, an interval is negative, empty or reversed, or a strand is unknown; with file and line.
        """
        if not rows:
            raise DataError(f"{path}: there is no interval in the file.")
        for chromosome, start, end, strand, *_, line in rows:
            if start < 0 or end <= start:
                what = "negative" if start < 0 else "reversed or empty"
                raise DataError(f"{path}, line {line}: the interval {chromosome}:{start}-{end} is {what}.")
            if strand not in ("+", "-", "."):
                raise DataError(f"{path}, line {line}: the strand is '+', '-' or '.'; found {strand!r}.")
        dtypes = (None, np.int64, np.int64, None, None, np.float64, np.int64, np.int64)
        columns: Any = (np.array(cells, dtype) for cells, dtype in zip(zip(*rows, strict=True), dtypes, strict=True))
        return cls(*columns, path=path)


def read_bed(path: str | os.PathLike[str]) -> Intervals:
    """Read a BED file with 3 to 12 columns, or a narrowPeak file if the name ends in narrowPeak; plain or gzip.

    Empty lines and lines that begin with `#`, `track` or `browser` are skipped.

    Raises:
        DataError: the file does not exist or has no interval, or a line has too few columns, no whole number, a negative or reversed
            interval, or an unknown strand; with file and line.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.bed"
        >>> _ = path.write_text("track name=x\\nchr1\\t5\\t9\\tpeak\\t7\\t-\\n")
        >>> found = read_bed(path)
        >>> found.starts.tolist(), found.strands.tolist(), found.centers.tolist()
        ([5], ['-'], [7])
    """
    file = Path(path)
    peaks = file.name.lower().removesuffix(".gz").removesuffix(".bgz").endswith("narrowpeak")
    columns = 10 if peaks else 3
    rows, summits = [], []
    for number, line in numbered_lines(read_text(file)):
        if line.startswith(("#", "track", "browser")):
            continue
        where = f"{file}, line {number}"
        cells = line.split("\t") if "\t" in line else line.split()
        if len(cells) < columns:
            raise DataError(f"{where}: expected {columns} columns or more; found {len(cells)}.")
        start, end = whole_number(cells[1], where), whole_number(cells[2], where)
        summit = whole_number(cells[9], where) if peaks else -1
        if 0 <= end - start <= summit:
            raise DataError(f"{where}: the summit {summit} lies beyond the peak of {end - start} bases.")
        name = cells[3] if len(cells) > 3 else ""
        score = read_score(cells[4], where) if len(cells) > 4 else np.nan
        center = start + summit if summit >= 0 else (start + end) // 2
        summits.append(summit >= 0)
        rows.append((cells[0], start, end, cells[5] if len(cells) > 5 else ".", name, score, center, number))
    found = Intervals.from_rows(file, rows)
    return replace(found, summits=np.array(summits)) if peaks else found


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, plain or gzip.

    Raises:
        DataError: the file cannot be read or is not UTF-8.
    """
    try:
        return read_content(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text (byte {error.start}). Save it as UTF-8.") from error


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """Return number and text of each line that is not empty. LF, CR LF and CR end a line, no other character does.

    Example:
        >>> list(numbered_lines("a\\u2028b\\r\\n\\nc"))
        [(1, 'a\\u2028b'), (3, 'c')]
    """
    lines = io.StringIO(text, newline=None)
    return ((number, line.rstrip("\n")) for number, line in enumerate(lines, start=1) if line.strip())


def whole_number(cell: str, where: str) -> int:
    """Return a cell as a whole number; otherwise raise a `DataError` that begins with `where`."""
    try:
        return int(cell)
    except ValueError:
        raise DataError(f"{where}: expected a whole number; found {cell[:30]!r}.") from None


def read_score(cell: str, where: str) -> float:
    """Return a cell as a score, NaN if it is `.` or empty; otherwise raise a `DataError` that begins with `where`."""
    try:
        return np.nan if cell in (".", "") else float(cell)
    except ValueError:
        raise DataError(f"{where}: expected a number as score; found {cell[:30]!r}.") from None
