"""Writing of bigWig: values are stored on disk as they come, and then written in one pass."""

import contextlib
import itertools
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from deepbio.errors import DataError
from deepbio.optional import require

_SPAN = np.dtype([("chromosome", "<i4"), ("start", "<i8"), ("end", "<i8"), ("values", "<i4")])
_READ = 1024  # spans that are read at a time


class BigWigFile:
    """A bigWig file that is written span by span in constant memory. Use it in a `with` block, and call `finish` in it.

    Args:
        folder: Folder of the temporary files, which need 4 bytes per value and 24 per span.
        lengths: Number of bases of each chromosome by name.

    Raises:
        OptionalDependencyError: pybigtools is not installed (extra `genomics`).
    """

    def __init__(self, folder: Path, lengths: Mapping[str, int]) -> None:
        self._library: Any = require("pybigtools", extra="genomics", purpose="writing bigWig")
        self._lengths = dict(lengths)
        self._number = {name: i for i, name in enumerate(lengths)}
        self._open = contextlib.ExitStack()
        self._spans: IO[bytes] = self._open.enter_context(tempfile.TemporaryFile(dir=folder))  # noqa: SIM115
        self._values: IO[bytes] = self._open.enter_context(tempfile.TemporaryFile(dir=folder))  # noqa: SIM115

    def __enter__(self) -> "BigWigFile":
        return self

    def __exit__(self, *problem: object) -> None:
        self._open.close()

    def add(self, chromosomes: np.ndarray, starts: np.ndarray, ends: np.ndarray, values: Sequence[np.ndarray]) -> None:
        """Add spans that follow each other in the order of the genome.

        Args:
            chromosomes: Name of the chromosome of each span.
            starts: First base of each span.
            ends: Base after the last of each span.
            values: Values of each span, float32: one for all of its bases, or one for each.
        """
        spans = np.empty(len(starts), _SPAN)
        spans["chromosome"] = [self._number[name] for name in chromosomes.tolist()]
        spans["start"], spans["end"], spans["values"] = starts, ends, [len(found) for found in values]
        self._spans.write(spans.tobytes())
        self._values.write(b"".join(np.asarray(found, "<f4").tobytes() for found in values))

    def finish(self, path: Path) -> None:
        """Write the file.

        Raises:
            DataError: the library cannot write it.
        """
        try:
            self._library.open(str(path), "w").write(self._lengths, self._records())
        except Exception as error:  # the library has no common class of errors
            raise DataError(f"Cannot write {path} as bigWig ({error}).") from error

    def _records(self) -> Iterator[tuple[str, int, int, float]]:
        names = list(self._lengths)
        for file in (self._spans, self._values):
            file.seek(0)
        while len(spans := np.frombuffer(self._spans.read(_READ * _SPAN.itemsize), _SPAN)):
            for number, start, end, n in spans.tolist():
                values = np.frombuffer(self._values.read(4 * n), "<f4")
                yield from ((names[number], first, last, value) for first, last, value in runs(start, end, values))


def runs(start: int, end: int, values: np.ndarray) -> Iterator[tuple[int, int, float]]:
    """Return start, end and value of each run of equal values.

    Args:
        start: First base.
        end: Base after the last.
        values: One value for all bases, or one for each.

    Example:
        >>> list(runs(5, 9, np.array([1.0, 1.0, 2.0, 2.0]))), list(runs(5, 9, np.array([3.0])))
        ([(5, 7, 1.0), (7, 9, 2.0)], [(5, 9, 3.0)])
    """
    if len(values) == 1:
        yield start, end, float(values[0])
        return
    cuts = [0, *(np.flatnonzero(values[1:] != values[:-1]) + 1).tolist(), len(values)]
    for (first, last), value in zip(itertools.pairwise(cuts), values[cuts[:-1]].tolist(), strict=True):
        yield start + first, start + last, value
