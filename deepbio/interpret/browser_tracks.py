"""Attributions as tracks for a genome browser: bedGraph and bigWig."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from deepbio.errors import DataError
from deepbio.files import FilePath, write_atomically
from deepbio.optional import require


class Region(NamedTuple):
    """A region of a genome, 0-based and end exclusive."""

    chromosome: str
    start: int
    end: int
    strand: str


def parse_region(text: str) -> Region:
    """Parse `chromosome:start-end`, 0-based and end exclusive as in BED, optionally followed by `(-)` for the reverse strand.

    Raises:
        DataError: The text has another form.

    Example:
        >>> parse_region("chr1:1,000-1,060(-)")
        Region(chromosome='chr1', start=1000, end=1060, strand='-')
    """
    found = re.fullmatch(r"(.+):(\d+)-(\d+)(?:\(([+-])\))?", text.replace(",", ""))
    if found is None:
        raise DataError(
            f"Expected a region chromosome:start-end, such as chr1:1000-1100 or chr1:1000-1100(-); received {text!r}."
        )
    chromosome, start, end, strand = found.groups()
    return Region(chromosome, int(start), int(end), strand or "+")


def regions_of(names: Sequence[str], length: int) -> list[str] | None:
    """Return the names if each is a region of `length` bases, as `bedtools getfasta` names sequences; otherwise None.

    Example:
        >>> regions_of(["chr1:1000-1060", "chr1:2000-2060(-)"], 60), regions_of(["chr1:1000-1060"], 80)
        (['chr1:1000-1060', 'chr1:2000-2060(-)'], None)
    """
    for name in names:
        try:
            region = parse_region(name)
        except DataError:
            return None
        if region.end - region.start != length:
            return None
    return list(names)


def write_tracks(
    bedgraph: FilePath, bigwig: FilePath, values: np.ndarray, names: Sequence[str], regions: Sequence[str] | None
) -> None:
    """Write values along sequences as bedGraph and bigWig. Where regions overlap, the track has their mean.

    Args:
        bedgraph: Path of the bedGraph.
        bigwig: Path of the bigWig. Its chromosome sizes are the last ends that occur.
        values: Values `(n, length)`.
        names: Names of the sequences, which are the chromosomes of the tracks if there are no regions.
        regions: Region of each sequence; see `parse_region`.

    Raises:
        DataError: A region has another form, or two sequences have one name and no region.
        OptionalDependencyError: pybigtools is not installed (extra `interpret`).
    """
    writer = require("pybigtools", extra="interpret", purpose="writing bigWig")
    if regions is None and len(set(names)) < len(names):
        raise DataError("Two sequences have the same name; a track needs one name for each, or regions.")
    found = _by_chromosome(values, names, regions)
    with write_atomically(bedgraph) as beside, beside.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, delimiter="\t", lineterminator="\n")
        rows.writerows((name, start, end, f"{value:.6g}") for name, start, end, value in _entries(found) if value)
    sizes = {name: int(positions[-1]) + 1 for name, (positions, _) in found.items()}
    with write_atomically(bigwig) as beside:
        writer.open(str(beside), "w").write(sizes, _entries(found))


def _by_chromosome(
    values: np.ndarray, names: Sequence[str], regions: Sequence[str] | None
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return positions in order and their mean value, by chromosome in the order of names."""
    places: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for i, row in enumerate(values):
        region = Region(names[i], 0, len(row), "+") if regions is None else parse_region(regions[i])
        ordered = row[::-1] if region.strand == "-" else row
        places.setdefault(region.chromosome, []).append((np.arange(region.start, region.start + len(row)), ordered))
    found = {}
    for name in sorted(places):
        positions, inverse = np.unique(np.concatenate([p for p, _ in places[name]]), return_inverse=True)
        every = np.concatenate([v for _, v in places[name]])
        found[name] = positions, np.bincount(inverse, every) / np.bincount(inverse)
    return found


def _entries(found: dict[str, tuple[np.ndarray, np.ndarray]]) -> Iterator[tuple[str, int, int, float]]:
    for name, (positions, means) in found.items():
        for position, value in zip(positions.tolist(), means.tolist(), strict=True):
            yield name, position, position + 1, value
