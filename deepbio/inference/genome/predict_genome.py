"""`predict_genome`: predictions in intervals or along whole chromosomes, written as they are computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, cast

import numpy as np

from deepbio import __version__
from deepbio.errors import DataError, nearest
from deepbio.files import FilePath
from deepbio.genome import open_genome
from deepbio.inference.genome.lines import format_of
from deepbio.inference.genome.longer_windows import load_with_length
from deepbio.inference.genome.windows import WindowPlan, Windows, concatenate, plan_intervals, plan_tiles
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from deepbio.inference.genome.model import GenomeModel
    from deepbio.inference.genome.writer import GenomeWriter

STRANDS = ("forward", "reverse", "both")


@dataclass(frozen=True)
class GenomePredictions:
    """What `predict_genome` did.

    Args:
        windows: Number of windows that were predicted.
        left_out: Number of windows that were left out because of their N, or because their interval has no base.
        paths: Files that were written.
    """

    windows: int
    left_out: int
    paths: tuple[Path, ...]


def predict_genome(
    model: FilePath | keras.Model | Sequence[FilePath | keras.Model],
    genome: FilePath,
    out: FilePath | IO[str],
    *,
    bed: FilePath | None = None,
    tile: bool = False,
    stride: int | None = None,
    chromosomes: Sequence[str] = (),
    format: Literal["tsv", "bed", "bedgraph", "bigwig"] | None = None,
    outputs: Sequence[str] = (),
    strands: Literal["forward", "reverse", "both"] = "forward",
    expected_counts: bool = False,
    max_n: float = 1.0,
    length: int | None = None,
    batch_size: int = 256,
    strategy: str | tf.distribute.Strategy = "auto",
    raw: bool = False,
    comments: bool = True,
    progress: Callable[[int, int], None] | None = None,
    **reading: Any,
) -> GenomePredictions:
    """Predict the intervals of a BED, or every base of chromosomes or intervals, in constant memory.

    A model of a window (classes, values, counts) predicts one value per output for each interval or tile. A model of positions
    (`per_position`, `profile`) predicts a value for each base: for the bases around the center of an interval that its output
    covers, or for every base of the tiles. Positions of a window beyond the ends of its chromosome are N, as in training. Memory
    does not depend on the number of windows, apart from the intervals themselves.

    Args:
        model: Preset, folder of a run, name of a pretrained model, or model from `get_model`, built in the scope of the strategy;
            or several with equal windows and outputs, whose predictions are averaged as `deepbio.predict` averages them:
            probabilities, calibrated where a model is, and no thresholds. All of them are in memory.
        genome: Path of the FASTA.
        out: Path of the output, written whole or not at all, or an open text file. The outputs of a model have a bedGraph or
            bigWig of their own: of several, `out.bw` becomes `out.NAME.bw`.
        bed: Path of a BED, narrowPeak, GTF or GFF; its chromosomes may have any of their names.
        tile: Whether to predict all bases: of the intervals, of which those that overlap are merged, or of whole chromosomes.
        stride: Number of bases of a tile: each has the predictions of a window that is centered on it. None takes the number of
            positions that the model predicts, or the length of its window.
        chromosomes: Chromosomes to tile; empty for all.
        format: Format of the output; None decides by its ending (`.tsv`, `.bed`, `.bedgraph`, `.bw`).
        outputs: Labels of the outputs to write as tracks or as columns of values per base; empty for all, of two classes the
            positive one.
        strands: `"forward"` predicts windows as they are, `"reverse"` their reverse complements, `"both"` averages the two.
            Intervals of the minus strand are reversed in any case if those of training were.
        expected_counts: Whether a `profile` model writes expected counts, which are the exponentials of its outputs, instead of
            fractions that add up to one in each window. The model must be trained with the loss `poisson`, as bpnet is.
        max_n: Windows with at least this fraction of N are left out; 1 leaves out windows of N alone.
        length: Number of bases of a window, for models of convolutions alone, such as SpliceAI.
        batch_size: Number of windows that are read and passed to the devices together. It does not change a bit of the output.
        strategy: Devices, as in `deepbio.devices.choose_strategy`; their number does not change a bit of the output either.
        raw: Whether a TSV has labels as they are, even if a spreadsheet would run them.
        comments: Whether text begins with lines about the run, after `#`.
        progress: Function that is called with the number of windows done and that of all.
        reading: Options of the intervals that differ from those of training, such as `stranded`, `summit` or `features`.

    Returns:
        The numbers of windows, and the paths.

    Raises:
        DataError: the intervals or chromosomes are not those of the genome, tracks would have two values for one base, or an
            option does not suit the format.
        ModelError: the model does not take DNA or has no task, an option does not suit it, or the models differ in windows,
            positions or task, or in how they read intervals.

    Example:
        >>> import tempfile
        >>> from deepbio.zoo import get_model
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "g.fa").write_text(">chr1\\n" + "ACGTT" * 30 + "\\n")
        >>> model = get_model("dna_cnn.ecoli_promoters")  # windows of 57 bases
        >>> predict_genome(model, folder / "g.fa", folder / "p.bedgraph", tile=True, stride=50).windows
        3
        >>> (folder / "p.bedgraph").read_text().splitlines()[-1].split()[:3]
        ['chr1', '100', '150']
    """
    from deepbio.devices import choose_strategy
    from deepbio.inference.genome.model import GenomeModel, check_models
    from deepbio.inference.genome.writer import GenomeWriter
    from deepbio.inference.passes import Passes

    path = None if hasattr(out, "write") else Path(out)  # type: ignore[arg-type]
    kind = format_of(path, format)
    chosen = choose_strategy(strategy)  # before the model is made: see there
    _check(strands, max_n, batch_size)
    with chosen.scope():
        several = isinstance(model, Sequence) and not isinstance(model, str)
        built = [load_with_length(one, length) for one in (cast(Sequence[Any], model) if several else [model])]
    size, positions = check_models(built, strands=strands, expected_counts=expected_counts)
    opened = open_genome(genome)
    if tile:
        largest = positions or size
        if stride is not None and not 1 <= stride <= largest:
            raise DataError(f"The stride is 1 to {largest} bases, so that no base is left out; received {stride}.")
        plan: WindowPlan = plan_tiles(opened, bed, chromosomes, length=size, stride=stride or largest, reading=reading)
    elif bed is None:
        raise DataError(
            "Expected intervals (bed=, on the command line --bed) or tile=True (--tile) to predict whole chromosomes."
        )
    elif stride is not None or chromosomes:
        raise DataError("A stride and chromosomes are for tiles: add tile=True (--tile), or leave them out.")
    else:
        tracks = kind in ("bedgraph", "bigwig")
        records = [describe(one) for one in built]
        plan = plan_intervals(records, opened, bed, is_sorted=tracks, positions=positions, **reading)
        if tracks:
            plan.check_apart()
    passes = [Passes(one, chosen) for one in built]
    run = GenomeModel(built, passes, strands=strands, expected_counts=expected_counts)
    facts = _facts(run, plan, stride=stride or positions or size, tile=tile, max_n=max_n) if comments else {}
    writer = GenomeWriter(
        kind, path if path is not None else cast(IO[str], out), run, opened, outputs=outputs, facts=facts, raw=raw
    )
    with writer:
        done, left_out = _write_all(run, plan, writer, max_n=max_n, batch_size=batch_size, progress=progress)
        if not done:
            raise DataError(
                f"There is nothing to predict: the fraction of N is {max_n:g} or more in all {left_out} windows. Are the regions of "
                "this genome?"
            )
    return GenomePredictions(done, left_out, writer.paths)


def _write_all(
    run: GenomeModel, plan: WindowPlan, writer: GenomeWriter, *, max_n: float, batch_size: int,
    progress: Callable[[int, int], None] | None,
) -> tuple[int, int]:  # fmt: skip
    """Predict and write all windows. Return how many were predicted and how many were left out."""
    step = -(-batch_size // run.step) * run.step
    waiting: list[Windows] = []
    done = left_out = 0
    for first in range(0, len(plan), step):
        last = min(first + step, len(plan))
        found = plan.read(first, last)
        kept = ((found.codes > 3).mean(axis=1) < max_n) & (found.ends > found.starts)
        left_out += int((~kept).sum())
        waiting.append(found.take(kept))
        ready = sum(len(part.ids) for part in waiting)
        full = ready if last == len(plan) else ready // run.step * run.step
        if full:
            together = concatenate(waiting)
            now = np.arange(ready) < full
            writer.write(run.predict(together.take(now)))
            waiting, done = [together.take(~now)], done + full
        if progress is not None:
            progress(last, len(plan))
    return done, left_out


def _check(strands: str, max_n: float, batch_size: int) -> None:
    if strands not in STRANDS:
        raise DataError(f"Unknown strands {strands!r}. {nearest(str(strands), STRANDS)}")
    if not 0 < max_n <= 1:
        raise DataError(f"max_n is a fraction above 0, at most 1; received {max_n:g}.")
    if batch_size < 1:
        raise DataError(f"The batch size is 1 or more; received {batch_size}.")


def _facts(run: GenomeModel, plan: WindowPlan, *, stride: int, tile: bool, max_n: float) -> dict[str, str]:
    """Return what a reader of the output must know, as lines of its header."""
    strands = {
        "forward": "forward, as the windows are",
        "reverse": "reverse complement of the windows",
        "both": "both, the average of the windows and their reverse complements",
    }
    windows = f"{run.length} bases" + (f", one each {stride} bases" if tile else " around the center of each interval")
    n = "N alone" if max_n == 1 else f"a fraction of N of {max_n:g} or more"
    return {
        "made by": f"deepbio {__version__}, predict",
        "model": run.name,
        "genome": f"{plan.genome.path.name}, SHA-256 {plan.genome.sha256}",
        "windows": windows + f"; those of {n} are left out; N beyond the ends of a chromosome",
        "strands": strands[run.strands],
        "values": run.values,
    }
