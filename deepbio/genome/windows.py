"""Windows of a genome as a source of examples: cut when they are asked for, one byte per base."""

import copy
import hashlib
from collections.abc import Iterable
from typing import Any, ClassVar, Self

import numpy as np

from deepbio.errors import DataError
from deepbio.genome.encoded import Genome
from deepbio.genome.intervals import Intervals
from deepbio.sequence import reverse_complement


def padded(codes: np.ndarray, begin: int, end: int) -> np.ndarray:
    """Return the codes from `begin` to before `end`, with N beyond the ends of the chromosome.

    Example:
        >>> padded(np.array([0, 1, 2], np.uint8), -1, 2).tolist()
        [4, 0, 1]
    """
    low, high = max(begin, 0), min(end, len(codes))
    out = np.full(max(end - begin, 0), 4, np.uint8)
    if high > low:
        out[low - begin : high - begin] = codes[low:high]
    return out


def cut(genome: Genome, starts: np.ndarray, length: int, offsets: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return windows of the plus strand as codes, uint8 `(n, length)`, with N beyond the ends of the chromosomes.

    Args:
        genome: Genome of the windows.
        starts: First position of each window on its chromosome, int64 `(n,)`; it may be below 0.
        length: Number of bases in a window.
        offsets: Index of the first base of each window's chromosome in `genome.codes`, int64 `(n,)`.
        sizes: Number of bases of each window's chromosome, int64 `(n,)`.
    """
    first, last = np.maximum(starts, 0), np.minimum(starts + length, sizes)
    codes = np.asarray(genome.codes)
    if (last - first == length).all() and len(starts):
        windows = np.lib.stride_tricks.sliding_window_view(codes, length)
        return windows[first + offsets]  # copies row by row in C
    out = np.full((len(starts), length), 4, np.uint8)
    spans = np.stack([first - starts, last - starts, first + offsets, last + offsets], axis=1).tolist()
    for row, (a, b, c, d) in zip(out, spans, strict=True):
        if d > c:
            row[a:b] = codes[c:d]
    return out


class WindowSource:
    """What all windows of a genome have in common: their length, and arrays with one value per window, which are named in `columns`.

    Args:
        genome: Genome from `open_genome`.
        length: Number of bases in a window.

    Raises:
        DataError: the length is below 1.
    """

    columns: ClassVar[tuple[str, ...]]

    def __init__(self, genome: Genome, length: int) -> None:
        if length < 1:
            raise DataError(f"A window has at least one base; received length {length}.")
        self.genome, self.length, self.dtype = genome, length, np.dtype(np.uint8)

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of all windows, `(n, length)`."""
        return (len(self), self.length)

    def __len__(self) -> int:
        return len(getattr(self, self.columns[0]))

    def take(self, indices: Iterable[int]) -> Self:
        """Return the source of some of the windows, without cutting them."""
        chosen = np.asarray(list(indices), dtype=np.int64)
        part = copy.copy(self)
        for name in self.columns:
            setattr(part, name, getattr(self, name)[chosen])
        return part


class GenomeWindows(WindowSource):
    """Windows of one length around the centers of intervals; `source[indices]` cuts them as uint8 codes.

    Positions beyond the ends of a chromosome are N. A window on the minus strand is the reverse complement.

    Args:
        genome: Genome from `open_genome`.
        intervals: Intervals from `read_bed` or `read_gtf`.
        length: Number of bases in a window. The center of an even window is the base right of its middle.
        stranded: Whether windows are on the strands of their intervals; otherwise all are on the plus strand.

    `chromosomes` has the names of the FASTA, under whatever names the intervals have them; `interval_starts` and `interval_ends` are
    those of the intervals.

    Raises:
        DataError: an interval is on an unknown chromosome or ends past its end; with file and line.
    """

    columns = ("starts", "chromosomes", "minus", "interval_starts", "interval_ends", "_offsets", "_sizes")

    def __init__(self, genome: Genome, intervals: Intervals, *, length: int, stranded: bool = True) -> None:
        super().__init__(genome, length)
        given, which = np.unique(intervals.chromosomes, return_inverse=True)
        names = given.astype(object)
        for k, name in enumerate(given.tolist()):
            try:
                names[k] = genome.name_of(name)
            except DataError as error:
                line = intervals.lines[which == k][0]
                raise DataError(f"{intervals.path}, line {line}: {error}") from error
        sizes = np.array([genome.lengths[name] for name in names.tolist()], dtype=np.int64)[which]
        for i in np.flatnonzero(intervals.ends > sizes)[:1]:
            raise DataError(
                f"{intervals.path}, line {intervals.lines[i]}: {intervals.chromosomes[i]}:{intervals.starts[i]}-"
                f"{intervals.ends[i]} ends beyond the chromosome's {sizes[i]} bases in {genome.path}. Is it of another assembly?"
            )
        minus = (intervals.strands == "-") & stranded
        # On the minus strand a window is the mirror image about the same center. Of an even interval, that is the left one of
        # its two middle bases, so that a window of the interval's length is the interval on either strand.
        even = minus & ((intervals.starts + intervals.ends) % 2 == 0)
        if intervals.summits is not None:
            even &= ~intervals.summits
        self.starts = intervals.centers - even - np.where(minus, (length - 1) // 2, length // 2)
        self.chromosomes = names.astype(str)[which]
        self.minus = minus
        self.interval_starts, self.interval_ends = intervals.starts, intervals.ends
        self._offsets = np.array([genome.starts[name] for name in names.tolist()], dtype=np.int64)[which]
        self._sizes = sizes

    def __getitem__(self, indices: Any) -> np.ndarray:
        chosen = np.atleast_1d(np.asarray(indices, dtype=np.int64))
        out = cut(self.genome, self.starts[chosen], self.length, self._offsets[chosen], self._sizes[chosen])
        minus = self.minus[chosen]
        if minus.any():
            out[minus] = reverse_complement(out[minus])
        return out[0] if np.ndim(indices) == 0 else out

    def fingerprint(self) -> str:
        """Return one SHA-256 of the genome and of all windows' positions and strands."""
        digest = hashlib.sha256(f"{self.genome.sha256} {self.shape}".encode())
        for values in (self._offsets + self.starts, self.minus):
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()
