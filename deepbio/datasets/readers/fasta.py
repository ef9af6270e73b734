"""FASTA and FASTQ files, plain, gzip or bgzip, to names, uint8 codes and qualities."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from deepbio.errors import DataError
from deepbio.files import FilePath, read_content
from deepbio.sequence import encode
from deepbio.sequence.codes import Unknown

SameNames = Literal["error", "number"]


@dataclass(frozen=True, eq=False)
class FastaRecords:
    """The records of a FASTA file.

    Args:
        ids: First word of each header.
        codes: Codes, uint8 `(n, length)` if all sequences have one length, otherwise a list of arrays.
        lengths: Number of bases of each record, `(n,)`.
    """

    ids: list[str]
    codes: np.ndarray | list[np.ndarray]
    lengths: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, eq=False)
class FastqReads:
    """The reads of a FASTQ file.

    Args:
        ids: First word of each header.
        codes: Codes, uint8 `(n, length)` if all reads have one length, otherwise a list of arrays.
        qualities: Phred scores, uint8 in the same shape.
        lengths: Number of bases of each read, `(n,)`.
    """

    ids: list[str]
    codes: np.ndarray | list[np.ndarray]
    qualities: np.ndarray | list[np.ndarray]
    lengths: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


def read_fasta(
    path: FilePath, *, length: int | None = None, unknown: Unknown = "n", same_names: SameNames = "error"
) -> FastaRecords:
    """Read all records of a FASTA file into memory.

    Line ends of Windows and old Macs, a byte order mark, and spaces and tabs in the sequence are accepted.

    Args:
        path: Path of a plain, gzip or bgzip file; its content decides, not its name.
        length: Number of bases that every record must have; None accepts any.
        unknown: `"n"` reads ambiguous bases as N; `"error"` refuses them.
        same_names: `"error"` refuses a name that occurs twice; `"number"` changes it to `name#2`, `name#3`.

    Raises:
        DataError: the file does not exist, is no FASTA or has damaged gzip; a character is no nucleotide; a record has no name, no
            sequence or another length; a name occurs twice. The message has the file, line and record.

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
    file = Path(path)
    content = read_content(file)
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    _check_start(file, content)
    lines = _lines(content)
    ids = _names(file, content, lines, same_names)
    bases, lengths = _bases(content, lines)
    for wrong in np.flatnonzero((lengths == 0) if length is None else (lengths != length))[:1]:
        expected = "a sequence" if length is None else f"{length} bases"
        raise DataError(
            f"{file}, line {lines.headers[wrong] + 1}, record {ids[wrong]!r}: expected {expected}; received "
            f"{lengths[wrong]} bases."
        )
    try:
        codes = encode(bases, unknown=unknown)
    except DataError:
        _raise_at_bad_base(file, content, ids, unknown)
        raise
    if (lengths == lengths[0]).all():
        return FastaRecords(ids, codes.reshape(len(ids), -1), lengths)
    return FastaRecords(ids, np.split(codes, lengths.cumsum()[:-1]), lengths)


def read_fastq(path: FilePath) -> FastqReads:
    """Read all reads of a FASTQ file with four lines per read and Sanger's qualities (Phred + 33) into memory.

    Line ends of Windows and a byte order mark are accepted. The same name may occur twice, as for pairs.

    Args:
        path: Path of a plain, gzip or bgzip file.

    Raises:
        DataError: the file does not exist or has damaged gzip; a read is cut short, has a sequence and qualities of different
            lengths, a character that is no nucleotide, or a quality out of range. The message has the file, line and read.

    Source: Cock et al. 2010, doi:10.1093/nar/gkp1137.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.fq"
        >>> _ = path.write_text("@read1\\nACGN\\n+\\nII5!\\n")
        >>> reads = read_fastq(path)
        >>> reads.ids, reads.codes.tolist(), reads.qualities.tolist()
        (['read1'], [[0, 1, 2, 4]], [[40, 40, 20, 0]])
    """
    content = read_content(path).replace(b"\r\n", b"\n")
    lines = content.rstrip(b"\n").split(b"\n")
    ids, codes, qualities = [], [], []
    for first in range(0, len(lines), 4):
        part = lines[first : first + 4]
        where = f"{path}, line {first + 1}"
        if not part[0].startswith(b"@"):
            found = part[0][:20].decode("latin-1")
            raise DataError(f"{where}: expected a FASTQ header that begins with '@'; found {found!r}.")
        words = part[0][1:].decode("utf-8", "backslashreplace").split(maxsplit=1)
        if not words:
            raise DataError(f"{where}: expected a name after '@'; found none.")
        where += f", read {words[0]!r}"
        if len(part) < 4:
            raise DataError(f"{where}: expected four lines per read; the file ends after {len(part)}. Copy it again.")
        if not part[2].startswith(b"+"):
            raise DataError(f"{where}: expected '+' on the third line. Reads of more than four lines are not read.")
        if len(part[1]) != len(part[3]) or not part[1]:
            raise DataError(
                f"{where}: expected a quality for each base; {len(part[1])} bases, {len(part[3])} qualities."
            )
        try:
            codes.append(encode(part[1]))
        except DataError as error:
            raise DataError(f"{where}: {error}") from None
        scores = np.frombuffer(part[3], dtype=np.uint8)
        if scores.min() < 33 or scores.max() > 126:
            raise DataError(f"{where}: expected qualities '!' to '~'; found the byte {int(scores.max())}.")
        ids.append(words[0])
        qualities.append(scores - np.uint8(33))
    lengths = np.array([len(read) for read in codes], dtype=np.int64)
    if (lengths == lengths[0]).all():
        return FastqReads(ids, np.stack(codes), np.stack(qualities), lengths)
    return FastqReads(ids, codes, qualities, lengths)


class _Lines(NamedTuple):
    """Positions of the first character and of the newline of each line, and numbers of the header lines."""

    starts: np.ndarray
    ends: np.ndarray
    headers: np.ndarray


def _lines(content: bytes) -> _Lines:
    text = np.frombuffer(content, dtype=np.uint8)
    ends = np.append(np.flatnonzero(text == ord("\n")), len(text))
    starts = np.append(0, ends[:-1] + 1)
    headers = np.flatnonzero(text[np.minimum(starts, len(text) - 1)] == ord(">"))
    return _Lines(starts, ends, headers)


def _bases(content: bytes, lines: _Lines) -> tuple[np.ndarray, np.ndarray]:
    """Return all sequences without headers, line ends and spaces, concatenated, and the length of each."""
    text = np.frombuffer(content, dtype=np.uint8)
    keep = np.ones(len(lines.starts), dtype=bool)
    keep[: lines.headers[0]] = False  # blank lines before the first record
    keep[lines.headers] = False
    of_text = np.repeat(keep, lines.ends - lines.starts + 1)[: len(text)]
    of_text[lines.ends[:-1]] = False
    bases = text[of_text]
    record = np.searchsorted(lines.headers, np.arange(len(keep)), side="right") - 1
    sizes = np.where(keep, lines.ends - lines.starts, 0)
    lengths = np.bincount(record[keep], weights=sizes[keep], minlength=len(lines.headers)).astype(np.int64)
    blank = np.flatnonzero((bases == ord(" ")) | (bases == ord("\t")))
    if len(blank):
        lost = np.searchsorted(lengths.cumsum(), blank, side="right")
        lengths -= np.bincount(lost, minlength=len(lengths))
        bases = np.delete(bases, blank)
    return bases, lengths


def _check_start(file: Path, content: bytes) -> None:
    lines = content.lstrip()
    if lines.startswith(b">"):
        return
    line = content[: len(content) - len(lines)].count(b"\n") + 1
    found = lines[:20].split(b"\n")[0].decode("latin-1")
    advice = " This looks like FASTQ: name the file .fastq, or use read_fastq." if found.startswith("@") else ""
    raise DataError(f"{file}, line {line}: expected a FASTA header that begins with '>'; found {found!r}.{advice}")


def _names(file: Path, content: bytes, lines: _Lines, same_names: str) -> list[str]:
    ends = lines.ends[lines.headers].tolist()
    names = []
    for line, start, end in zip(lines.headers.tolist(), lines.starts[lines.headers].tolist(), ends, strict=True):
        words = content[start + 1 : end].decode("utf-8", "backslashreplace").split(maxsplit=1)
        if not words:
            raise DataError(f"{file}, line {line + 1}: expected a name after '>'; found none. Name the record.")
        names.append(words[0])
    if len(set(names)) == len(names):
        return names
    seen: Counter[str] = Counter()
    for i, name in enumerate(names):
        seen[name] += 1
        if seen[name] > 1:
            if same_names == "error":
                raise DataError(
                    f"{file}, line {lines.headers[i] + 1}: the record name {name!r} occurs twice (first as record "
                    f"{names.index(name) + 1}). Rename it, or pass same_names='number' to number such names (on the command "
                    "line --data same_names=number)."
                )
            names[i] = f"{name}#{seen[name]}"
    return names


def _raise_at_bad_base(file: Path, content: bytes, ids: list[str], unknown: Unknown) -> None:
    """Raise the error again with the line and record of the wrong base, found line by line."""
    record = -1
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.startswith(b">"):
            record += 1
            continue
        try:
            encode(line.translate(None, b" \t"), unknown=unknown)
        except DataError as error:
            raise DataError(f"{file}, line {number}, record {ids[record]!r}: {error}") from None
