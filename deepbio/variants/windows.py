"""From variants in genes to the windows that a network reads: one window for all changes that lie near each other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from deepbio.genome import Gene
from deepbio.genome.windows import padded
from deepbio.sequence import encode, reverse_complement

# Lengths to which alternate alleles are rounded up: each length is a shape of the network, which is compiled anew.
WIDTHS = (1, 64, 512, 4096)
# Outputs of one window beyond the first variant's own: more need more memory, fewer save less work.
SPAN = 8_000
# Two variants further apart than this cost less in windows of their own.
GAP = 5_000
# Windows' lengths are rounded up to these steps, so that few shapes occur.
_STEPS = (0, 64, 256, 512, 1024, 2048, 3072, 4096, 6144, 8192, 10_240, 12_288, 16_384)


@dataclass(frozen=True)
class Change:
    """One alternate in one gene; `position` is POS, 1-based, `index` is the caller's, and `chromosome` the name in the FASTA."""

    index: int
    gene: Gene
    position: int
    reference: str
    alternate: str
    chromosome: str = ""

    @property
    def width(self) -> int:
        """Number of bases that the network treats as new: those of the alternate, rounded up."""
        return next(w for w in (*WIDTHS, len(self.alternate)) if w >= len(self.alternate))


@dataclass(frozen=True)
class Window:
    """Changes of one gene that share a reference window.

    Args:
        changes: Changes, sorted by position.
        first: First position whose output is computed, 1-based.
        last: Last position whose output is computed, 1-based.
        width: Number of new bases of each change.
    """

    changes: tuple[Change, ...]
    first: int
    last: int
    width: int

    @property
    def gene(self) -> Gene:
        """The gene of all changes."""
        return self.changes[0].gene

    def codes(self, chromosome: np.ndarray, context: tuple[int, int]) -> np.ndarray:
        """Return the window as the network reads it: on the gene's strand, N beyond the transcript."""
        before, after = context if self.gene.strand == "+" else context[::-1]
        gene, first = self.gene, self.first - before - 1
        codes = padded(chromosome[: gene.end], first, self.last + after)
        codes[: max(gene.start - 1 - first, 0)] = 4
        return codes if gene.strand == "+" else reverse_complement(codes)

    def start(self, change: Change, context: tuple[int, int]) -> int:
        """Return the index of a change's first base in `codes`."""
        if self.gene.strand == "+":
            return change.position - self.first + context[0]
        return self.last - (change.position + len(change.reference) - 1) + context[0]

    def alternate_codes(self, change: Change, codes: np.ndarray, start: int) -> np.ndarray:
        """Return the alternate allele on the gene's strand and what follows it, `width` bases."""
        alternate = encode(change.alternate)
        if self.gene.strand == "-":
            alternate = reverse_complement(alternate)
        follows = start + len(change.reference)
        return np.concatenate([alternate, codes[follows : follows + self.width - len(alternate)]])


def make_windows(changes: Iterable[Change], *, distance: int) -> Iterator[Window]:
    """Group changes by gene and position.

    Example:
        >>> gene = Gene("g", "1", "+", 1, 90_000, (1, 90_000))
        >>> changes = [Change(i, gene, p, "A", "C") for i, p in enumerate((20_000, 20_300, 60_000))]
        >>> [(len(window.changes), window.first) for window in make_windows(changes, distance=50)]
        [(2, 19950), (1, 59950)]
    """
    groups: dict[tuple[str, Gene, int], list[Change]] = {}
    for change in changes:
        # Long insertions have windows of their own, because all changes of a window are computed as widely as its widest.
        long = change.width if change.width > WIDTHS[1] else 0
        groups.setdefault((change.chromosome, change.gene, long), []).append(change)
    for group in groups.values():
        group.sort(key=lambda change: change.position)
        begin = 0
        for i in range(1, len(group) + 1):
            if i < len(group):
                near = group[i].position - group[i - 1].position <= GAP + 2 * distance
                if near and group[i].position - group[begin].position <= SPAN:
                    continue
            yield _window(group[begin:i], distance)
            begin = i


def _window(changes: list[Change], distance: int) -> Window:
    width = max(change.width for change in changes)
    first, last = changes[0].position - distance, 0
    plus = changes[0].gene.strand == "+"
    for change in changes:
        more = width - len(change.alternate)
        end = change.position + distance + len(change.reference) - 1
        first = min(first, change.position - distance - (0 if plus else more))
        last = max(last, end + (more if plus else 0))
    length = last - first + 1
    steps = [2 * distance + 1 + step for step in _STEPS]
    more = next((step for step in steps if step >= length), length) - length
    return Window(tuple(changes), first - (0 if plus else more), last + (more if plus else 0), width)
