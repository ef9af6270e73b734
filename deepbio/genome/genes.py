"""Annotation tables: genes, their transcripts' ends and exon boundaries."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepbio.errors import DataError, OptionalDependencyError, nearest
from deepbio.files import read_content

SPLICEAI = ("#NAME", "CHROM", "STRAND", "TX_START", "TX_END", "EXON_START", "EXON_END")
JUNCTIONS = ("gene_id", "chr", "strand", "start", "end", "jn_start", "jn_end")
BUILDS = ("grch37", "grch38")


@dataclass(frozen=True)
class Gene:
    """One row of an annotation table; positions 1-based, both ends included.

    Args:
        name: as in the table.
        chromosome: without `chr`.
        strand: `+` or `-`.
        start, end: of the transcript; bases beyond are N to the network.
        boundaries: first and last bases of its exons, sorted.
    """

    name: str
    chromosome: str
    strand: str
    start: int
    end: int
    boundaries: tuple[int, ...]

    def boundary(self, position: int) -> int:
        """Return the signed distance from a position to the nearest exon boundary, the left one on ties.

        Example:
            >>> Gene("g", "1", "+", 10, 90, (10, 20, 60, 90)).boundary(22)
            -2
        """
        return min((b - position for b in self.boundaries), key=lambda d: (abs(d), d))


class Annotation:
    """The genes of a table, found by position."""

    def __init__(self, genes: Iterable[Gene], *, source: str = "") -> None:
        self.source = source
        self.genes = list(genes)
        self._by_chromosome: dict[str, tuple[list[Gene], np.ndarray, np.ndarray]] = {}
        grouped: dict[str, list[Gene]] = {}
        for gene in self.genes:
            grouped.setdefault(gene.chromosome, []).append(gene)
        for name, group in grouped.items():
            ends = [np.array([getattr(gene, end) for gene in group], np.int64) for end in ("start", "end")]
            self._by_chromosome[name] = (group, ends[0], ends[1])

    def __len__(self) -> int:
        return len(self.genes)

    def at(self, chromosome: str, position: int) -> list[Gene]:
        """Return the genes whose transcript holds a 1-based position, in the table's order; `chr` counts for nothing.

        Example:
            >>> Annotation([Gene("g", "1", "+", 10, 90, (10, 90))]).at("chr1", 90)[0].name
            'g'
        """
        group, starts, ends = self._by_chromosome.get(plain_name(chromosome), ([], _NONE, _NONE))
        return [group[i] for i in np.flatnonzero((starts <= position) & (position <= ends))]


_NONE = np.zeros(0, np.int64)


def plain_name(chromosome: str) -> str:
    """Return a chromosome's name without `chr`.

    Example:
        >>> plain_name("chr22"), plain_name("X")
        ('22', 'X')
    """
    return chromosome.removeprefix("chr")


def read_annotation(name: str | os.PathLike[str], *, weights: str = "ci", all_isoforms: bool = False) -> Annotation:
    """Read an annotation table.

    Args:
        name: `"grch37"`, `"grch38"`, or a file: a table with SpliceAI's columns (tab-separated, starts 0-based), one with
            CI-SpliceAI's (`gene_id,chr,strand,start,end,jn_start,jn_end`, 1-based), or a GTF; plain or gzip.
        weights: the two builds' tables are those that come with the weights: `"ci"` the junctions of all isoforms (GENCODE),
            `"illumina"` the canonical transcripts of the installed package spliceai 1.3.1.
        all_isoforms: of a GTF, each transcript is an entry of its own, named `gene:transcript`; otherwise each gene is one, of its
            canonical transcript (tag `Ensembl_canonical` or `MANE_Select`), or of the one with the most exonic bases.

    Raises:
        DataError: no such file or build, other columns, or a row that is none; with file and line.
        OptionalDependencyError: `weights="illumina"` and the package spliceai is not installed.
    """
    text = os.fspath(name)
    path = _build_table(text, weights) if text in BUILDS else Path(text)
    if not path.is_file():
        raise DataError(f"Expected an annotation table: grch37, grch38 or a file; received {text!r}. "
                        f"{nearest(text, BUILDS)}")  # fmt: skip
    content = _text(path)
    first = next((line for line in content.splitlines() if line.strip()), "")
    if tuple(first.rstrip("\r").split("\t")) == SPLICEAI:
        genes = [_spliceai_row(path, n, row) for n, row in _rows(path, content, "\t")]
    elif tuple(first.rstrip("\r").split(",")) == JUNCTIONS:
        genes = [_junction_row(path, n, row) for n, row in _rows(path, content, ",")]
    elif first.startswith("#") or first.count("\t") >= 7:
        from deepbio.genome.gtf_transcripts import genes_of_gtf

        return Annotation(genes_of_gtf(path, content, all_isoforms=all_isoforms), source=str(path))
    else:
        raise DataError(f"{path}: expected the columns {' '.join(SPLICEAI)} split by tabs, {','.join(JUNCTIONS)}, or a GTF; "
                        f"found {first[:80]!r}.")  # fmt: skip
    if all_isoforms:
        raise DataError(f"{path} has one row a gene; give a GTF file to score all isoforms.")
    if not genes:
        raise DataError(f"{path}: the table has no gene.")
    return Annotation(genes, source=str(path))


def _build_table(build: str, weights: str) -> Path:
    if weights == "illumina":
        import importlib.metadata

        try:
            package = importlib.metadata.distribution("spliceai")
        except importlib.metadata.PackageNotFoundError as error:
            raise OptionalDependencyError(
                f"The table {build} of the Illumina weights stands in the package spliceai 1.3.1, which is not installed. "
                "Get it with: pip install --no-deps spliceai==1.3.1"
            ) from error
        return Path(str(package.locate_file(f"spliceai/annotations/{build}.txt")))
    from deepbio.catalog import catalog_folder

    return catalog_folder("zoo") / "spliceai_10k.ci" / f"genes.{build}.csv.gz"


def _text(path: Path) -> str:
    try:
        return read_content(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text (byte {error.start}). Save it as UTF-8.") from error


def _rows(path: Path, content: str, separator: str):
    reader = csv.reader(io.StringIO(content), delimiter=separator)
    header = next(row for row in reader if row)
    for row in reader:
        if not row:
            continue
        if len(row) != len(header):
            raise DataError(f"{path}, line {reader.line_num}: expected {len(header)} columns; found {len(row)}.")
        yield reader.line_num, row


def _spliceai_row(path: Path, line: int, row: list[str]) -> Gene:
    name, chromosome, strand, start, end, starts, ends = row
    left, right = _wholes(path, line, starts), _wholes(path, line, ends)
    if len(left) != len(right):
        raise DataError(f"{path}, line {line}: {len(left)} exon starts and {len(right)} exon ends.")
    first, last = _wholes(path, line, start), _wholes(path, line, end)
    return make_gene(path, line, name, chromosome, strand, first[0] + 1, last[0], [n + 1 for n in left] + right)


def _junction_row(path: Path, line: int, row: list[str]) -> Gene:
    name, chromosome, strand, start, end, starts, ends = row
    first, last = _wholes(path, line, start)[0], _wholes(path, line, end)[0]
    inner = [*(_wholes(path, line, starts) if starts else []), *(_wholes(path, line, ends) if ends else [])]
    return make_gene(path, line, name, chromosome, strand, first, last, [first, last, *inner])


def make_gene(
    path: Path, line: int, name: str, chromosome: str, strand: str, start: int, end: int, boundaries: list[int]
) -> Gene:
    """Check one row and give its gene.

    Raises:
        DataError: an unknown strand, a reversed transcript, or no exon.
    """
    if strand not in ("+", "-"):
        raise DataError(f"{path}, line {line}: the strand is '+' or '-'; found {strand!r}.")
    if not 0 < start <= end:
        raise DataError(f"{path}, line {line}: the transcript of {name} from {start} to {end} is reversed or negative.")
    if not boundaries:
        raise DataError(f"{path}, line {line}: {name} has no exon.")
    return Gene(name, plain_name(chromosome), strand, start, end, tuple(sorted(set(boundaries))))


def _wholes(path: Path, line: int, cell: str) -> list[int]:
    try:
        found = [int(part) for part in cell.split(",") if part.strip()]
    except ValueError:
        raise DataError(f"{path}, line {line}: expected whole numbers; found {cell[:40]!r}.") from None
    if not found:
        raise DataError(f"{path}, line {line}: expected a whole number; the cell is empty.")
    return found
