"""VCF records as lines: read one after the other, passed through as they are, with one INFO field added."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deepbio.errors import DataError
from deepbio.optional import require

COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
_LETTERS = frozenset("ACGTNacgtn")
# Of a bgzip file: how it begins, and the empty block that ends it (SAM specification, section 4.1).
_BGZF = b"\x1f\x8b\x08\x04"
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_IUPAC = _LETTERS | frozenset("RYSWKMBDHVUryswkmbdhvu")


@dataclass(frozen=True)
class Record:
    """One record of a VCF: its line, and what scoring needs of it.

    Args:
        line: without its end.
        number: of the line in the file (of the record in a BCF), 1-based, for messages.
        chromosome, position, name, reference: CHROM, POS (1-based), ID and REF.
        alternates: of ALT; none where it is `.`.
    """

    line: str
    number: int
    chromosome: str
    position: int
    name: str
    reference: str
    alternates: tuple[str, ...]

    def with_info(self, name: str, entries: Sequence[str]) -> str:
        """Return the line with an INFO field added, in the place of an older one of that name.

        Example:
            >>> parse_record("1\\t5\\t.\\tA\\tC\\t.\\t.\\tDP=3", 1).with_info("SpliceAI", ["C|g", "C|h"]).split("\\t")[7]
            'DP=3;SpliceAI=C|g,C|h'
        """
        cells = self.line.split("\t")
        kept = [part for part in cells[7].split(";") if part not in (".", "") and part.split("=", 1)[0] != name]
        cells[7] = ";".join([*kept, f"{name}={','.join(entries)}"])
        return "\t".join(cells)


def parse_record(line: str, number: int, *, path: str = "the VCF") -> Record:
    """Read one line.

    Raises:
        DataError: fewer than 8 columns, a POS that is none, or alleles with letters that are none; with file and line.

    Example:
        >>> parse_record("chr1\\t5\\trs1\\tA\\tC,<DEL>\\t.\\tPASS\\t.", 1).alternates
        ('C', '<DEL>')
    """
    cells = line.split("\t")
    if len(cells) < 8:
        hint = " Columns are split by tabs, not spaces." if len(line.split()) >= 8 else ""
        raise DataError(f"{path}, line {number}: expected 8 columns or more; found {len(cells)}.{hint}")
    chromosome, pos, name, ref, alt = cells[:5]
    if not chromosome or chromosome == ".":
        raise DataError(f"{path}, line {number}: CHROM is empty.")
    if not (pos.isascii() and pos.isdigit()):
        raise DataError(f"{path}, line {number}: POS is a whole number; found {pos[:20]!r}.")
    if not ref or not _IUPAC.issuperset(ref):
        raise DataError(f"{path}, line {number}: REF is letters A C G T N; found {ref[:20]!r}.")
    if not alt or any(not part for part in alt.split(",")):
        raise DataError(f"{path}, line {number}: ALT has an empty allele: {alt[:40]!r}. Write '.' for none.")
    alternates = () if alt == "." else tuple(alt.split(","))
    for part in alternates:
        if part.isalpha() and not _IUPAC.issuperset(part):
            raise DataError(f"{path}, line {number}: ALT is letters A C G T N, '*' or symbolic; found {part[:20]!r}.")
    return Record(line, number, chromosome, int(pos), name, ref, alternates)


class VcfFile:
    """A VCF, plain, gzip or bgzip, or a BCF: its header now, its records one after the other.

    Args:
        path: the file; its content decides what it is, not its name.

    Raises:
        DataError: no such file, an empty one, no VCF, or one without its line of column names.
        OptionalDependencyError: a BCF, and pysam is not installed (extra `variants`).
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise DataError(
                f"Expected a VCF file at {self.path}; there is {'a folder' if self.path.is_dir() else 'none'}."
            )
        self._bcf = _is_bcf(self.path)
        _check_end(self.path)
        self.header: list[str] = []
        for _, line in self._lines():
            if line.startswith("##"):
                self.header.append(line)
                continue
            if line.startswith("#CHROM"):
                if line.split("\t")[:8] != COLUMNS.split("\t"):
                    raise DataError(
                        f"{self.path}: the line of column names should begin {COLUMNS!r}; found {line[:80]!r}."
                    )
                self.header.append(line)
            break
        if not self.header or not self.header[-1].startswith("#CHROM"):
            found = "nothing" if not self.header else "no line that begins with #CHROM"
            raise DataError(f"{self.path}: expected a VCF header, ##fileformat=VCF and a line #CHROM; found {found}.")
        if not self.header[0].startswith("##fileformat=VCF"):
            raise DataError(f"{self.path}: expected ##fileformat=VCF in line 1; found {self.header[0][:60]!r}.")

    def header_with(self, name: str, line: str) -> list[str]:
        """Return the header with one INFO line added, in the place of an older one of that name."""
        kept = [old for old in self.header[:-1] if not old.startswith(f"##INFO=<ID={name},")]
        return [*kept, line, self.header[-1]]

    def records(self) -> Iterator[Record]:
        """Read the records, in the file's order.

        Raises:
            DataError: a damaged file, or a line that is no record.
        """
        width = self.header[-1].count("\t") + 1
        for number, line in self._lines():
            if line.startswith("#") or not line.strip():
                continue
            record = parse_record(line, number, path=str(self.path))
            if line.count("\t") + 1 != width:
                raise DataError(
                    f"{self.path}, line {number}: expected {width} columns as the header has; found {line.count(chr(9)) + 1}."
                )
            yield record

    def count(self) -> int:
        """Count the records without reading what they say."""
        return sum(1 for _, line in self._lines() if not line.startswith("#") and line.strip())

    def _lines(self) -> Iterator[tuple[int, str]]:
        if self._bcf:
            yield from self._bcf_lines()
            return
        try:
            with _open(self.path) as file:
                for number, raw in enumerate(file, start=1):
                    yield (
                        number,
                        raw.rstrip(b"\r\n").removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").decode("utf-8"),
                    )
        except UnicodeDecodeError as error:
            raise DataError(f"{self.path}: not UTF-8 text ({error.reason}). Is this a VCF file?") from error
        except EOFError as error:
            raise DataError(f"{self.path}: the gzip file ends too early. Copy or download it again.") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{self.path}: the gzip file is damaged ({error}). Copy or download it again.") from error

    def _bcf_lines(self) -> Iterator[tuple[int, str]]:
        pysam = require("pysam", extra="variants", purpose="Reading BCF")
        try:
            with pysam.VariantFile(str(self.path)) as file:
                header = str(file.header).splitlines()
                yield from enumerate(header, start=1)
                for number, record in enumerate(file, start=len(header) + 1):
                    yield number, str(record).rstrip("\n")
        except (OSError, ValueError) as error:
            raise DataError(f"{self.path}: the BCF cannot be read ({error}). Copy or download it again.") from error


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else path.open("rb")  # type: ignore[return-value]


def _check_end(path: Path) -> None:
    """Check that a bgzip file has the empty block that ends it; without, it may have been cut between two blocks."""
    with path.open("rb") as file:
        if file.read(len(_BGZF)) != _BGZF or file.read(10)[8:] != b"BC":
            return
        file.seek(0, os.SEEK_END)
        file.seek(max(file.tell() - len(_BGZF_END), 0))
        if file.read() != _BGZF_END:
            raise DataError(
                f"{path}: the bgzip file ends too early: its last block is missing. Copy or download it again."
            )


def _is_bcf(path: Path) -> bool:
    try:
        with _open(path) as file:
            return file.read(3) == b"BCF"
    except (OSError, EOFError, zlib.error):
        return False  # what is wrong is said when the lines are read
