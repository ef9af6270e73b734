"""Windows at equal distances over whole chromosomes or regions, as a source that stores the regions only."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from deepbio.errors import DataError
from deepbio.genome.encoded import Genome
from deepbio.genome.intervals import Intervals
from deepbio.genome.windows import cut


class Region(NamedTuple):
    """A stretch of a chromosome, 0-based and half open, with the chromosome's name in the FASTA."""

    chromosome: str
    start: int
    end: int


def chromosome_regions(genome: Genome, names: Sequence[str] = ()) -> list[Region]:
    """Return whole chromosomes, in the order of the FASTA.

    Args:
        genome: Genome.
        names: Chromosomes under any of their names; empty for all.

    Raises:
        DataError: the genome does not have a chromosome, or one is named twice.
    """
    chosen = [genome.name_of(name) for name in names] or list(genome.lengths)
    if twice := next((name for name in chosen if chosen.count(name) > 1), None):
        raise DataError(f"The chromosome {twice} is named twice. Name it once.")
    return [Region(name, 0, size) for name, size in genome.lengths.items() if name in set(chosen)]


def interval_regions(genome: Genome, intervals: Intervals) -> list[Region]:
    """Return the bases of intervals, those that overlap or touch as one region, in the order of the FASTA.

    Raises:
        DataError: an interval is on an unknown chromosome or ends past its end; with file and line.
    """
    spans: dict[str, list[tuple[int, int]]] = {name: [] for name in genome.lengths}
    rows = zip(intervals.chromosomes.tolist(), intervals.starts.tolist(), intervals.ends.tolist(), strict=True)
    for (chromosome, start, end), line in zip(rows, intervals.lines.tolist(), strict=True):
        where = f"{intervals.path}, line {line}"
        try:
            name = genome.name_of(chromosome)
        except DataError as error:
            raise DataError(f"{where}: {error}") from error
        if end > genome.lengths[name]:
            raise DataError(
                f"{where}: {chromosome}:{start}-{end} ends beyond the chromosome's {genome.lengths[name]} bases in {genome.path}. "
                "Is it of another assembly?"
            )
        spans[name].append((start, end))
    found: list[Region] = []
    for name, pairs in spans.items():
        for start, end in sorted(pairs):
            if found and found[-1].chromosome == name and start <= found[-1].end:
                found[-1] = found[-1]._replace(end=max(end, found[-1].end))
            else:
                found.append(Region(name, start, end))
    return [region for region in found if region.end > region.start]


class Tiles:
    """Windows whose central `stride` bases cover regions without a gap; `source[indices]` cuts them as uint8 codes.

    Window `k` of a region is centered on the bases from `k * stride` to `(k + 1) * stride` of the region, its tile; the last tile may
    be shorter. Positions beyond the ends of a chromosome are N.

    Args:
        genome: Genome from `open_genome`.
        regions: Regions that do not overlap.
        length: Number of bases in a window.
        stride: Number of bases of a tile, 1 to `length`.

    Raises:
        DataError: the stride is out of range, or there is no region.

    Example:
        >>> from pathlib import Path
        >>> genome = Genome(Path("g.fa"), {"1": 5}, {"1": 0}, np.array([0, 1, 2, 3, 0], np.uint8), "0")
        >>> tiles = Tiles(genome, [Region("1", 0, 5)], length=4, stride=2)
        >>> tiles[np.arange(3)].tolist(), tiles.spans(np.arange(3))[1:]
        ([[4, 0, 1, 2], [1, 2, 3, 0], [3, 0, 4, 4]], (array([0, 2, 4]), array([2, 4, 5])))
    """

    def __init__(self, genome: Genome, regions: Sequence[Region], *, length: int, stride: int) -> None:
        if not 1 <= stride <= length:
            raise DataError(f"The stride is 1 to {length} bases, so that no base is left out; received {stride}.")
        if not regions:
            raise DataError("There is no base to predict: expected chromosomes or intervals with at least one base.")
        self.genome, self.length, self.stride, self.dtype = genome, length, stride, np.dtype(np.uint8)
        self._names = np.array([region.chromosome for region in regions])
        self._starts = np.array([region.start for region in regions], np.int64)
        self._ends = np.array([region.end for region in regions], np.int64)
        self._first = np.concatenate([[0], np.cumsum(-(-(self._ends - self._starts) // stride))])
        self._offsets = np.array([genome.starts[region.chromosome] for region in regions], np.int64)
        self._sizes = np.array([genome.lengths[region.chromosome] for region in regions], np.int64)

    def __len__(self) -> int:
        return int(self._first[-1])

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of all windows, `(n, length)`."""
        return (len(self), self.length)

    def spans(self, indices: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the chromosome, the first base and the base after the last of each window's tile."""
        chosen = np.asarray(indices, np.int64)
        region = np.searchsorted(self._first, chosen, side="right") - 1
        starts = self._starts[region] + (chosen - self._first[region]) * self.stride
        return self._names[region], starts, np.minimum(starts + self.stride, self._ends[region])

    def window_starts(self, indices: Any) -> np.ndarray:
        """Return the first position of each window on its chromosome, which may be below 0."""
        return self.spans(indices)[1] + self.stride // 2 - self.length // 2

    def __getitem__(self, indices: Any) -> np.ndarray:
        chosen = np.atleast_1d(np.asarray(indices, np.int64))
        region = np.searchsorted(self._first, chosen, side="right") - 1
        starts = self.window_starts(chosen)
        out = cut(self.genome, starts, self.length, self._offsets[region], self._sizes[region])
        return out[0] if np.ndim(indices) == 0 else out

    def fingerprint(self) -> str:
        """Return one SHA-256 of the genome and of all regions and the stride."""
        digest = hashlib.sha256(f"{self.genome.sha256} {self.shape} {self.stride}".encode())
        digest.update(self._offsets.tobytes() + self._starts.tobytes() + self._ends.tobytes())
        return digest.hexdigest()
