"""VCF and BCF files: one reader of their records, for data sets and for scoring.

Records are lines of text and not the objects of pysam, because scoring passes every line through unchanged but for one INFO field,
and because errors must name the line of the file. pysam, an optional package, turns the records of a BCF into such lines.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from deepbio.errors import DataError
from deepbio.files import check_exists, open_content
from deepbio.optional import require

COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
_BASES = frozenset("ACGTNRYSWKMBDHVU" + "acgtnryswkmbdhvu")
_LETTERS = f"[{''.join(sorted(_BASES))}]"
# Bases; `*`; `.` and `-` of older files; a symbol, alone or after bases (an insertion of a contig); single and paired breakends.
_ALTERNATE = re.compile(
    rf"{_LETTERS}+|[*.-]|{_LETTERS}*<[^<>\s,]+>|\.{_LETTERS}+|{_LETTERS}+\."
    rf"|{_LETTERS}*([\[\]])[^\[\]\s,]+:\d+\1{_LETTERS}*"
)
_KEY = re.compile(r'([^=,<>\s]+)=("(?:[^"\\]|\\.)*"|[^,>]*)')  # of a header line; a quoted value may contain commas
# How a bgzip file begins, and the empty block that ends it (SAM specification, section 4.1).
_BGZF = b"\x1f\x8b\x08\x04"
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


@dataclass(frozen=True)
class Record:
    """One record of a VCF.

    Args:
        cells: Columns of its line, as they are written.
        where: File and line (of a BCF, file and record), for messages.
        position: POS, 1-based.
        alternates: Alternate alleles of ALT; empty if it is `.`.
    """

    cells: tuple[str, ...]
    where: str
    position: int
    alternates: tuple[str, ...]

    @property
    def line(self) -> str:
        """The line, without its end."""
        return "\t".join(self.cells)

    @property
    def chromosome(self) -> str:
        """CHROM as it is written."""
        return self.cells[0]

    @property
    def name(self) -> str:
        """ID as it is written."""
        return self.cells[2]

    @property
    def reference(self) -> str:
        """REF as it is written."""
        return self.cells[3]

    def with_info(self, name: str, entries: Sequence[str]) -> str:
        """Return the line with an INFO field added, which replaces an older one of that name.

        Example:
            >>> parse_record("1\\t5\\t.\\tA\\tC\\t.\\t.\\tDP=3").with_info("SpliceAI", ["C|g", "C|h"]).split("\\t")[7]
            'DP=3;SpliceAI=C|g,C|h'
        """
        fields = [part for part in self.cells[7].split(";") if part not in (".", "") and part.split("=", 1)[0] != name]
        info = ";".join([*fields, f"{name}={','.join(entries)}"])
        return "\t".join([*self.cells[:7], info, *self.cells[8:]])


def parse_record(line: str, *, where: str = "the record", columns: int = 8) -> Record:
    """Parse one line of a VCF.

    Args:
        line: The line, without its end.
        where: File and line, for messages.
        columns: Number of columns in the header.

    Raises:
        DataError: the number of columns is another, CHROM is empty, POS is no whole number, or an allele has other characters
            than bases.

    Example:
        >>> parse_record("chr1\\t5\\trs1\\tA\\tC,<DEL>\\t.\\tPASS\\t.").alternates
        ('C', '<DEL>')
    """
    cells = tuple(line.split("\t"))
    if len(cells) != columns:
        raise DataError(f"{where}: expected {columns} columns, as in the header, split by tabs; found {len(cells)}.")
    chromosome, position, _, reference, alternate = cells[:5]
    if not chromosome or chromosome == ".":
        raise DataError(f"{where}: CHROM is empty.")
    if not (position.isascii() and position.isdigit() and len(position) <= 18):  # it fits into 64 bits
        raise DataError(f"{where}: expected a whole number as POS; found {position[:20]!r}.")
    if not reference or not _BASES.issuperset(reference):
        raise DataError(f"{where}: expected bases A C G T N as REF; found {reference[:20]!r}.")
    alternates = () if alternate == "." else tuple(alternate.split(","))
    for allele in alternates:
        if not allele:
            raise DataError(f"{where}: ALT has an empty allele: {alternate[:40]!r}. Write '.' for none.")
        if not _ALTERNATE.fullmatch(allele):
            raise DataError(
                f"{where}: expected bases A C G T N, '*', a symbol such as <DEL> or a breakend as ALT; found {allele[:20]!r}."
            )
    return Record(cells, where, int(position), alternates)


def header_keys(line: str) -> dict[str, str]:
    """Return the keys of a structured line of a header, in whatever order, without the quotes of their values.

    Example:
        >>> header_keys('##INFO=<Description="a, ID=b",ID=AF,Number=A>')
        {'Description': 'a, ID=b', 'ID': 'AF', 'Number': 'A'}
    """
    content = line.partition("=<")[2]
    return {key: value.removeprefix('"').removesuffix('"') for key, value in _KEY.findall(content)}


class VcfFile:
    """A VCF, plain, gzip or bgzip, or a BCF: its header, and its records one after the other.

    Args:
        path: Path of the file. The content decides what it is, not the name.

    Raises:
        DataError: the file does not exist, is empty or damaged, or has no header of a VCF.
        OptionalDependencyError: the file is a BCF, and pysam is not installed (extra `genomics`).

    Source: the VCF specification, version 4.3 (samtools.github.io/hts-specs).
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = check_exists(path)
        with open_content(self.path) as stream:
            self._bcf = stream.read(3) == b"BCF"
        _check_bgzip_end(self.path)
        self.header: list[str] = []
        line = ""
        for _, line in self._lines():
            self.header.append(line)
            if not line.startswith("##"):
                break
        if not f"{line}\t".startswith(f"{COLUMNS}\t"):
            ends = " Lines of a VCF end with LF or CR LF, not with CR alone." if "\r" in line else ""
            raise DataError(
                f"{self.path}, line {len(self.header) or 1}: expected the header line of a VCF, which begins with #CHROM, POS, ID, "
                f"REF, ALT, split by tabs; found {line[:30]!r}.{ends} Add it, or copy the file again."
            )
        if not self.header[0].startswith("##fileformat=VCF"):
            raise DataError(f"{self.path}, line 1: expected ##fileformat=VCF; found {self.header[0][:60]!r}. Add it.")

    @cached_property
    def info_fields(self) -> dict[str, str]:
        """The `Number` of each INFO field that the header declares, by name."""
        keys = [header_keys(line) for line in self.header if line.startswith("##INFO=")]
        return {found["ID"]: found["Number"] for found in keys if "ID" in found and "Number" in found}

    def header_with(self, name: str, line: str) -> list[str]:
        """Return the header with one INFO line added, which replaces an older one of that name."""
        kept = [
            old for old in self.header[:-1] if not (old.startswith("##INFO=") and header_keys(old).get("ID") == name)
        ]
        return [*kept, line, self.header[-1]]

    def records(self) -> Iterator[Record]:
        """Read the records in the order of the file, sorted or not; no index is needed.

        Raises:
            DataError: the file is damaged, or a line is no record; with file and line.
        """
        columns = self.header[-1].count("\t") + 1
        unit = "record" if self._bcf else "line"
        for number, line in self._record_lines():
            yield parse_record(line, where=f"{self.path}, {unit} {number}", columns=columns)

    def scan(self) -> tuple[int, list[str]]:
        """Return the number of records and the names of their chromosomes, without parsing them."""
        number, names = 0, {}
        for _, line in self._record_lines():
            number += 1
            name, tab, _ = line.partition("\t")
            if tab and name not in ("", "."):  # `records` refuses such lines, with their number
                names[name] = None
        return number, list(names)

    def _record_lines(self) -> Iterator[tuple[int, str]]:
        return ((number, line) for number, line in self._lines() if not line.startswith("#") and line.strip())

    def _lines(self) -> Iterator[tuple[int, str]]:
        if self._bcf:
            yield from self._bcf_lines()
            return
        with open_content(self.path) as stream:
            for number, line in enumerate(stream, start=1):
                try:
                    yield number, line.rstrip(b"\r\n").decode("utf-8")
                except UnicodeDecodeError as error:
                    byte = line[error.start]
                    raise DataError(
                        f"{self.path}, line {number}: expected UTF-8 text; byte 0x{byte:02x} is not UTF-8."
                    ) from error

    def _bcf_lines(self) -> Iterator[tuple[int, str]]:
        pysam = require("pysam", extra="genomics", purpose="Reading BCF")
        verbosity = pysam.set_verbosity(0)  # htslib would print what the message says
        try:
            with pysam.VariantFile(str(self.path)) as file:
                yield from enumerate(str(file.header).rstrip("\n").split("\n"), start=1)
                for number, record in enumerate(file, start=1):
                    yield number, str(record).rstrip("\n")
        except (OSError, ValueError, KeyError, NotImplementedError) as error:  # the last for gzip that is no bgzip
            raise DataError(f"{self.path}: the BCF file cannot be read ({error}). Copy or make it again.") from error
        finally:
            pysam.set_verbosity(verbosity)


def _check_bgzip_end(path: Path) -> None:
    """Check that a bgzip file has the empty block that ends it; without it, the file may have been cut between two blocks."""
    with path.open("rb") as file:
        if file.read(len(_BGZF)) != _BGZF or file.read(10)[8:] != b"BC":
            return
        file.seek(max(path.stat().st_size - len(_BGZF_END), 0))
        if file.read() != _BGZF_END:
            raise DataError(
                f"{path}: the bgzip file ends too early: its last block is missing. Copy or download it again."
            )
