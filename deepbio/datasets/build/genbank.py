"""A `Dataset` of windows around the features of a GenBank file, one kind of feature a class."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from deepbio.datasets.build.arrays import from_arrays
from deepbio.datasets.build.intervals import merge_splits
from deepbio.datasets.build.noting import names_of, noted
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.placing import Duplicates
from deepbio.datasets.splitting import FRACTIONS
from deepbio.errors import DataError
from deepbio.genome import GenomeWindows, read_genbank


def from_genbank(
    path: str | os.PathLike[str],
    *,
    features: Sequence[str],
    length: int,
    parts: bool = False,
    positive: str | None = None,
    stranded: bool = True,
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    name: str | None = None,
) -> Dataset:
    """Build a data set of windows around the features of a GenBank file. Windows that overlap stand in one split.

    Args:
        path: the file, with its sequence.
        features: kinds of feature, at least two, such as `["CDS", "tRNA"]`; each is a class.
        length: bases of a window around the middle of a feature.
        parts: True takes each part of a merge_splits feature on its own; see `deepbio.genome.read_genbank`.
        positive: of two classes, the positive one; None takes the second.
        stranded: windows on the minus strand are reverse complements.
        fractions, seed, duplicates: of the splits; see `deepbio.datasets.placing.place_examples`.
        name: of the data set; None takes the file's.

    Raises:
        DataError: what `read_genbank` raises, fewer than two kinds of feature, or splits that cannot be made.

    Example:
        >>> import tempfile
        >>> draw = np.random.default_rng(0)
        >>> letters = "".join(draw.choice(list("acgt"), 3000))
        >>> rows = "".join(f"     {('CDS', 'tRNA')[i % 2]:<16}{20 + 90 * i}..{49 + 90 * i}\\n" for i in range(32))
        >>> head = "LOCUS       R1                      3000 bp    DNA     linear   UNK 01-JAN-1980\\nACCESSION   R1\\n"
        >>> path = Path(tempfile.mkdtemp()) / "r.gb"
        >>> _ = path.write_text(f"{head}FEATURES             Location/Qualifiers\\n{rows}ORIGIN\\n        1 {letters}\\n//\\n")
        >>> from_genbank(path, features=["CDS", "tRNA"], length=40)
        Dataset('r', binary, dna (40,), train=22 valid=6 test=4)
    """
    kinds = names_of(features)
    if len(kinds) < 2:
        raise DataError(
            f"Each kind of feature is a class: expected at least two, as ['CDS', 'tRNA']; received {kinds}."
        )
    read = [read_genbank(path, feature=kind, parts=parts) for kind in kinds]
    found = merge_splits([intervals for _, intervals in read])
    windows = GenomeWindows(read[0][0], found, length=length, stranded=stranded)
    places = zip(found.chromosomes, found.starts, found.ends, found.strands, strict=True)
    used = {"genbank": path, "features": kinds, "length": length, "parts": parts or None, "positive": positive}
    used |= {"stranded": None if stranded else False, "fractions": fractions, "duplicates": duplicates}
    return from_arrays(
        windows,
        np.repeat(np.arange(len(kinds)), [len(intervals) for _, intervals in read]),
        labels=kinds,
        positive=positive,
        ids=[f"{record}:{start}-{end}({strand})" for record, start, end, strand in places],
        groups=_overlapping(windows),
        fractions=fractions,
        seed=seed,
        duplicates=duplicates,
        name=name or Path(path).name.split(".")[0],
        options=noted(used),
    )


def _overlapping(windows: GenomeWindows) -> np.ndarray:
    """The first window of each run of windows that overlap, directly or through others."""
    records, starts = windows.chromosomes, windows.starts
    order = np.lexsort((starts, records))
    apart = (records[order][1:] != records[order][:-1]) | (np.diff(starts[order]) >= windows.length)
    first = order[np.flatnonzero(np.concatenate([[True], apart]))]
    names = np.array([f"{records[i]}:{starts[i]}" for i in first])
    run = np.empty(len(order), dtype=np.int64)
    run[order] = np.cumsum(np.concatenate([[0], apart]))
    return names[run]
