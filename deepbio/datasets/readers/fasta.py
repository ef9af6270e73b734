"""FASTA files, plain, gzip or bgzip, to names and uint8 codes."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from deepbio.errors import DataError
from deepbio.files import read_content
from deepbio.sequence import encode
from deepbio.sequence.codes import Unknown


@dataclass(frozen=True, eq=False)
class FastaRecords:
    """The records of a FASTA file.

    Args:
        ids: the first word of each header.
        codes: uint8 `(n, length)` where all sequences have one length, else a list of arrays.
        lengths: bases of each record, `(n,)`.
    """

    ids: list[str]
    codes: np.ndarray | list[np.ndarray]
    lengths: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


def read_fasta(
    path: str | os.PathLike[str],
    *,
    length: int | None = None,
    unknown: Unknown = "n",
    same_names: Literal["error", "number"] = "error",
) -> FastaRecords:
    """Read all records of a FASTA file into memory.

    Windows and old Mac line ends, a byte order mark, and spaces and tabs in the sequence are taken.

    Args:
        path: a plain, gzip or bgzip file; its content decides, not its name.
        length: bases that every record must have; None takes any.
        unknown: `"n"` reads ambiguous letters as N; `"error"` refuses them.
        same_names: `"error"` refuses a name that occurs twice; `"number"` makes it `name#2`, `name#3`.

    Raises:
        DataError: no such file, damaged gzip, no FASTA, a letter that is no nucleotide, a record without name or sequence
            or of another length, a name that occurs twice; with file, line and record.

    Source: Pearson and Lipman 1988, doi:10.1073/pnas.85.8.2444.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.fa"
        >>> _ = path.write_text(">chr1:5-9 a peak\\nAC\\nGT\\n")
        >>> records = read_fasta(path)
        >>> records.ids, records.codes.tolist()
        (['chr1:5-9'], [[0, 1, 2, 3]])
    """
    if same_names not in ("error", "number"):
        raise DataError(f"same_names is 'error' or 'number'; received {same_names!r}.")
    place = Path(path)
    content = read_content(place)
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    _check_start(place, content)
    lines = _lines(content)
    ids = _names(place, content, lines, same_names)
    letters, lengths = _letters(content, lines)
    for wrong in np.flatnonzero((lengths == 0) if length is None else (lengths != length))[:1]:
        expected = "a sequence" if length is None else f"{length} bases"
        raise DataError(
            f"{place}, line {lines.headers[wrong] + 1}, record {ids[wrong]!r}: expected {expected}; received "
            f"{lengths[wrong]} bases."
        )
    try:
        codes = encode(letters, unknown=unknown)
    except DataError:
        _raise_at_bad_letter(place, content, ids, unknown)
        raise
    if (lengths == lengths[0]).all():
        return FastaRecords(ids, codes.reshape(len(ids), -1), lengths)
    return FastaRecords(ids, np.split(codes, lengths.cumsum()[:-1]), lengths)


class _Lines(NamedTuple):
    """Where the lines of a file start and end (their newline), and which of them are headers."""

    starts: np.ndarray
    ends: np.ndarray
    headers: np.ndarray


def _lines(content: bytes) -> _Lines:
    text = np.frombuffer(content, dtype=np.uint8)
    ends = np.append(np.flatnonzero(text == ord("\n")), len(text))
    starts = np.append(0, ends[:-1] + 1)
    headers = np.flatnonzero(text[np.minimum(starts, len(text) - 1)] == ord(">"))
    return _Lines(starts, ends, headers)


def _letters(content: bytes, lines: _Lines) -> tuple[np.ndarray, np.ndarray]:
    """All sequences without headers, line ends and spaces, one after the other, and the length of each."""
    text = np.frombuffer(content, dtype=np.uint8)
    keep = np.ones(len(lines.starts), dtype=bool)
    keep[: lines.headers[0]] = False  # blank lines before the first record
    keep[lines.headers] = False
    of_text = np.repeat(keep, lines.ends - lines.starts + 1)[: len(text)]
    of_text[lines.ends[:-1]] = False
    letters = text[of_text]
    record = np.searchsorted(lines.headers, np.arange(len(keep)), side="right") - 1
    sizes = np.where(keep, lines.ends - lines.starts, 0)
    lengths = np.bincount(record[keep], weights=sizes[keep], minlength=len(lines.headers)).astype(np.int64)
    blank = np.flatnonzero((letters == ord(" ")) | (letters == ord("\t")))
    if len(blank):
        lost = np.searchsorted(lengths.cumsum(), blank, side="right")
        lengths -= np.bincount(lost, minlength=len(lengths))
        letters = np.delete(letters, blank)
    return letters, lengths


def _check_start(place: Path, content: bytes) -> None:
    lines = content.lstrip()
    if lines.startswith(b">"):
        return
    line = content[: len(content) - len(lines)].count(b"\n") + 1
    found = lines[:20].split(b"\n")[0].decode("latin-1")
    kind = (
        " This looks like FASTQ: name the file .fastq, or use deepbio.datasets.readers.read_fastq."
        if found.startswith("@")
        else ""
    )
    raise DataError(f"{place}, line {line}: expected a FASTA header that begins with '>'; found {found!r}.{kind}")


def _names(place: Path, content: bytes, lines: _Lines, same_names: str) -> list[str]:
    ends = lines.ends[lines.headers].tolist()
    names = []
    for line, start, end in zip(lines.headers.tolist(), lines.starts[lines.headers].tolist(), ends, strict=True):
        words = content[start + 1 : end].decode("utf-8", "backslashreplace").split(maxsplit=1)
        if not words:
            raise DataError(f"{place}, line {line + 1}: expected a name after '>'; found none. Name the record.")
        names.append(words[0])
    if len(set(names)) == len(names):
        return names
    seen: Counter[str] = Counter()
    for i, name in enumerate(names):
        seen[name] += 1
        if seen[name] > 1:
            if same_names == "error":
                raise DataError(
                    f"{place}, line {lines.headers[i] + 1}: the record name {name!r} occurs twice (first as record "
                    f"{names.index(name) + 1}). Rename it, or read with same_names='number'."
                )
            names[i] = f"{name}#{seen[name]}"
    return names


def _raise_at_bad_letter(place: Path, content: bytes, ids: list[str], unknown: Unknown) -> None:
    """Read line by line what could not be read at once, to name the line."""
    record = -1
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.startswith(b">"):
            record += 1
            continue
        try:
            encode(line.translate(None, b" \t"), unknown=unknown)
        except DataError as error:
            raise DataError(f"{place}, line {number}, record {ids[record]!r}: {error}") from None
