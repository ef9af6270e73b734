"""FASTQ files, plain, gzip or bgzip, to names, uint8 codes and qualities."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepbio.errors import DataError
from deepbio.files import read_content
from deepbio.sequence import encode


@dataclass(frozen=True, eq=False)
class FastqReads:
    """The reads of a FASTQ file.

    Args:
        ids: the first word of each header.
        codes: uint8 `(n, length)` where all reads have one length, else a list of arrays.
        qualities: uint8 Phred scores, in the same form.
        lengths: bases of each read, `(n,)`.
    """

    ids: list[str]
    codes: np.ndarray | list[np.ndarray]
    qualities: np.ndarray | list[np.ndarray]
    lengths: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


def read_fastq(path: str | os.PathLike[str]) -> FastqReads:
    """Read all reads of a FASTQ file of four lines a read, with Sanger's qualities (Phred + 33), into memory.

    Windows line ends and a byte order mark are taken. The same name may occur twice, as it does for pairs.

    Raises:
        DataError: no such file, damaged gzip, a read that is cut short, sequence and qualities of different lengths, a
            letter that is no nucleotide, or a quality out of range; with file, line and read.

    Source: Cock et al. 2010, doi:10.1093/nar/gkp1137.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.fq"
        >>> _ = path.write_text("@read1\\nACGN\\n+\\nII5!\\n")
        >>> reads = read_fastq(path)
        >>> reads.ids, reads.codes.tolist(), reads.qualities.tolist()
        (['read1'], [[0, 1, 2, 4]], [[40, 40, 20, 0]])
    """
    place = Path(path)
    content = read_content(place).replace(b"\r\n", b"\n")
    lines = content.rstrip(b"\n").split(b"\n")
    ids, codes, qualities = [], [], []
    for first in range(0, len(lines), 4):
        part = lines[first : first + 4]
        where = f"{place}, line {first + 1}"
        if not part[0].startswith(b"@"):
            found = part[0][:20].decode("latin-1")
            raise DataError(f"{where}: expected a FASTQ header that begins with '@'; found {found!r}.")
        words = part[0][1:].decode("utf-8", "backslashreplace").split(maxsplit=1)
        if not words:
            raise DataError(f"{where}: expected a name after '@'; found none.")
        where += f", read {words[0]!r}"
        if len(part) < 4:
            raise DataError(f"{where}: expected four lines a read; the file ends after {len(part)}. Copy it again.")
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
