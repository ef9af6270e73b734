"""A `Dataset` of windows around the features of a GenBank file, one kind of feature per class."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from deepbio.datasets.build.builder import builder
from deepbio.datasets.build.intervals import merge_intervals
from deepbio.datasets.options import Names, names_of
from deepbio.datasets.splitting import FRACTIONS, Duplicates
from deepbio.errors import DataError
from deepbio.genome import GenomeWindows, read_genbank


@builder("genbank")
def from_genbank(
    path: str | os.PathLike[str],
    *,
    features: Names,
    length: int,
    parts: bool = False,
    positive: str | None = None,
    stranded: bool = True,
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    name: str | None = None,
) -> dict[str, Any]:
    """Build a data set of windows around the features of a GenBank file. Windows that overlap are in one split.

    Args:
        path: Path of the file, with its sequence.
        features: Kinds of feature, at least two, such as `["CDS", "tRNA"]`; each is a class.
        length: Number of bases of a window around the middle of a feature.
        parts: Whether each part of a joined feature is an interval of its own; see `deepbio.genome.read_genbank`.
        positive: Positive class of two; None takes the second.
        stranded: Whether windows on the minus strand are reverse complements.
        fractions, seed, duplicates: Options of the splits; see `deepbio.datasets.splitting.split_examples`.
        name: Name of the data set; None uses the file's.

    Raises:
        DataError: what `read_genbank` raises, fewer than two kinds of feature, or splits that cannot be made.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> draw = np.random.default_rng(0)
        >>> bases = "".join(draw.choice(list("acgt"), 3000))
        >>> rows = "".join(f"     {('CDS', 'tRNA')[i % 2]:<16}{20 + 90 * i}..{49 + 90 * i}\\n" for i in range(32))
        >>> head = "LOCUS       R1                      3000 bp    DNA     linear   UNK 01-JAN-1980\\nACCESSION   R1\\n"
        >>> path = Path(tempfile.mkdtemp()) / "r.gb"
        >>> _ = path.write_text(f"{head}FEATURES             Location/Qualifiers\\n{rows}ORIGIN\\n        1 {bases}\\n//\\n")
        >>> from_genbank(path, features=["CDS", "tRNA"], length=40)
        Dataset('r', binary, dna (40,), train=22 valid=6 test=4)
    """
    kinds = names_of(features)
    if len(kinds) < 2:
        raise DataError(
            f"Each kind of feature is a class: expected at least two, as ['CDS', 'tRNA']; received {kinds}."
        )
    read = [read_genbank(path, feature=kind, parts=parts) for kind in kinds]
    found = merge_intervals([intervals for _, intervals in read])
    windows = GenomeWindows(read[0][0], found, length=length, stranded=stranded)
    places = zip(found.chromosomes, found.starts, found.ends, found.strands, strict=True)
    return {
        "x": windows,
        "y": np.repeat(np.arange(len(kinds)), [len(intervals) for _, intervals in read]),
        "labels": kinds,
        "ids": [f"{record}:{start}-{end}({strand})" for record, start, end, strand in places],
        "groups": _overlapping(windows),
    }


def _overlapping(windows: GenomeWindows) -> np.ndarray:
    """Return for each window the first of the run of windows that overlap it, directly or through others."""
    records, starts = windows.chromosomes, windows.starts
    order = np.lexsort((starts, records))
    apart = (records[order][1:] != records[order][:-1]) | (np.diff(starts[order]) >= windows.length)
    first = order[np.flatnonzero(np.concatenate([[True], apart]))]
    names = np.array([f"{records[i]}:{starts[i]}" for i in first])
    run = np.empty(len(order), dtype=np.int64)
    run[order] = np.cumsum(np.concatenate([[0], apart]))
    return names[run]
