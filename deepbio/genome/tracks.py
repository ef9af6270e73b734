"""Values of bigWig tracks in windows: totals for a counts task, or a value for each base."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.errors import DataError
from deepbio.files import check_exists
from deepbio.genome.names import ChromosomeNames
from deepbio.genome.windows import GenomeWindows
from deepbio.isolated import isolated
from deepbio.optional import require

_MAGIC = (b"\x26\xfc\x8f\x88", b"\x88\x8f\xfc\x26")  # of a bigWig, in either order of bytes


def read_tracks(
    paths: Sequence[str | os.PathLike[str]], windows: GenomeWindows, *, length: int | None = None
) -> np.ndarray:
    """Read bigWig tracks in windows, base by base, in the direction of each window's strand.

    Bases without a value, those beyond the ends of a chromosome, and chromosomes that a track does not name are 0.

    Args:
        paths: Paths of the bigWig files, one per output.
        windows: Windows in which the tracks are read.
        length: Number of bases around the center of each window; None is the windows' own length.

    Returns:
        Values, float32 `(n, length, tracks)`.

    Raises:
        DataError: a file does not exist or is not a bigWig, none of its chromosomes is one of the genome, or one has another
            length.
        OptionalDependencyError: pybigtools is not installed (extra `genomics`).
    """
    require("pybigtools", extra="genomics", purpose="reading bigWig")
    width = windows.length if length is None else length
    if not 1 <= width <= windows.length:
        raise DataError(f"The tracks are read in 1 to {windows.length} bases of a window; received length {width}.")
    # the center of a window is at index `length // 2` of the values, on either strand
    shift = np.where(windows.minus, (windows.length - 1) // 2 - (width - 1) // 2, windows.length // 2 - width // 2)
    starts = (windows.starts + shift).tolist()
    out = np.zeros((len(windows), width, len(paths)), dtype=np.float32)
    for track, path in enumerate(paths):
        bigwig = check_exists(path)
        sizes = isolated(track_sizes, bigwig, imports=["pybigtools"])["sizes"]
        names = _track_names(bigwig, windows, sizes)
        chromosomes = np.array([names[chromosome] for chromosome in windows.chromosomes.tolist()], dtype=str)
        where = {"names": chromosomes, "starts": np.array(starts, np.int64), "width": width}
        out[..., track] = isolated(track_values, bigwig, imports=["pybigtools"], **where)["values"]
    out[windows.minus] = out[windows.minus, ::-1]
    return out


def track_sizes(path: str) -> dict[str, Any]:
    """Return the length of each chromosome of a bigWig file, as `{"sizes": ...}`. Call it through `isolated`.

    Raises:
        DataError: the file is no bigWig.
    """
    return {"sizes": dict(_opened(path).chroms())}


def track_values(path: str, names: np.ndarray, starts: np.ndarray, width: int) -> dict[str, Any]:
    """Return the values of a bigWig file in windows, float32 `(n, width)`, as `{"values": ...}`. Call it through `isolated`.

    Args:
        path: Path of the file.
        names: Chromosome of each window, empty for one that the file does not have.
        starts: First base of each window, which may be before the chromosome begins.
        width: Number of bases of a window.

    Raises:
        DataError: the file is no bigWig.
    """
    file = _opened(path)
    sizes = dict(file.chroms())
    out = np.zeros((len(names), width), np.float32)
    for i, (name, start) in enumerate(zip(names.tolist(), starts.tolist(), strict=True)):
        first, last = max(start, 0), min(start + width, sizes.get(name, 0))
        if last > first:
            values = np.asarray(file.values(name, first, last, fillna=0), dtype=np.float32)
            out[i, first - start : last - start] = np.nan_to_num(values)
    return {"values": out}


def _opened(path: str) -> Any:
    import pybigtools

    with open(path, "rb") as file:  # noqa: PTH123
        start = file.read(4)
    if start not in _MAGIC:
        raise DataError(f"{path}: expected a bigWig file; it cannot be read (it begins with {start!r}).")
    try:
        return pybigtools.open(path)
    except Exception as error:  # the library has no common class of errors
        raise DataError(f"{path}: expected a bigWig file; it cannot be read ({error}).") from error


def _track_names(bigwig: Path, windows: GenomeWindows, sizes: dict[str, int]) -> dict[str, str]:
    """Return the name in a track of each chromosome of the windows, empty if the track has no such chromosome."""
    genome, names = windows.genome, {}
    found = ChromosomeNames(sizes)
    for chromosome in np.unique(windows.chromosomes).tolist():
        others = [chromosome] if chromosome in sizes else found.find(chromosome)
        names[chromosome] = others[0] if others else ""
        expected = genome.lengths[chromosome]
        for name in others:
            if len(others) > 1 or sizes[name] != expected:
                what = f"{sizes[name]} bases" if len(others) == 1 else " and ".join(others)
                raise DataError(
                    f"{bigwig}: expected {chromosome} of {expected} bases as in {genome.path}; found {what}. Another assembly?"
                )
    if not any(names.values()) and not any(genome.find_name(name) for name in sizes):
        raise DataError(
            f"{bigwig}: expected chromosomes of {genome.path} ({', '.join(list(genome.lengths)[:5])}); it has "
            f"{', '.join(list(sizes)[:5]) or 'none'}. Is it of another assembly?"
        )
    return names
