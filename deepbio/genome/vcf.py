"""VCF files, plain, gzip or bgzip, read line by line; BCF files through pysam."""

from __future__ import annotations

import gzip
import math
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepbio.errors import DataError, nearest
from deepbio.files import check_exists, read_content
from deepbio.genome.variants import Variants
from deepbio.optional import require

_INFO = re.compile(r"##INFO=<ID=([^,>]+),Number=([^,>]+)")
_COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"


class _Record(NamedTuple):
    """One line of a VCF: `info` holds the fields asked for as they are written, `position` counts from 1."""

    place: str
    chromosome: str
    position: int
    id: str
    reference: str
    alternates: list[str]
    quality: float
    passed: bool
    info: dict[str, str]


def read_vcf(path: str | os.PathLike[str], *, info: Sequence[str] = ()) -> Variants:
    """Read the variants of a VCF or BCF file, sorted or not; no index is needed. Genotypes are passed over.

    Args:
        path: the file. A BCF needs the extra `genomics`.
        info: names of INFO fields to keep as text. A field with a value for each allele gives each variant its own.

    Raises:
        DataError: no such file, no VCF (also one without its header line), a line that is none, an INFO field that the
            header does not have; with file and line.
        OptionalDependencyError: pysam is needed for a BCF and not installed.

    Source: the VCF specification, version 4.3 (samtools.github.io/hts-specs).

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.vcf"
        >>> head = "##fileformat=VCFv4.3\\n" + "\\t".join("#CHROM POS ID REF ALT QUAL FILTER INFO".split())
        >>> _ = path.write_text(head + "\\nchr1\\t10\\trs1\\tA\\tC,<DEL>\\t50\\tPASS\\t.\\n")
        >>> found = read_vcf(path)
        >>> found.names(), found.positions.tolist(), found.skipped
        (['chr1:10:A>C'], [9], 1)
    """
    place = check_exists(path)
    declared, records = _bcf(place, list(info)) if _is_bcf(place) else _vcf(place, list(info))
    for name in info:
        if name not in declared:
            raise DataError(f"{place}: the header has no INFO field {name!r}. {nearest(name, declared)}")
    rows, kept, skipped = [], {name: [] for name in info}, 0
    for record in records:
        if record.position < 1:
            raise DataError(f"{place}, {record.place}: expected a position from 1 up; found {record.position}.")
        if not _is_letters(record.reference):
            raise DataError(
                f"{place}, {record.place}: expected a reference allele of letters A C G T N; found {record.reference!r:.40}."
            )
        skipped += not record.alternates
        for i, allele in enumerate(record.alternates):
            if not _is_letters(allele):
                skipped += 1
                continue
            rows.append(
                (record.chromosome, record.position - 1, record.reference.upper(), allele.upper(), record.id,
                 record.quality, record.passed, record.place)
            )  # fmt: skip
            for name in info:
                kept[name].append(_of_allele(place, record, name, declared[name], i))
    if not rows:
        raise DataError(f"{place}: there is no variant with letters in the file ({skipped} without).")
    chromosomes, positions, references, alternates, ids, qualities, passed, places = zip(*rows, strict=True)
    return Variants(
        np.array(chromosomes), np.array(positions, np.int64), np.array(references), np.array(alternates), np.array(ids),
        np.array(qualities, np.float64), np.array(passed), np.array(places),
        {name: np.array(found) for name, found in kept.items()}, skipped, place,
    )  # fmt: skip


def _vcf(place: Path, info: list[str]) -> tuple[dict[str, str], Iterator[_Record]]:
    try:
        lines = read_content(place).decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{place}, line {line}: expected UTF-8; byte 0x{error.object[error.start]:02x} is none."
        ) from error
    lines = [line.removesuffix("\r") for line in lines]
    header = next((i for i, line in enumerate(lines) if not line.startswith("##")), len(lines))
    if header == len(lines) or not lines[header].startswith(_COLUMNS):
        found = lines[header][:30] if header < len(lines) else ""
        raise DataError(
            f"{place}, line {header + 1}: expected the header line of a VCF, which begins with #CHROM, POS, ID, REF, ALT, split "
            f"by tabs; found {found!r}. Add it, or copy the file again."
        )
    declared = {found[1]: found[2] for line in lines[:header] if (found := _INFO.match(line))}
    return declared, _records(place, lines, header + 1, info)


def _records(place: Path, lines: list[str], first: int, info: list[str]) -> Iterator[_Record]:
    columns = lines[first - 1].count("\t") + 1
    for number, line in enumerate(lines[first:], start=first + 1):
        if not line.strip():
            continue
        cells = line.split("\t")
        where = f"line {number}"
        if len(cells) != columns:
            raise DataError(f"{place}, {where}: expected {columns} columns split by tabs; found {len(cells)}.")
        chromosome, position, id, reference, alternates, quality, filters, field = cells[:8]
        if not position.isascii() or not position.removeprefix("-").isdigit():
            raise DataError(f"{place}, {where}: expected a whole number as POS; found {position[:30]!r}.")
        found = {}
        if info and field != ".":
            pairs = (entry.partition("=") for entry in field.split(";"))
            found = {key: value if equals else "1" for key, equals, value in pairs if key in info}
        yield _Record(
            where, chromosome, int(position), id, reference, [] if alternates == "." else alternates.split(","),
            _quality(place, where, quality), filters in ("PASS", "."), found,
        )  # fmt: skip


def _quality(place: Path, where: str, cell: str) -> float:
    if cell == ".":
        return math.nan
    try:
        return float(cell)
    except ValueError:
        raise DataError(f"{place}, {where}: expected a number as QUAL; found {cell[:30]!r}.") from None


def _is_bcf(place: Path) -> bool:
    with place.open("rb") as file:
        start = file.read(3)
    if start.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(place, "rb") as file:
                start = file.read(3)
        except (OSError, EOFError):  # read_content says so
            return False
    return start == b"BCF"


def _bcf(place: Path, info: list[str]) -> tuple[dict[str, str], Iterator[_Record]]:
    pysam = require("pysam", extra="genomics", purpose="Reading BCF")
    loud = pysam.set_verbosity(0)  # what htslib would print stands in the messages
    try:
        with pysam.VariantFile(str(place)) as file:
            declared = {name: str(entry.number) for name, entry in file.header.info.items()}
            return declared, iter([_of_pysam(number, record, info) for number, record in enumerate(file, start=1)])
    except (OSError, ValueError, KeyError, UnicodeDecodeError) as error:
        raise DataError(f"{place}: the BCF file cannot be read ({error}). Copy or make it again.") from error
    finally:
        pysam.set_verbosity(loud)


def _of_pysam(number: int, record: Any, info: list[str]) -> _Record:
    found = {}
    for name in info:
        if name in record.info:
            value = record.info[name]
            found[name] = ",".join(map(_text, value if isinstance(value, tuple) else (value,)))
    return _Record(
        f"record {number}", record.chrom, record.pos, record.id or ".", record.ref or "", list(record.alts or ()),
        math.nan if record.qual is None else float(record.qual), list(record.filter) in ([], ["PASS"]), found,
    )  # fmt: skip


def _text(value: Any) -> str:
    if value is None or value is True:
        return "." if value is None else "1"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _of_allele(place: Path, record: _Record, name: str, number: str, allele: int) -> str:
    text = record.info.get(name, "")
    if not text or number not in ("A", "R"):
        return text
    values = text.split(",")
    expected = len(record.alternates) + (number == "R")
    if len(values) != expected:
        raise DataError(f"{place}, {record.place}: expected {expected} values of {name}; found {len(values)}.")
    return values[allele + (number == "R")]


def _is_letters(allele: str) -> bool:
    return bool(allele) and not allele.upper().strip("ACGTN")
