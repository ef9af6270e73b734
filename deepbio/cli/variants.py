"""`deepbio variants`: scores of the variants of a VCF."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepbio.cli.console import load_tensorflow, note
from deepbio.cli.options import Devices
from deepbio.cli.variants_report import report
from deepbio.errors import DeepbioError

if TYPE_CHECKING:
    from deepbio.variants import Summary

app = typer.Typer(no_args_is_help=True, help="Score the variants of a VCF.")
app.command()(report)

Vcf = Annotated[Path, typer.Argument(help="VCF (plain, gzip or bgzip) or BCF; - is the standard input.")]
Fasta = Annotated[Path, typer.Option("--fasta", help="Reference genome as FASTA.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Result, written whole or not at all; .gz is bgzip, .bcf BCF.")]
Skips = Annotated[bool, typer.Option("--explain-skips", help="Reasons for skipped records, in OUT.skips.tsv.")]
Mismatches = Annotated[
    str | None,
    typer.Option(
        metavar="FRACTION|NUMBER",
        help="Reference alleles that may differ from the FASTA, as a fraction (0.02) or a number (5); default 1%, or two of a few.",
    ),
]


@app.command()
def splice(
    vcf: Vcf,
    fasta: Fasta,
    annotation: Annotated[str, typer.Option("--annotation", help="Genes: grch37, grch38, a table, a GTF or a GFF3.")],
    out: Out,
    weights: Annotated[str, typer.Option(help="Weights: ci, illumina, or a preset.")] = "ci",
    distance: Annotated[int, typer.Option(help="Distance of scored positions from the variant, 1 to 4999.")] = 50,
    mask: Annotated[int, typer.Option(help="Mask: 1 sets gains of annotated sites and losses of others to 0.")] = 0,
    mnv: Annotated[
        bool,
        typer.Option("--mnv", help="Scores of variants with two alleles longer than 1, which SpliceAI leaves out."),
    ] = False,
    format: Annotated[str, typer.Option(help="Format: vcf, tsv or parquet.")] = "vcf",
    all_isoforms: Annotated[
        bool, typer.Option("--all-isoforms", help="Scores for each transcript of a GTF or GFF3.")
    ] = False,
    shards: Annotated[str, typer.Option(metavar="I/N", help="Shard to score: the I-th of N.")] = "1/1",
    resume: Annotated[bool, typer.Option("--resume", help="Continuation of a run that was stopped.")] = False,
    explain_skips: Skips = False,
    index: Annotated[bool, typer.Option("--index", help="Index of the bgzip VCF or BCF.")] = False,
    max_mismatches: Mismatches = None,
    chunk: Annotated[int, typer.Option(help="Number of records that are scored and saved together.")] = 256,
    strategy: Devices = "auto",
    workers: Annotated[
        int | None, typer.Option(help="Number of processes that divide the chunks; default: only this one.")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Address of a Dask scheduler whose workers divide the chunks."),
    ] = None,
) -> None:
    """Score splicing by SpliceAI's rules: the INFO field SpliceAI, or a table of raw values."""
    if mask not in (0, 1):
        raise DeepbioError(f"--mask is 0 or 1; received {mask}.")
    load_tensorflow()
    from deepbio import variants
    from deepbio.variants.chunks import chunks_folder

    try:
        summary = variants.splice(
            vcf, fasta=fasta, annotation=annotation, out=out, weights=weights, distance=distance, mask=bool(mask),
            mnv=mnv, format=format, all_isoforms=all_isoforms, shard=_shard(shards), resume=resume, explain_skips=explain_skips,  # type: ignore[arg-type]
            index=index, max_mismatches=_mismatches(max_mismatches), chunk=chunk, strategy=strategy, workers=workers,
            scheduler=scheduler,
            progress=Progress(),
        )  # fmt: skip
    except KeyboardInterrupt:
        if (kept := chunks_folder(out)).is_dir():
            note(f"Finished chunks are in {kept}; the same command with --resume continues from there.")
        raise
    _report(summary, out)


@app.command()
def score(
    vcf: Vcf,
    model: Annotated[
        list[str],
        typer.Option("--model", help="Folder of a run, or name of a pretrained model; several are averaged."),
    ],
    fasta: Fasta,
    out: Out,
    strands: Annotated[str, typer.Option(help="Strands: both (averaged) or forward.")] = "both",
    batch_size: Annotated[int, typer.Option(help="Number of windows per batch.")] = 64,
    explain_skips: Skips = False,
    max_mismatches: Mismatches = None,
) -> None:
    """Score each alternate allele with any DNA model: differences and log ratio of every output, as TSV."""
    load_tensorflow()
    from deepbio import variants

    summary = variants.score(
        model, vcf, fasta=fasta, out=out, strands=strands, batch_size=batch_size, explain_skips=explain_skips,  # type: ignore[arg-type]
        max_mismatches=_mismatches(max_mismatches), progress=Progress(),
    )  # fmt: skip
    _report(summary, out)


@app.command()
def mmsplice(
    vcf: Vcf,
    fasta: Fasta,
    annotation: Annotated[Path, typer.Option("--annotation", help="Exons: a GTF or a GFF3.")],
    out: Out,
    format: Annotated[
        str, typer.Option(help="Format: vcf (largest change for each gene), or tsv (all exons).")
    ] = "vcf",
    explain_skips: Skips = False,
    index: Annotated[bool, typer.Option("--index", help="Index of the bgzip VCF or BCF.")] = False,
    max_mismatches: Mismatches = None,
) -> None:
    """Score the inclusion of exons by MMSplice: delta logit PSI, as the INFO field MMSplice or a table of all modules."""
    load_tensorflow()
    from deepbio import variants

    summary = variants.mmsplice(
        vcf, fasta=fasta, annotation=annotation, out=out, format=format, explain_skips=explain_skips, index=index,  # type: ignore[arg-type]
        max_mismatches=_mismatches(max_mismatches), progress=Progress(),
    )  # fmt: skip
    _report(summary, out)


class Progress:
    """A line every ten seconds: variants done, variants per second, time left."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._first: tuple[int, float] | None = None

    def __call__(self, done: int, total: int, seconds: float) -> None:
        """Print the progress, at most every ten seconds."""
        if self._first is None:
            self._first = (done, seconds)
        if time.monotonic() - self._last < 10:
            return
        self._last = time.monotonic()
        rate = (done - self._first[0]) / max(seconds - self._first[1], 1e-9)
        left = f", {(total - done) / rate / 60:.1f} minutes left" if rate > 0 else ""
        typer.echo(f"{done:,} of {total:,} variants, {rate:.1f} per second{left}", file=sys.stderr)


def _report(summary: Summary, out: Path) -> None:
    note(f"{summary.scored:,} of {summary.records:,} records scored in {summary.seconds:.1f} s; written to {out}.")
    for reason, count in sorted(summary.skipped.items(), key=lambda pair: -pair[1]):
        note(f"  {count:>9,}  {reason}")


def _mismatches(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError:
        raise DeepbioError(f"--max-mismatches takes a fraction such as 0.02, or a number; received {text!r}.") from None


def _shard(text: str) -> tuple[int, int]:
    i, slash, n = text.partition("/")
    if not (slash and i.isdigit() and n.isdigit() and 1 <= int(i) <= int(n)):
        raise DeepbioError(f"--shards takes I/N, such as 3/10; received {text!r}.")
    return int(i), int(n)
