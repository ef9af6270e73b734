"""The windows of a prediction over a genome: one for each interval, or tiles of whole chromosomes and regions."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from deepbio.datasets.build.intervals import read_intervals
from deepbio.datasets.options import names_of
from deepbio.errors import DataError, ModelError
from deepbio.files import FilePath
from deepbio.genome import Genome, GenomeWindows
from deepbio.genome.tiles import Tiles, chromosome_regions, interval_regions
from deepbio.inference.own_files import read_examples
from deepbio.inference.reading_plan import plan_of
from deepbio.zoo.record import ModelRecord

log = logging.getLogger("deepbio")


class Windows(NamedTuple):
    """Some windows, and the bases of the genome that their predictions are of.

    Args:
        codes: Codes as the model reads them, `(n, length)`.
        ids: Names.
        chromosomes: Names of the chromosomes in the FASTA.
        starts, ends: Interval or tile of each window, 0-based and half open.
        window_starts: First position of each window on its chromosome.
        minus: Whether a window is on the minus strand.
    """

    codes: np.ndarray
    ids: Sequence[str]
    chromosomes: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    window_starts: np.ndarray
    minus: np.ndarray

    def take(self, kept: np.ndarray) -> Windows:
        """Return some of the windows, by a mask."""
        ids = [name for name, keep in zip(self.ids, kept, strict=True) if keep]
        fields = ("codes", "chromosomes", "starts", "ends", "window_starts", "minus")
        return Windows(ids=ids, **{name: getattr(self, name)[kept] for name in fields})


def concatenate(parts: Sequence[Windows]) -> Windows:
    """Return several sets of windows as one."""
    if len(parts) == 1:
        return parts[0]
    ids = [name for part in parts for name in part.ids]
    fields = ("codes", "chromosomes", "starts", "ends", "window_starts", "minus")
    return Windows(ids=ids, **{name: np.concatenate([getattr(part, name) for part in parts]) for name in fields})


class WindowPlan(Protocol):
    """All windows of a run, read some at a time."""

    genome: Genome

    def __len__(self) -> int: ...

    def read(self, first: int, last: int) -> Windows:
        """Return the windows from `first` to before `last`."""
        ...


class TilePlan:
    """Tiles of regions; see `deepbio.genome.tiles.Tiles`."""

    def __init__(self, tiles: Tiles) -> None:
        self.tiles, self.genome = tiles, tiles.genome

    def __len__(self) -> int:
        return len(self.tiles)

    def read(self, first: int, last: int) -> Windows:
        """Return the windows from `first` to before `last`."""
        chosen = np.arange(first, last)
        names, starts, ends = self.tiles.spans(chosen)
        rows = zip(names.tolist(), starts.tolist(), ends.tolist(), strict=True)
        ids = [f"{name}:{start}-{end}" for name, start, end in rows]
        minus = np.zeros(len(chosen), bool)
        return Windows(self.tiles[chosen], ids, names, starts, ends, self.tiles.window_starts(chosen), minus)


class IntervalPlan:
    """One window around the center of each interval.

    Args:
        windows: Windows of the intervals.
        ids: Their names.
        is_sorted: Whether the windows come in the order of the genome instead of that of the file.
        positions: Number of bases around the center that the model predicts; None if it predicts one value for the interval.
    """

    def __init__(self, windows: GenomeWindows, ids: Sequence[str], *, is_sorted: bool, positions: int | None) -> None:
        self.windows, self.ids, self.genome, self.positions = windows, ids, windows.genome, positions
        rank = {name: i for i, name in enumerate(windows.genome.lengths)}
        chromosomes = np.array([rank[name] for name in windows.chromosomes.tolist()], np.int64)
        starts, _ = self._spans(np.arange(len(windows)))
        self._order = np.lexsort((starts, chromosomes)) if is_sorted else np.arange(len(windows))

    def __len__(self) -> int:
        return len(self.windows)

    def _spans(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        windows = self.windows
        if self.positions is None:
            return windows.interval_starts[chosen], windows.interval_ends[chosen]
        before = windows.length // 2 - self.positions // 2
        after = windows.length - self.positions - before
        first = windows.starts[chosen] + np.where(windows.minus[chosen], after, before)
        sizes = np.array([windows.genome.lengths[name] for name in windows.chromosomes[chosen].tolist()], np.int64)
        return np.maximum(first, 0), np.minimum(first + self.positions, sizes)

    def read(self, first: int, last: int) -> Windows:
        """Return the windows from `first` to before `last`."""
        chosen = self._order[first:last]
        windows, ids = self.windows, [str(self.ids[i]) for i in chosen.tolist()]
        starts, ends = self._spans(chosen)
        names, firsts, minus = windows.chromosomes[chosen], windows.starts[chosen], windows.minus[chosen]
        return Windows(windows[chosen], ids, names, starts, ends, firsts, minus)

    def check_apart(self) -> None:
        """Check that the bases of no two windows overlap, because a bedGraph and a bigWig have one value per base.

        Raises:
            DataError: some do; the message names the first two.
        """
        names, (starts, ends) = self.windows.chromosomes[self._order], self._spans(self._order)
        over = (names[1:] == names[:-1]) & (starts[1:] < ends[:-1])
        for i in np.flatnonzero(over)[:1].tolist():
            one, other = (f"{names[k]}:{starts[k]}-{ends[k]}" for k in (i, i + 1))
            raise DataError(
                f"A bedGraph and a bigWig have one value per base, and {one} overlaps {other}. Write TSV or BED, or add "
                "tile=True (--tile) to predict the bases of all intervals."
            )


def plan_intervals(
    records: Sequence[ModelRecord], genome: Genome, bed: FilePath, *, is_sorted: bool, positions: int | None, **reading: Any
) -> IntervalPlan:  # fmt: skip
    """Return the windows of the intervals of a file, read as `predict` reads it.

    Args:
        records: Record of each model; all of them read the same windows.
        genome: Genome of the intervals.
        bed: File of the intervals.
        is_sorted, positions: As for `IntervalPlan`.
        reading: Options that differ from those of training.

    Raises:
        DataError: what `read_examples` raises.
        ModelError: the models were trained on intervals that were read otherwise.
    """
    files = {"bed": bed, "genome": genome.path, **reading}
    if len(records) > 1:
        _check_reading(records, {**files, "bed": {"": bed}})
    source, ids = read_examples(records[0], files)
    assert isinstance(source, GenomeWindows)
    longer = int((source.interval_ends - source.interval_starts > source.length).sum())
    if longer and positions is None:
        log.warning(
            "%s of %s intervals are longer than the windows of the model, %s bases: each is predicted from the bases at its center. "
            "tile=True (--tile) predicts all bases.",
            f"{longer:,}",
            f"{len(source):,}",
            f"{source.length:,}",
        )
    return IntervalPlan(source, ids, is_sorted=is_sorted, positions=positions)


def _check_reading(records: Sequence[ModelRecord], files: Mapping[str, Any]) -> None:
    """Check that all models would read the same windows of the intervals."""
    first, *others = (plan_of(record, files).options for record in records)
    for other in others:
        for name in first | other:
            if first.get(name) != other.get(name):
                raise ModelError(
                    f"Models that are averaged read the same windows, and they were trained with {name}={first.get(name)} and "
                    f"{name}={other.get(name)}: pass {name}=... (on the command line --data {name}=...)."
                )


def plan_tiles(
    genome: Genome, bed: FilePath | None, chromosomes: Sequence[str], *, length: int, stride: int, reading: Mapping[str, Any]
) -> TilePlan:  # fmt: skip
    """Return tiles of the intervals of a file, or of chromosomes.

    Raises:
        DataError: an option does not apply to tiles, or what `Tiles` and the reader of the file raise.
    """
    features = names_of(reading.get("features", ("gene",)))
    if other := next((name for name in reading if name != "features" or bed is None), None):
        raise DataError(f"{other} is no option of tiles, which cover every base of a region. Leave it out.")
    if bed is not None and chromosomes:
        raise DataError("Expected intervals or chromosomes to tile; received both. Leave one of them out.")
    if bed is None:
        regions = chromosome_regions(genome, chromosomes)
    else:
        regions = interval_regions(genome, read_intervals(bed, features))
    return TilePlan(Tiles(genome, regions, length=length, stride=stride))
