"""Genes: transcript ends and exon boundaries, found by position."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from deepbio.errors import DataError
from deepbio.genome.names import ChromosomeNames


@dataclass(frozen=True)
class Gene:
    """A gene, or one of its transcripts; positions are 1-based, both ends included.

    Args:
        name: Name in the annotation table.
        chromosome: Name of the chromosome in the annotation.
        strand: Strand, `+` or `-`.
        start: First position of the transcript; bases before it are N to the network.
        end: Last position of the transcript; bases after it are N to the network.
        boundaries: First and last positions of all exons, sorted.
        exons: First and last position of each exon, sorted; empty if the table has boundaries of several isoforms only.
    """

    name: str
    chromosome: str
    strand: str
    start: int
    end: int
    boundaries: tuple[int, ...]
    exons: tuple[tuple[int, int], ...] = ()

    def boundary(self, position: int) -> int:
        """Return the signed distance from a position to the nearest exon boundary, the left one on ties.

        Example:
            >>> Gene("g", "1", "+", 10, 90, (10, 20, 60, 90)).boundary(22)
            -2
        """
        return min((b - position for b in self.boundaries), key=lambda d: (abs(d), d))


def make_gene(
    where: str, name: str, chromosome: str, strand: str, start: int, end: int, boundaries: Iterable[int],
    exons: Iterable[tuple[int, int]] = (),
) -> Gene:  # fmt: skip
    """Build a gene from one row of a file, after checking it.

    Raises:
        DataError: there is no name or chromosome, the strand is unknown, the transcript is reversed, or an exon is reversed or
            outside of it; the message begins with `where`.
    """
    if not name.strip() or not chromosome.strip():
        raise DataError(f"{where}: the {'chromosome' if name.strip() else 'name'} of the gene is empty.")
    if strand not in ("+", "-"):
        raise DataError(f"{where}: the strand is '+' or '-'; found {strand!r}.")
    if not 0 < start <= end:
        raise DataError(f"{where}: the transcript of {name} from {start} to {end} is reversed or negative.")
    boundaries, exons = sorted(set(boundaries)), sorted(set(exons))
    if any(first > last for first, last in exons):
        raise DataError(f"{where}: an exon of {name} is reversed.")
    if boundaries and not start <= boundaries[0] <= boundaries[-1] <= end:
        raise DataError(f"{where}: an exon of {name} lies outside of its transcript, {start} to {end}.")
    return Gene(name, chromosome, strand, start, end, tuple(boundaries), tuple(exons))


class Annotation:
    """Genes that can be found by position.

    Args:
        genes: The genes, in the order in which they are returned.
        source: Path of the file that they were read from.
    """

    def __init__(self, genes: Iterable[Gene], *, source: str = "") -> None:
        self.source = source
        self.genes = list(genes)
        groups: dict[str, list[Gene]] = defaultdict(list)
        for gene in self.genes:
            groups[gene.chromosome].append(gene)
        ends = {name: np.array([(gene.start, gene.end) for gene in group]) for name, group in groups.items()}
        self._by_chromosome = {name: (group, *ends[name].T) for name, group in groups.items()}
        self._names = ChromosomeNames(groups)
        self._found: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self.genes)

    def chromosomes(self, chromosome: str) -> list[str]:
        """Return the names that the annotation has for a chromosome, under any of its names; see `deepbio.genome.names`.

        Example:
            >>> Annotation([Gene("g", "chrM", "+", 10, 90, (10, 90))]).chromosomes("MT")
            ['chrM']
        """
        if chromosome not in self._found:
            self._found[chromosome] = self._names.find(chromosome)
        return self._found[chromosome]

    def at(self, chromosome: str, position: int) -> list[Gene]:
        """Return the genes whose transcript covers a 1-based position of a chromosome, under any of its names.

        Example:
            >>> Annotation([Gene("g", "1", "+", 10, 90, (10, 90))]).at("chr1", 90)[0].name
            'g'
        """
        found: list[Gene] = []
        for name in self.chromosomes(chromosome):
            group, starts, ends = self._by_chromosome[name]
            found += [group[i] for i in np.flatnonzero((starts <= position) & (position <= ends))]
        return found
