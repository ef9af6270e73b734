"""Variants of a VCF, and windows of a genome centered on them with either allele."""

import hashlib
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from deepbio.errors import DataError, nearest
from deepbio.genome.encoded import Genome, reduced
from deepbio.genome.vcf import Record, VcfFile
from deepbio.genome.windows import WindowSource, padded
from deepbio.sequence import decode, encode

Allele = Literal["reference", "alternate"]


@dataclass(frozen=True, eq=False)
class Variants:
    """Variants in the order of their file, one for each alternate allele.

    Args:
        chromosomes: Names of the chromosomes, `(n,)` strings.
        positions: Positions of the first reference base, int64 `(n,)`, 0-based.
        references: Reference alleles, `(n,)` strings of A C G T N; an ambiguous base is the first of its bases in the alphabet.
        alternates: Alternate alleles, `(n,)` strings of A C G T N.
        ids: Values of ID, `(n,)` strings, `"."` if the file has none.
        qualities: Values of QUAL, float64 `(n,)`, NaN if the file has none.
        passed: Whether FILTER is PASS or empty, bool `(n,)`.
        places: Lines of the file (of a BCF, its records), `(n,)` strings, for messages.
        info: Values of each INFO field that was asked for, one per variant, by name.
        skipped: Number of records and alleles that were left out because they have no bases (`<DEL>`, `*`, breakends, no alternate),
            or ambiguous ones, or lie before the first base (POS 0).
        path: Path of the file.
    """

    chromosomes: np.ndarray
    positions: np.ndarray
    references: np.ndarray
    alternates: np.ndarray
    ids: np.ndarray
    qualities: np.ndarray
    passed: np.ndarray
    places: np.ndarray
    info: dict[str, np.ndarray] = field(repr=False)
    skipped: int
    path: Path

    def __len__(self) -> int:
        return len(self.positions)

    def names(self) -> list[str]:
        """Return a name for each variant, such as `chr1:12345:A>G`, with the position counted from 1 as in the file."""
        columns = (self.chromosomes, (self.positions + 1).tolist(), self.references, self.alternates)
        return [f"{name}:{position}:{one}>{other}" for name, position, one, other in zip(*columns, strict=True)]


def read_vcf(path: str | os.PathLike[str], *, info: Sequence[str] = ()) -> Variants:
    """Read the variants of a VCF or BCF file, sorted or not. No index is needed, and genotypes are ignored.

    Args:
        path: Path of the file. A BCF needs the extra `genomics`.
        info: Names of INFO fields to keep as text, empty where a value is missing (`.`). If a field has a value for each allele,
            each variant gets its own.

    Raises:
        DataError: the file is no VCF, a line is malformed, or the header does not declare an INFO field; with file and line.
        OptionalDependencyError: the file is a BCF, and pysam is not installed.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.vcf"
        >>> head = "##fileformat=VCFv4.3\\n" + "\\t".join("#CHROM POS ID REF ALT QUAL FILTER INFO".split())
        >>> _ = path.write_text(head + "\\nchr1\\t10\\trs1\\tA\\tC,<DEL>\\t50\\tPASS\\t.\\n")
        >>> found = read_vcf(path)
        >>> found.names(), found.positions.tolist(), found.skipped
        (['chr1:10:A>C'], [9], 1)
    """
    file = VcfFile(path)
    for name in info:
        if name not in file.info_fields:
            raise _undeclared(file, name)
    rows, kept, skipped = [], {name: [] for name in info}, 0
    for record in file.records():
        fields = _info_of(record) if info else {}
        place, quality, passed = (
            record.where.removeprefix(f"{file.path}, "),
            _quality(record),
            record.cells[6] in ("PASS", "."),
        )
        skipped += not record.alternates
        for i, allele in enumerate(record.alternates):
            if not _has_bases(allele) or record.position < 1:
                skipped += 1
                continue
            alleles = (reduced(record.reference.upper()), allele.upper())
            rows.append((record.chromosome, record.position - 1, *alleles, record.name, quality, passed, place))
            for name, values in kept.items():
                values.append(_value_of_allele(record, fields, name, file.info_fields[name], i))
    if not rows:
        raise DataError(f"{file.path}: there is no variant with bases in the file ({skipped} without).")
    dtypes = (None, np.int64, None, None, None, np.float64, None, None)
    columns: Any = (np.array(cells, dtype) for cells, dtype in zip(zip(*rows, strict=True), dtypes, strict=True))
    arrays = {name: np.array(values) for name, values in kept.items()}
    return Variants(*columns, info=arrays, skipped=skipped, path=file.path)


def _has_bases(allele: str) -> bool:
    return bool(allele) and not allele.upper().strip("ACGTN")


def _quality(record: Record) -> float:
    cell = record.cells[5]
    try:
        return math.nan if cell == "." else float(cell)
    except ValueError:
        raise DataError(f"{record.where}: expected a number as QUAL; found {cell[:30]!r}.") from None


def _info_of(record: Record) -> dict[str, str]:
    """Return the INFO fields of a record as text by name, `"1"` for a flag."""
    parts = (part.partition("=") for part in record.cells[7].split(";"))
    return {name: value if equals else "1" for name, equals, value in parts}


def _value_of_allele(record: Record, fields: dict[str, str], name: str, number: str, allele: int) -> str:
    text = fields.get(name, "")
    values = text.split(",")
    if set(values) <= {"", "."}:  # missing
        return ""
    if number not in ("A", "R"):  # not one value per allele
        return text
    expected = len(record.alternates) + (number == "R")
    if len(values) != expected:
        raise DataError(f"{record.where}: expected {expected} values of {name}; found {len(values)}.")
    value = values[allele + (number == "R")]
    return "" if value == "." else value


def _undeclared(file: VcfFile, name: str) -> DataError:
    """Return the error about an INFO field that the header does not declare, with the first record that has it."""
    for record in file.records():
        if name in _info_of(record):
            return DataError(
                f"{record.where}: the header does not declare the INFO field {name!r}, so the number of its values is not known. "
                f'Add a line such as ##INFO=<ID={name},Number=1,Type=String,Description="..."> to it.'
            )
    return DataError(f"{file.path}: the header has no INFO field {name!r}. {nearest(name, file.info_fields)}")


class VariantWindows(WindowSource):
    """Windows centered on variants; `source[indices]` cuts them as uint8 codes with one of the two alleles.

    The first base of the variant is at index `length // 2`. With an alternate allele of another length, the bases that follow move, so
    all windows have one length. Positions beyond the ends of a chromosome are N.

    Args:
        genome: Genome from `open_genome`.
        variants: Variants from `read_vcf`.
        length: Number of bases in a window.
        allele: Allele in the windows, `"reference"` or `"alternate"`.

    Raises:
        DataError: a variant is on an unknown chromosome or past its end, or the genome has another reference allele there; with
            file and line.
    """

    columns = ("positions", "chromosomes", "references", "alternates")

    def __init__(self, genome: Genome, variants: Variants, *, length: int, allele: Allele = "alternate") -> None:
        if allele not in ("reference", "alternate"):
            raise DataError(f"allele is 'reference' or 'alternate'; received {allele!r}.")
        super().__init__(genome, length)
        _check_reference(genome, variants)
        self.allele = allele
        self.chromosomes, self.positions = variants.chromosomes, variants.positions
        self.references, self.alternates = variants.references, variants.alternates

    def __getitem__(self, indices: Any) -> np.ndarray:
        chosen = np.atleast_1d(np.asarray(indices, dtype=np.int64))
        out = np.empty((len(chosen), self.length), np.uint8)
        for row, i in zip(out, chosen.tolist(), strict=True):
            codes, start = self.genome[str(self.chromosomes[i])], int(self.positions[i])
            first = start - self.length // 2
            if self.allele == "reference":
                row[:] = padded(codes, first, first + self.length)
            else:
                after = start + len(self.references[i])
                parts = [
                    padded(codes, first, start),
                    encode(str(self.alternates[i])),
                    padded(codes, after, after + self.length),
                ]
                row[:] = np.concatenate(parts)[: self.length]
        return out[0] if np.ndim(indices) == 0 else out

    def fingerprint(self) -> str:
        """Return one SHA-256 of the genome, of all variants and of the allele."""
        digest = hashlib.sha256(f"{self.genome.sha256} {self.shape} {self.allele}".encode())
        for values in (self.chromosomes, self.positions, self.references, self.alternates):
            digest.update(" ".join(map(str, values.tolist())).encode())
        return digest.hexdigest()


def _check_reference(genome: Genome, variants: Variants) -> None:
    """Check that the genome can have the reference alleles: N says nothing, on either side."""
    rows = zip(variants.chromosomes, variants.positions.tolist(), variants.references, variants.places, strict=True)
    for name, position, reference, line in rows:
        where = f"{variants.path}, {line}"
        try:
            codes = genome[str(name)]
        except DataError as error:
            raise DataError(f"{where}: {error}") from error
        if position + len(reference) > len(codes):
            raise DataError(
                f"{where}: {name}:{position + 1} lies beyond the chromosome's {len(codes)} bases in {genome.path}. Is it of "
                "another assembly?"
            )
        if genome.differs(str(name), position, str(reference)):
            found = decode(genome.bases(str(name), position, position + len(reference)))
            raise DataError(
                f"{where}: the reference allele of {name}:{position + 1} is {reference}; {genome.path} has {found} there. Is it of "
                "another assembly?"
            )
