"""GTF and GFF files: one parser of their lines, for intervals and for the transcripts of genes."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from deepbio.errors import DataError
from deepbio.genome.genes import Gene, make_gene
from deepbio.genome.intervals import Intervals, numbered_lines, read_score, read_text, whole_number

# `key "value"` of GTF or `key=value` of GFF; a quoted value may contain a semicolon
_ATTRIBUTE = re.compile(r'([^\s=;"]+)(?:\s*=\s*|\s+)(?:"([^"]*)"|([^;]*))')
_CANONICAL = ("Ensembl_canonical", "MANE_Select")


class GtfLine(NamedTuple):
    """One line of a GTF or GFF file; `start` and `end` are 1-based, both included."""

    where: str
    number: int
    chromosome: str
    start: int
    end: int
    score: float
    strand: str
    attributes: list[tuple[str, str]]


def gtf_lines(path: Path, text: str, feature: str) -> list[GtfLine]:
    """Return the lines of one feature.

    Raises:
        DataError: there is no such line, or a line has too few columns or a position that is no whole number; with file and line.

    Source: the GTF2.2 and GFF3 specifications.

    Example:
        >>> (line,) = gtf_lines(Path("a.gtf"), 'chr1\\tx\\tgene\\t6\\t9\\t.\\t+\\t.\\tgene_id "g1"; note "a;b";', "gene")
        >>> line.start, line.attributes
        (6, [('gene_id', 'g1'), ('note', 'a;b')])
    """
    found, features = [], set()
    for number, line in numbered_lines(text):
        if line.startswith("##FASTA"):
            break
        if line.startswith("#"):
            continue
        where = f"{path}, line {number}"
        cells = line.split("\t")
        if len(cells) < 8:
            raise DataError(f"{where}: expected 9 columns split by tabs; found {len(cells)}.")
        features.add(cells[2])
        if cells[2] == feature:
            start, end = whole_number(cells[3], where), whole_number(cells[4], where)
            attributes = [
                (key, quoted or plain.strip()) for key, quoted, plain in _ATTRIBUTE.findall("".join(cells[8:9]))
            ]
            score = read_score(cells[5], where)
            found.append(GtfLine(where, number, cells[0], start, end, score, cells[6], attributes))
    if not found:
        others = ", ".join(sorted(features)) or "none"
        raise DataError(f"{path}: there is no line of the feature {feature!r}; there are {others}.")
    return found


def read_gtf(path: str | os.PathLike[str], *, feature: str = "gene") -> Intervals:
    """Read the lines of one feature from a GTF or GFF file, plain or gzip, as intervals that are 0-based and half open.

    The name of an interval is the first of `gene_id`, `ID` and `Name` in the last column.

    Raises:
        DataError: the file does not exist, has no line of the feature, or a line is malformed; with file and line.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.gtf"
        >>> _ = path.write_text('chr1\\tx\\tgene\\t6\\t9\\t.\\t+\\t.\\tgene_id "g1";\\n')
        >>> found = read_gtf(path)
        >>> found.starts.tolist(), found.ends.tolist(), found.names.tolist()
        ([5], [9], ['g1'])
    """
    file = Path(path)
    rows = []
    for line in gtf_lines(file, read_text(file), feature):
        name = next((value for key, value in line.attributes if key in ("gene_id", "ID", "Name")), "")
        start, strand = line.start - 1, line.strand.replace("?", ".")
        rows.append((line.chromosome, start, line.end, strand, name, line.score, (start + line.end) // 2, line.number))
    return Intervals.from_rows(file, rows)


@dataclass
class _Transcript:
    where: str
    gene: str
    chromosome: str
    strand: str
    exons: list[tuple[int, int]] = field(default_factory=list)
    canonical: bool = False

    def rank(self) -> tuple[bool, int]:
        return self.canonical, sum(end - start + 1 for start, end in self.exons)

    def as_gene(self, name: str) -> Gene:
        start, end = min(s for s, _ in self.exons), max(e for _, e in self.exons)
        boundaries = [position for exon in self.exons for position in exon]
        return make_gene(self.where, name, self.chromosome, self.strand, start, end, boundaries)


def genes_of_gtf(path: Path, text: str, *, all_isoforms: bool) -> list[Gene]:
    """Return the genes of a GTF's `exon` lines: each gene's canonical or longest transcript, or all, named `gene:transcript`.

    Raises:
        DataError: there is no exon, or a line is malformed or names no gene or transcript; with file and line.
    """
    found: dict[str, _Transcript] = {}
    for line in gtf_lines(path, text, "exon"):
        attributes = dict(reversed(line.attributes))
        name = attributes.get("transcript_id", "")
        gene = attributes.get("gene_name") or attributes.get("gene_id", "")
        if not (name and gene):
            raise DataError(f"{line.where}: an exon needs transcript_id and gene_id or gene_name.")
        transcript = found.setdefault(name, _Transcript(line.where, gene, line.chromosome, line.strand))
        transcript.exons.append((line.start, line.end))
        transcript.canonical |= any(key == "tag" and value in _CANONICAL for key, value in line.attributes)
    if all_isoforms:
        return [transcript.as_gene(f"{transcript.gene}:{name}") for name, transcript in found.items()]
    best: dict[tuple[str, str], _Transcript] = {}
    for transcript in found.values():
        key = (transcript.gene, transcript.chromosome)
        if key not in best or transcript.rank() > best[key].rank():
            best[key] = transcript
    return [transcript.as_gene(transcript.gene) for transcript in best.values()]
