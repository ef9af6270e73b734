"""Intervals of a genome from BED, narrowPeak, GTF and GFF files; 0-based, half open."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from deepbio.errors import DataError
from deepbio.files import read_content


@dataclass(frozen=True, eq=False)
class Intervals:
    """Intervals in the order of their file.

    Args:
        chromosomes: `(n,)` strings.
        starts, ends: int64 `(n,)`, 0-based, the end not included.
        strands: `(n,)`: `+`, `-` or `.`.
        names: `(n,)` strings, empty where the file has none.
        scores: float64 `(n,)`, NaN where the file has none.
        centers: int64 `(n,)`: the summit of a narrowPeak that has one, else the middle.
        lines: int64 `(n,)`, number of the line in the file, for messages.
        path: the file.
        summits: bool `(n,)`: where the center is a stated summit; None for nowhere.
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


def read_bed(path: str | os.PathLike[str]) -> Intervals:
    """Read BED with 3 to 12 columns or, where there are 10 and the name ends in narrowPeak, narrowPeak; plain or gzip.

    Lines that begin with `#`, `track` or `browser` and empty ones are passed over.

    Raises:
        DataError: no such file, no interval, or a line that is none: too few columns, no whole number, a negative or
            reversed interval, an unknown strand; with file and line.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.bed"
        >>> _ = path.write_text("track name=x\\nchr1\\t5\\t9\\tpeak\\t7\\t-\\n")
        >>> found = read_bed(path)
        >>> found.starts.tolist(), found.strands.tolist(), found.centers.tolist()
        ([5], ['-'], [7])
    """
    place = Path(path)
    stem = place.name.lower().removesuffix(".gz").removesuffix(".bgz")
    peaks = stem.endswith("narrowpeak")
    rows, summits = [], []
    for number, line in _lines(place):
        if line.startswith(("#", "track", "browser")):
            continue
        cells = line.split("\t") if "\t" in line else line.split()
        if len(cells) < (10 if peaks else 3):
            raise DataError(
                f"{place}, line {number}: expected {10 if peaks else 3} columns or more; found {len(cells)}."
            )
        start, end = _whole(place, number, cells[1]), _whole(place, number, cells[2])
        summit = _whole(place, number, cells[9]) if peaks else -1
        if 0 <= end - start <= summit:
            raise DataError(f"{place}, line {number}: the summit {summit} lies beyond the peak of {end - start} bases.")
        name = cells[3] if len(cells) > 3 else ""
        score = _number(place, number, cells[4]) if len(cells) > 4 else np.nan
        center = start + summit if summit >= 0 else (start + end) // 2
        summits.append(summit >= 0)
        rows.append((cells[0], start, end, cells[5] if len(cells) > 5 else ".", name, score, center, number))
    found = _intervals(place, rows)
    return replace(found, summits=np.array(summits)) if peaks else found


def read_gtf(path: str | os.PathLike[str], *, feature: str = "gene") -> Intervals:
    """Read the lines of one feature from GTF or GFF; their 1-based, closed places become 0-based, half open ones.

    The name is `gene_id`, `ID` or `Name`, whichever comes first in the last column.

    Raises:
        DataError: as `read_bed`, or no line of that feature.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.gtf"
        >>> _ = path.write_text('chr1\\tx\\tgene\\t6\\t9\\t.\\t+\\t.\\tgene_id "g1";\\n')
        >>> found = read_gtf(path)
        >>> found.starts.tolist(), found.ends.tolist(), found.names.tolist()
        ([5], [9], ['g1'])
    """
    place = Path(path)
    rows, features = [], set()
    for number, line in _lines(place):
        if line.startswith("##FASTA"):
            break
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) < 8:
            raise DataError(f"{place}, line {number}: expected 9 columns split by tabs; found {len(cells)}.")
        features.add(cells[2])
        if cells[2] != feature:
            continue
        start, end = _whole(place, number, cells[3]) - 1, _whole(place, number, cells[4])
        score = np.nan if cells[5] == "." else _number(place, number, cells[5])
        name = _attribute(cells[8] if len(cells) > 8 else "")
        rows.append((cells[0], start, end, cells[6].replace("?", "."), name, score, (start + end) // 2, number))
    if not rows and features:
        raise DataError(
            f"{place}: there is no line of the feature {feature!r}; there are {', '.join(sorted(features))}."
        )
    return _intervals(place, rows)


def _lines(place: Path) -> list[tuple[int, str]]:
    try:
        text = read_content(place).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{place}: not UTF-8 text (byte {error.start}). Save it as UTF-8.") from error
    return [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]


def _intervals(place: Path, rows: list[tuple]) -> Intervals:
    if not rows:
        raise DataError(f"{place}: there is no interval in the file.")
    for chromosome, start, end, strand, *_, number in rows:
        if start < 0 or end <= start:
            what = "negative" if start < 0 else "reversed or empty"
            raise DataError(f"{place}, line {number}: the interval {chromosome}:{start}-{end} is {what}.")
        if strand not in ("+", "-", "."):
            raise DataError(f"{place}, line {number}: the strand is '+', '-' or '.'; found {strand!r}.")
    chromosomes, starts, ends, strands, names, scores, centers, lines = zip(*rows, strict=True)
    whole = [np.array(values, dtype=np.int64) for values in (starts, ends, centers, lines)]
    return Intervals(
        np.array(chromosomes), whole[0], whole[1], np.array(strands), np.array(names), np.array(scores, np.float64), whole[2],
        whole[3], place,
    )  # fmt: skip


def _whole(place: Path, number: int, cell: str) -> int:
    try:
        return int(cell)
    except ValueError:
        raise DataError(f"{place}, line {number}: expected a whole number; found {cell[:30]!r}.") from None


def _number(place: Path, number: int, cell: str) -> float:
    if cell in (".", ""):
        return np.nan
    try:
        return float(cell)
    except ValueError:
        raise DataError(f"{place}, line {number}: expected a number as score; found {cell[:30]!r}.") from None


def _attribute(text: str) -> str:
    for part in text.split(";"):
        key, _, value = part.strip().replace("=", " ", 1).partition(" ")
        if key in ("gene_id", "ID", "Name"):
            return value.strip().strip('"')
    return ""
