"""Annotation files: SpliceAI's and CI-SpliceAI's gene tables, and GTF or GFF3."""

import csv
import importlib.metadata
import os
from pathlib import Path
from typing import NamedTuple

from deepbio.catalog import catalog_folder
from deepbio.errors import DataError, OptionalDependencyError, nearest
from deepbio.files import FilePath, read_text
from deepbio.genome.genes import Annotation, Gene, make_gene
from deepbio.genome.gtf_transcripts import genes_of_gtf
from deepbio.genome.intervals import numbered_lines, whole_number

SPLICEAI = ("#NAME", "CHROM", "STRAND", "TX_START", "TX_END", "EXON_START", "EXON_END")
JUNCTIONS = ("gene_id", "chr", "strand", "start", "end", "jn_start", "jn_end")
BUILDS = ("grch37", "grch38")


class TableRow(NamedTuple):
    """One row of a gene table, with the positions of the file.

    `start` and `end` are those of the transcript, `starts` and `ends` those of its exons (SpliceAI) or its junctions (CI-SpliceAI).
    """

    where: str
    name: str
    chromosome: str
    strand: str
    start: int
    end: int
    starts: list[int]
    ends: list[int]


def read_gene_table(path: Path) -> list[TableRow]:
    """Read a gene table with SpliceAI's columns, split by tabs. Its starts are 0-based and its ends are not included.

    Raises:
        DataError: the file has other columns, or a row is malformed; with file and line.
    """
    return _read_rows(path, read_text(path), SPLICEAI, "\t")


def read_annotation(name: FilePath, *, weights: str = "ci", all_isoforms: bool = False) -> Annotation:
    """Read an annotation.

    Args:
        name: `"grch37"`, `"grch38"`, or the path of a file, plain or gzip: a table with SpliceAI's columns (split by tabs, starts
            0-based), one with CI-SpliceAI's (`gene_id,chr,strand,start,end,jn_start,jn_end`, 1-based), or a GTF or GFF3.
        weights: Which tables `"grch37"` and `"grch38"` are: `"ci"` has the junctions of all isoforms (GENCODE), `"illumina"` the
            canonical transcripts of the installed package spliceai 1.3.1.
        all_isoforms: Whether each transcript of a GTF is an entry of its own, named `gene:transcript`. Otherwise each gene is
            represented by its canonical transcript (tag `Ensembl_canonical` or `MANE_Select`), or by the one with most exonic bases.

    Raises:
        DataError: the file or build is unknown, the file has other columns, or a row is malformed; with file and line.
        OptionalDependencyError: `weights="illumina"`, and the package spliceai is not installed.
    """
    given = os.fspath(name)
    path = _build_table(given, weights) if given in BUILDS else Path(given)
    if not path.is_file():
        hint = nearest(given, BUILDS)
        raise DataError(f"Expected an annotation: grch37, grch38 or a file; received {given!r}. {hint}")
    text = read_text(path)
    _, first = next(numbered_lines(text), (0, ""))
    if tuple(first.split("\t")) == SPLICEAI:
        genes = [_spliceai_gene(row) for row in _read_rows(path, text, SPLICEAI, "\t")]
    elif tuple(first.split(",")) == JUNCTIONS:
        genes = [_junction_gene(row) for row in _read_rows(path, text, JUNCTIONS, ",")]
    elif first.startswith("#") or first.count("\t") >= 7:
        return Annotation(genes_of_gtf(path, text, all_isoforms=all_isoforms), source=str(path))
    else:
        expected = f"the columns {' '.join(SPLICEAI)} split by tabs, {','.join(JUNCTIONS)}, or a GTF or GFF3"
        raise DataError(f"{path}: expected {expected}; found {first[:80]!r}.")
    if all_isoforms:
        raise DataError(f"{path} has one row per gene; all isoforms need a GTF or GFF3 file.")
    if not genes:
        raise DataError(f"{path}: the table has no gene.")
    return Annotation(genes, source=str(path))


def _build_table(build: str, weights: str) -> Path:
    if weights != "illumina":
        return catalog_folder("zoo") / "spliceai_10k.ci" / f"genes.{build}.csv.gz"
    try:
        package = importlib.metadata.distribution("spliceai")
    except importlib.metadata.PackageNotFoundError as error:
        raise OptionalDependencyError(
            f"The table {build} of the Illumina weights is part of the package spliceai 1.3.1, which is not installed. "
            "Get it with: pip install --no-deps spliceai==1.3.1"
        ) from error
    return Path(str(package.locate_file(f"spliceai/annotations/{build}.txt")))


def _read_rows(path: Path, text: str, columns: tuple[str, ...], separator: str) -> list[TableRow]:
    lines = ((f"{path}, line {number}", line) for number, line in numbered_lines(text))
    rows = [(where, _cells(where, line, separator)) for where, line in lines]
    header = rows[0][1] if rows else []
    if tuple(header) != columns:
        raise DataError(f"{path}: expected the columns {' '.join(columns)}; found {' '.join(header)[:80]!r}.")
    return [_parse_row(where, cells, len(columns)) for where, cells in rows[1:]]


def _cells(where: str, line: str, separator: str) -> list[str]:
    """Return the cells of a line. A quote ends where its line ends, or is an error: it swallows no rows."""
    try:
        return next(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error as error:
        raise DataError(f"{where}: the quotes of the line do not pair ({error}).") from None


def _parse_row(where: str, cells: list[str], columns: int) -> TableRow:
    if len(cells) != columns:
        raise DataError(f"{where}: expected {columns} columns; found {len(cells)}.")
    name, chromosome, strand, *numbers = cells
    (start,), (end,) = (_whole_numbers(cell, where)[:1] for cell in numbers[:2])
    starts, ends = (_whole_numbers(cell, where) if cell else [] for cell in numbers[2:])
    return TableRow(where, name, chromosome, strand, start, end, starts, ends)


def _spliceai_gene(row: TableRow) -> Gene:
    if not row.starts and not row.ends:
        raise DataError(f"{row.where}: {row.name} has no exon: EXON_START and EXON_END are empty.")
    if len(row.starts) != len(row.ends):
        raise DataError(f"{row.where}: {len(row.starts)} exon starts and {len(row.ends)} exon ends.")
    exons = [(start + 1, end) for start, end in zip(row.starts, row.ends, strict=True)]
    boundaries = [position for exon in exons for position in exon]
    return make_gene(row.where, row.name, row.chromosome, row.strand, row.start + 1, row.end, boundaries, exons)


def _junction_gene(row: TableRow) -> Gene:
    boundaries = [row.start, row.end, *row.starts, *row.ends]
    return make_gene(row.where, row.name, row.chromosome, row.strand, row.start, row.end, boundaries)


def _whole_numbers(cell: str, where: str) -> list[int]:
    found = [whole_number(part, where) for part in cell.split(",") if part.strip()]
    if not found:
        raise DataError(f"{where}: expected a whole number; the cell is empty.")
    return found
