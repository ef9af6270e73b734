"""FASTA files, plain, gzip or bgzip, to names and uint8 codes."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from deepbio.datasets.readers.content import read_content
from deepbio.errors import DataError
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
    records = content[content.index(b">") + 1 :].split(b"\n>")
    headers, sequences = [], []
    for record in records:
        header, _, sequence = record.partition(b"\n")
        headers.append(header)
        sequences.append(sequence.translate(None, b"\n \t"))
    ids = _names(place, content, headers, same_names)
    lengths = np.array([len(sequence) for sequence in sequences])
    for wrong in np.flatnonzero((lengths == 0) | ((lengths != length) & (length is not None)))[:1]:
        expected = "a sequence" if length is None else f"{length} bases"
        raise DataError(
            f"{_where(place, content, wrong)}, record {ids[wrong]!r}: expected {expected}; received {lengths[wrong]} bases."
        )
    try:
        codes = encode(b"".join(sequences), unknown=unknown)
    except DataError:
        _raise_at_bad_letter(place, content, ids, unknown)
        raise
    if (lengths == lengths[0]).all():
        return FastaRecords(ids, codes.reshape(len(ids), -1), lengths)
    return FastaRecords(ids, np.split(codes, lengths.cumsum()[:-1]), lengths)


def _check_start(place: Path, content: bytes) -> None:
    lines = content.lstrip()
    if lines.startswith(b">"):
        return
    line = content[: len(content) - len(lines)].count(b"\n") + 1
    found = lines[:20].split(b"\n")[0].decode("latin-1")
    kind = " This looks like FASTQ; convert it to FASTA." if found.startswith("@") else ""
    raise DataError(f"{place}, line {line}: expected a FASTA header that begins with '>'; found {found!r}.{kind}")


def _names(place: Path, content: bytes, headers: list[bytes], same_names: str) -> list[str]:
    names = []
    seen: Counter[str] = Counter()
    for i, header in enumerate(headers):
        words = header.decode("utf-8", "backslashreplace").split(maxsplit=1)
        if not words:
            raise DataError(f"{_where(place, content, i)}: expected a name after '>'; found none. Name the record.")
        name = words[0]
        seen[name] += 1
        if seen[name] > 1:
            if same_names == "error":
                raise DataError(
                    f"{_where(place, content, i)}: the record name {name!r} occurs twice (first as record "
                    f"{names.index(name) + 1}). Rename it, or read with same_names='number'."
                )
            name = f"{name}#{seen[name]}"
        names.append(name)
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


def _where(place: Path, content: bytes, record: int) -> str:
    """File and line of a record's header, counted only when something is wrong with it."""
    headers = (n for n, line in enumerate(content.split(b"\n"), start=1) if line.startswith(b">"))
    return f"{place}, line {next(n for i, n in enumerate(headers) if i == record)}"
