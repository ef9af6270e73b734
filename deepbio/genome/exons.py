"""Exons of a GTF or GFF3, each once for each gene, found by position."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from deepbio.errors import DataError
from deepbio.files import FilePath, check_exists, read_text
from deepbio.genome.gtf_transcripts import transcripts_of_gtf
from deepbio.genome.names import ChromosomeNames


@dataclass(frozen=True)
class Exon:
    """An exon of a gene; positions are 1-based, both ends included.

    Args:
        chromosome: Name of the chromosome in the annotation.
        strand: Strand, `+` or `-`.
        start: First position.
        end: Last position.
        gene: Name of the gene, or its id if another gene of the chromosome has the same name.
        begins: Whether its transcripts begin here in the order of positions, so that no intron lies before it.
        ends: Whether its transcripts end here in the order of positions, so that no intron lies after it.
        transcripts: Ids of the transcripts that have it.
    """

    chromosome: str
    strand: str
    start: int
    end: int
    gene: str
    begins: bool
    ends: bool
    transcripts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.chromosome}:{self.start}-{self.end}"


class Exons:
    """Exons that can be found by position.

    Args:
        exons: The exons.
    """

    def __init__(self, exons: Iterable[Exon]) -> None:
        self.exons = sorted(exons, key=lambda exon: (exon.chromosome, exon.start, exon.end, exon.gene))
        groups: dict[str, list[Exon]] = {}
        for exon in self.exons:
            groups.setdefault(exon.chromosome, []).append(exon)
        bounds = {
            name: np.array([(e.start, e.end, e.begins, e.ends) for e in group], np.int64).T
            for name, group in groups.items()
        }
        self._by_chromosome = {name: (group, *bounds[name]) for name, group in groups.items()}
        self._names = ChromosomeNames(groups)
        self._found: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self.exons)

    def chromosomes(self, chromosome: str) -> list[str]:
        """Return the names that the annotation has for a chromosome, under any of its names; see `deepbio.genome.names`."""
        if chromosome not in self._found:
            self._found[chromosome] = self._names.find(chromosome)
        return self._found[chromosome]

    def near(self, chromosome: str, first: int, last: int, *, intron: int) -> list[Exon]:
        """Return the exons that overlap positions, or whose introns do, within a distance.

        Args:
            chromosome: Chromosome, under any of its names.
            first: First position.
            last: Last position.
            intron: Number of positions of an intron beside an exon that count.

        Example:
            >>> exons = Exons([Exon("1", "+", 50, 60, "g", True, False)])
            >>> [len(exons.near("chr1", p, p, intron=10)) for p in (49, 50, 70, 71)]
            [0, 1, 1, 0]
        """
        found: list[Exon] = []
        for name in self.chromosomes(chromosome):
            group, starts, ends, begins, closes = self._by_chromosome[name]
            near = (starts - intron * (1 - begins) <= last) & (first <= ends + intron * (1 - closes))
            found += [group[i] for i in np.flatnonzero(near)]
        return found


def read_exons(path: FilePath) -> Exons:
    """Read the exons of a GTF or GFF3, plain or gzip. Exons of several transcripts of a gene are one.

    Raises:
        DataError: the file does not exist, has no exon, or a line is malformed; with file and line.

    Source: the GTF2.2 and GFF3 specifications.
    """
    file = check_exists(path)
    found: dict[tuple, list[str]] = {}
    for transcript in transcripts_of_gtf(file, read_text(file)):
        if transcript.strand not in ("+", "-"):
            raise DataError(f"{transcript.where}: the strand is '+' or '-'; found {transcript.strand!r}.")
        first, last = min(start for start, _ in transcript.exons), max(end for _, end in transcript.exons)
        for start, end in transcript.exons:
            place = (transcript.chromosome, transcript.strand, start, end, transcript.gene_name)
            found.setdefault((*place, start == first, end == last), []).append(transcript.name)
    return Exons(Exon(*key, transcripts=tuple(names)) for key, names in found.items())
