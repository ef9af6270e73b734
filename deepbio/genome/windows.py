"""Windows of a genome as a source: cut when they are asked for, one byte a base."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from deepbio.errors import DataError
from deepbio.genome.encoded import Genome
from deepbio.genome.intervals import Intervals
from deepbio.sequence import reverse_complement


class GenomeWindows:
    """Windows of one length around the centers of intervals; `source[indices]` cuts them as uint8 codes.

    What lies before the start or behind the end of a chromosome is N. A window on the minus strand is the reverse
    complement.

    Args:
        genome: from `open_genome`.
        intervals: from `read_bed` or `read_gtf`.
        length: bases of a window; an even one has its center right of its middle.
        stranded: False takes the plus strand of all.

    Raises:
        DataError: an interval on an unknown chromosome or past its end; with file and line.
    """

    def __init__(self, genome: Genome, intervals: Intervals, *, length: int, stranded: bool = True) -> None:
        if length < 1:
            raise DataError(f"A window has at least one base; received length {length}.")
        names, which = np.unique(intervals.chromosomes, return_inverse=True)
        for k, name in enumerate(names.tolist()):
            try:
                genome.check_name(name)
            except DataError as error:
                line = intervals.lines[which == k][0]
                raise DataError(f"{intervals.path}, line {line}: {error}") from error
        sizes = np.array([genome.lengths[name] for name in names.tolist()], dtype=np.int64)[which]
        for i in np.flatnonzero(intervals.ends > sizes)[:1]:
            raise DataError(
                f"{intervals.path}, line {intervals.lines[i]}: {intervals.chromosomes[i]}:{intervals.starts[i]}-"
                f"{intervals.ends[i]} ends beyond the chromosome's {sizes[i]} bases in {genome.path}. Is it of another assembly?"
            )
        self.genome, self.length, self.dtype = genome, length, np.dtype(np.uint8)
        minus = (intervals.strands == "-") & stranded
        # On the minus strand a window is the mirror image about the same center. Of an even interval, that is the left one of
        # its two middle bases, so that a window of the interval's length is the interval on either strand.
        even = minus & ((intervals.starts + intervals.ends) % 2 == 0)
        if intervals.summits is not None:
            even &= ~intervals.summits
        self.starts = intervals.centers - even - np.where(minus, (length - 1) // 2, length // 2)
        self.chromosomes = intervals.chromosomes
        self.minus = minus
        self._offsets = np.array([genome.starts[name] for name in names.tolist()], dtype=np.int64)[which]
        self._sizes = sizes

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of all windows, `(n, length)`."""
        return (len(self.starts), self.length)

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, indices: Any) -> np.ndarray:
        chosen = np.atleast_1d(np.asarray(indices, dtype=np.int64))
        starts, offsets = self.starts[chosen], self._offsets[chosen]
        first, last = np.maximum(starts, 0), np.minimum(starts + self.length, self._sizes[chosen])
        codes = np.asarray(self.genome.codes)
        if (last - first == self.length).all() and len(chosen):
            out = np.lib.stride_tricks.sliding_window_view(codes, self.length)[
                first + offsets
            ]  # copies row by row in C
        else:
            out = np.full((len(chosen), self.length), 4, np.uint8)
            places = np.stack([first - starts, last - starts, first + offsets, last + offsets], axis=1).tolist()
            for row, (a, b, c, d) in zip(out, places, strict=True):
                if d > c:
                    row[a:b] = codes[c:d]
        minus = self.minus[chosen]
        if minus.any():
            out[minus] = reverse_complement(out[minus])
        return out[0] if np.ndim(indices) == 0 else out

    def take(self, indices: Iterable[int]) -> GenomeWindows:
        """Return the source of some of the windows, without cutting them."""
        chosen = np.asarray(list(indices), dtype=np.int64)
        part = object.__new__(GenomeWindows)
        part.__dict__.update(self.__dict__)
        for name in ("starts", "chromosomes", "minus", "_offsets", "_sizes"):
            setattr(part, name, getattr(self, name)[chosen])
        return part

    def fingerprint(self) -> str:
        """Return one SHA-256 of the genome and of all windows' places."""
        digest = hashlib.sha256(f"{self.genome.sha256} {self.shape}".encode())
        for values in (self._offsets + self.starts, self.minus):
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()
