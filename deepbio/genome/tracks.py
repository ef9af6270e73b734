"""Values of bigWig tracks in windows: totals for a counts task, or a value for each base."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from deepbio.errors import DataError
from deepbio.files import check_exists
from deepbio.genome.windows import GenomeWindows
from deepbio.optional import require


def read_tracks(
    paths: Sequence[str | os.PathLike[str]], windows: GenomeWindows, *, length: int | None = None
) -> np.ndarray:
    """Read bigWig tracks in windows, base by base, in the direction of each window's strand.

    Bases without a value, and those beyond the ends of a chromosome, are 0.

    Args:
        paths: Paths of the bigWig files, one per output.
        windows: Windows in which the tracks are read.
        length: Number of bases around the center of each window; None is the windows' own length.

    Returns:
        Values, float32 `(n, length, tracks)`.

    Raises:
        DataError: a file does not exist or is not a bigWig, or a chromosome is missing in it or has another length.
        OptionalDependencyError: pybigtools is not installed (extra `genomics`).
    """
    pybigtools = require("pybigtools", extra="genomics", purpose="reading bigWig")
    width = windows.length if length is None else length
    if not 1 <= width <= windows.length:
        raise DataError(f"The tracks are read in 1 to {windows.length} bases of a window; received length {width}.")
    # the center of a window is at index `length // 2` of the values, on either strand
    shift = np.where(windows.minus, (windows.length - 1) // 2 - (width - 1) // 2, windows.length // 2 - width // 2)
    starts = (windows.starts + shift).tolist()
    out = np.zeros((len(windows), width, len(paths)), dtype=np.float32)
    for track, path in enumerate(paths):
        bigwig = check_exists(path)
        try:
            file = pybigtools.open(str(bigwig))
            sizes = dict(file.chroms())
        except Exception as error:  # the library has no common class of errors
            raise DataError(f"{bigwig}: expected a bigWig file; it cannot be read ({error}).") from error
        _check_chromosomes(bigwig, windows, sizes)
        for i, (name, start) in enumerate(zip(windows.chromosomes.tolist(), starts, strict=True)):
            first, last = max(start, 0), min(start + width, sizes[name])
            if last > first:
                values = np.nan_to_num(np.asarray(file.values(name, first, last, fillna=0), dtype=np.float32))
                out[i, first - start : last - start, track] = values
    out[windows.minus] = out[windows.minus, ::-1]
    return out


def _check_chromosomes(bigwig: Path, windows: GenomeWindows, sizes: dict[str, int]) -> None:
    for name in np.unique(windows.chromosomes).tolist():
        expected = windows.genome.lengths[name]
        if sizes.get(name) != expected:
            missing = f"no such chromosome (it has {', '.join(list(sizes)[:5])})"
            found = f"{sizes[name]} bases" if name in sizes else missing
            raise DataError(
                f"{bigwig}: expected {name} of {expected} bases as in {windows.genome.path}; found {found}."
            )
