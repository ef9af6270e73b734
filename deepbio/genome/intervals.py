"""Intervals of a genome, 0-based and half open, and BED and narrowPeak files."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.errors import DataError
from deepbio.files import FilePath, read_text

log = logging.getLogger("deepbio")

_END = 2**62


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

        An interval without bases, whose start is its end, lies between two bases.

        Raises:
            DataError: there is no row, an interval is negative, reversed or beyond 2**62, or a strand is unknown; with file and line.
        """
        if not rows:
            raise DataError(f"{path}: there is no interval in the file.")
        for chromosome, start, end, strand, *_, line in rows:
            if not 0 <= start <= end < _END:
                what = "negative" if start < 0 else "reversed" if end < start else "longer than any chromosome"
                raise DataError(f"{path}, line {line}: the interval {chromosome}:{start}-{end} is {what}.")
            if strand not in ("+", "-", "."):
                raise DataError(f"{path}, line {line}: the strand is '+', '-' or '.'; found {strand!r}.")
        dtypes = (None, np.int64, np.int64, None, None, np.float64, np.int64, np.int64)
        columns: Any = (np.array(cells, dtype) for cells, dtype in zip(zip(*rows, strict=True), dtypes, strict=True))
        return cls(*columns, path=path)


def read_bed(path: FilePath, *, summit: bool | None = None) -> Intervals:
    """Read a BED or narrowPeak file, plain or gzip.

    Empty lines and lines of the words `track` and `browser` or with `#` in front are skipped. Columns of the file's own behind the
    first three to five (BED3+n) are read over if they cannot be score and strand.

    Args:
        path: Path of the file.
        summit: Whether column 10 is the summit of a peak, as in narrowPeak. None decides by the name (`.narrowPeak`) or, as
            ENCODE's files have other names, by the content: ten columns with the values of narrowPeak in each line.

    Raises:
        DataError: the file does not exist or has no interval, or a line has too few columns, no whole number, a negative or reversed
            interval, or an unknown strand; with file and line.

    Source: BED version 1.0 (samtools.github.io/hts-specs), and UCSC's description of narrowPeak.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.bed"
        >>> _ = path.write_text("track name=x\\nchr1\\t5\\t9\\tpeak\\t7\\t-\\n")
        >>> found = read_bed(path)
        >>> found.starts.tolist(), found.strands.tolist(), found.centers.tolist()
        ([5], ['-'], [7])
    """
    file = Path(path)
    lines = [(number, cells) for number, line in numbered_lines(read_text(file)) if (cells := _bed_cells(line))]
    named = file.name.lower().removesuffix(".gz").removesuffix(".bgz").endswith("narrowpeak")
    cells_only = [cells for _, cells in lines]
    peaks = named or _is_narrow_peak(file, cells_only) if summit is None else summit
    standard = _standard_columns(cells_only)
    rows, summits = [], []
    for number, cells in lines:
        where = f"{file}, line {number}"
        if len(cells) < (10 if peaks else 3):
            raise DataError(f"{where}: expected {10 if peaks else 3} columns or more; found {len(cells)}.")
        start, end = whole_number(cells[1], where), whole_number(cells[2], where)
        top = whole_number(cells[9], where) if peaks else -1
        if 0 <= end - start <= top:
            raise DataError(f"{where}: the summit {top} lies beyond the peak of {end - start} bases.")
        name = cells[3] if len(cells) > 3 else ""
        score = read_score(cells[4], where) if min(len(cells), standard) > 4 else np.nan
        strand = cells[5] if min(len(cells), standard) > 5 else "."
        center = start + top if top >= 0 else (start + end) // 2
        summits.append(top >= 0)
        rows.append((cells[0], start, end, strand, name, score, center, number))
    found = Intervals.from_rows(file, rows)
    return replace(found, summits=np.array(summits)) if peaks else found


def _bed_cells(line: str) -> list[str]:
    """Return the cells of a line, or none of a comment or a line `track ...` or `browser ...`."""
    if line.startswith("#"):
        return []
    cells = line.split("\t") if "\t" in line else re.split("[ \t]+", line.strip(" "))
    of_display = re.match("(track|browser)([ \t]|$)", line) and not (len(cells) > 2 and "".join(cells[1:3]).isdigit())
    return [] if of_display else cells


def _standard_columns(lines: list[list[str]]) -> int:
    """Return how many columns are those of BED: 4 if all scores are words and no strand follows, 5 if all strands are words."""
    scores = [cells[4] for cells in lines if len(cells) > 4]
    strands = [cells[5] for cells in lines if len(cells) > 5]
    if scores and not any(map(_is_number, scores)) and not (strands and set(strands) <= {"+", "-", "."}):
        return 4
    return 5 if strands and all(len(strand) > 1 for strand in strands) else 6


def _is_narrow_peak(file: Path, lines: list[list[str]]) -> bool:
    """Return whether the ten columns of all lines can be those of narrowPeak. BED10 is no format, but tools write it."""
    if not lines or any(len(cells) != 10 for cells in lines):
        return False
    for _, start, end, _, score, strand, *values, top in lines:
        if not (all(map(_is_number, (score, *values))) and strand in ("+", "-", ".")):
            return False
        if not (
            start.isdecimal() and end.isdecimal() and re.fullmatch(r"-1|\d+", top) and int(top) < int(end) - int(start)
        ):
            return False
    if all(c[6].isdecimal() and c[7].isdecimal() and int(c[1]) <= int(c[6]) <= int(c[7]) <= int(c[2]) for c in lines):
        log.warning(
            "%s: the ten columns may be those of narrowPeak or thickStart to blockCount of BED; the middle of each interval is its "
            "center. Pass summit=True (--data summit=true) if column 10 is the summit, or else summit=False.",
            file,
        )
        return False
    return True


def _is_number(cell: str) -> bool:
    try:
        return cell == "." or float(cell) is not None
    except ValueError:
        return False


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
    if re.fullmatch(" *[-+]?[0-9]+ *", cell) is None:  # `int` reads 1_000 too
        raise DataError(f"{where}: expected a whole number; found {cell[:30]!r}.")
    return int(cell)


def read_score(cell: str, where: str) -> float:
    """Return a cell as a score, NaN if it is `.` or empty; otherwise raise a `DataError` that begins with `where`."""
    try:
        return np.nan if cell in (".", "") else float(cell)
    except ValueError:
        raise DataError(f"{where}: expected a number as score; found {cell[:30]!r}.") from None
