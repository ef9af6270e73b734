"""The options "Over a genome" of `deepbio predict`: intervals and whole chromosomes, as tables and as tracks of a genome browser."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from deepbio.cli.console import key_values, load_tensorflow, note
from deepbio.cli.own_data import DataOptions
from deepbio.errors import DeepbioError, nearest

PANEL = "Over a genome"
_INTERVALS = (".bed", ".narrowpeak", ".broadpeak", ".gtf", ".gff", ".gff2", ".gff3")
_TRACKS = (".bed", ".bedgraph", ".bdg", ".bg", ".bw", ".bigwig")


def _option(help: str, metavar: str | None = None) -> Any:
    return typer.Option(help=help, metavar=metavar, rich_help_panel=PANEL)


@dataclass(frozen=True)
class GenomeOptions:
    """What the command line says about predictions over a genome."""

    tile: Annotated[bool, _option("Prediction of every base: of whole chromosomes, or of the intervals of --bed.")] = (
        False
    )
    stride: Annotated[
        int | None, _option("Number of bases from one tile to the next; default: what a window predicts.")
    ] = None
    chromosomes: Annotated[
        list[str] | None, _option("Chromosome to tile, under any of its names; repeatable, or 1,2,X.", "NAME")
    ] = None
    format: Annotated[str | None, _option("Format: tsv, bed, bedgraph or bigwig; default: by the ending of --out.")] = (
        None
    )
    output: Annotated[
        list[str] | None,
        _option("Label to write as a track; repeatable; default: all, each in a file of its own.", "NAME"),
    ] = None
    strands: Annotated[str | None, _option("Strands: forward (default), reverse, or both (averaged).")] = None
    ensemble: Annotated[
        list[str] | None,
        _option(
            "Folder or name of another model, whose predictions are averaged with those of MODEL; repeatable.", "MODEL"
        ),
    ] = None
    expected_counts: Annotated[
        bool, _option("Expected counts of bpnet at each base, instead of fractions of each window.")
    ] = False
    max_n: Annotated[
        float, _option("Fraction of N at which a window is left out; default: windows of N alone.", "FRACTION")
    ] = 1.0
    batch_size: Annotated[int, _option("Number of windows read together; it does not change the output.")] = 256
    strategy: Annotated[str, _option("Devices: auto (every GPU), one, mirrored or cpu:N.")] = "auto"

    def asked(self, out: Path | None) -> bool:
        """Return whether an option, or the ending of the output, asks for a prediction over a genome."""
        plain = (self.stride, self.chromosomes, self.format, self.output, self.strands, self.ensemble)
        track = out is not None and out.suffix.lower() in _TRACKS
        return self.tile or self.expected_counts or self.max_n != 1 or track or any(v is not None for v in plain)


def intervals_of(file: Path | None, data: DataOptions) -> str | None:
    """Return the file of intervals that a command names, if it is one file without classes and there is a genome."""
    if data.genome is None:
        return None
    if file is not None:
        stem = file.name.lower().removesuffix(".gz").removesuffix(".bgz")
        return str(file) if stem.endswith(_INTERVALS) else None
    named = data.bed or []
    return named[0] if len(named) == 1 and "=" not in named[0] else None


def predict_over_genome(
    models: Sequence[str], file: Path | None, data: DataOptions, over: GenomeOptions, out: Path | None, *, raw: bool
) -> None:
    """Run `deepbio.inference.predict_genome` with the options of the command line."""
    bed = intervals_of(file, data)
    if data.genome is None and over.ensemble:
        raise DeepbioError(
            "--ensemble is for predictions over a genome: add --genome FASTA. In Python, predict takes a list of models for any data."
        )
    if data.genome is None:
        raise DeepbioError("A prediction over a genome needs its FASTA: add --genome FASTA.")
    if bed is None and (file is not None or data.bed):
        raise DeepbioError(
            f"Expected one BED, narrowPeak, GTF or GFF file, without a class; received {file or ' '.join(data.bed or [])}."
        )
    if bed is None and not over.tile:
        raise DeepbioError("Expected intervals (--bed FILE), or --tile to predict whole chromosomes.")
    if bed is not None and not Path(bed).exists():
        beside = [p.name for p in Path(bed).parent.iterdir()] if Path(bed).parent.is_dir() else []
        raise DeepbioError(
            f"Expected a file at {bed}; there is none. {nearest(Path(bed).name, beside) if beside else ''}"
        )
    others = (data.fasta, data.table, data.images, data.npz, data.h5ad, data.genbank, data.bigwig, data.vcf)
    if any(others) or (file is not None and data.bed):
        raise DeepbioError(
            "A prediction over a genome takes --genome, and one file of intervals; leave the other files out."
        )
    load_tensorflow()
    from deepbio.inference import predict_genome

    reading = key_values(data.data or [], option="--data")
    names = [name for part in over.chromosomes or [] for name in part.split(",") if name]
    found = predict_genome(
        models, data.genome, sys.stdout if out is None else out, bed=bed, tile=over.tile, stride=over.stride,
        chromosomes=names, format=over.format, outputs=over.output or [], strands=over.strands or "forward",  # type: ignore[arg-type]
        expected_counts=over.expected_counts, max_n=over.max_n, length=data.length, batch_size=over.batch_size,
        strategy=over.strategy, raw=raw, comments=over.asked(out), progress=Progress(), **reading,
    )  # fmt: skip
    left = f", {found.left_out:,} left out because of N" if found.left_out else ""
    if out is not None:
        note(f"{found.windows:,} predictions written to {', '.join(map(str, found.paths))}{left}.")
    elif left:
        note(f"{found.windows:,} predictions{left}.")


class Progress:
    """A line every ten seconds: windows done, and windows per second."""

    def __init__(self) -> None:
        self._first = self._last = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Print the progress, at most every ten seconds."""
        now = time.monotonic()
        if now - self._last >= 10:
            self._last = now
            rate = done / (now - self._first)
            note(f"{done:,} of {total:,} windows, {rate:.0f} per second, {(total - done) / rate / 60:.1f} minutes left")
