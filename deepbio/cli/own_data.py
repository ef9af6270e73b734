"""Data of your own on the command line: `--fasta`, `--table`, `--images`, `--genome` and so on, and loading them from a recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepbio.cli.console import note
from deepbio.errors import DeepbioError

if TYPE_CHECKING:
    from deepbio.datasets import Dataset

_OWN = "Your own data"
_KINDS = "--fasta, --table, --images, --npz, --h5ad, --genbank or --genome"
Fasta = Annotated[
    list[str] | None,
    typer.Option(
        "--fasta", metavar="CLASS=FILE", help="A FASTA or FASTQ file of one class; repeat.", rich_help_panel=_OWN
    ),
]
Table = Annotated[
    Path | None, typer.Option("--table", help="A CSV, TSV, JSON lines or Parquet file.", rich_help_panel=_OWN)
]
Images = Annotated[
    Path | None, typer.Option("--images", help="A folder of images, one subfolder a class.", rich_help_panel=_OWN)
]
Npz = Annotated[Path | None, typer.Option("--npz", help="An archive in MedMNIST's form.", rich_help_panel=_OWN)]
H5ad = Annotated[
    Path | None,
    typer.Option("--h5ad", help="AnnData: cells; with --genome, regions by cell type.", rich_help_panel=_OWN),
]
Genbank = Annotated[
    Path | None,
    typer.Option("--genbank", help="Windows around its features: --data features=[CDS,tRNA].", rich_help_panel=_OWN),
]
Genome = Annotated[
    Path | None, typer.Option("--genome", help="A FASTA for --bed, --vcf or --h5ad.", rich_help_panel=_OWN)
]
Bed = Annotated[
    list[str] | None,
    typer.Option(
        "--bed",
        metavar="CLASS=FILE|FILE",
        help="BED or GTF of one class, repeat; or one file with --label name, score or feature, or with --bigwig.",
        rich_help_panel=_OWN,
    ),
]
Bigwig = Annotated[
    list[str] | None,
    typer.Option("--bigwig", metavar="NAME=FILE|FILE", help="A track to predict; repeat.", rich_help_panel=_OWN),
]
Vcf = Annotated[
    list[str] | None,
    typer.Option(
        "--vcf",
        metavar="CLASS=FILE|FILE",
        help="Variants of one class, repeat; or one file with --label FIELD of its INFO.",
        rich_help_panel=_OWN,
    ),
]
Image = Annotated[
    str | None, typer.Option("--image", metavar="COLUMN", help="Of image files in the table.", rich_help_panel=_OWN)
]
Window = Annotated[
    str | None,
    typer.Option("--window", metavar="CENTER,WIDTH|full", help="Grey values to see, as 40,400.", rich_help_panel=_OWN),
]
Label = Annotated[
    str | None,
    typer.Option("--label", metavar="COLUMN|FIELD", help="Of classes in the table or file.", rich_help_panel=_OWN),
]
Text = Annotated[
    str | None, typer.Option("--text", metavar="COLUMN", help="Of notes in the table.", rich_help_panel=_OWN)
]
Sequences = Annotated[
    str | None, typer.Option("--sequence", metavar="COLUMN", help="Of DNA in the table.", rich_help_panel=_OWN)
]
Group = Annotated[
    str | None,
    typer.Option(
        "--group",
        metavar="COLUMN|REGEX",
        help="What no two splits may share: a column of the table, or a pattern in the names of records or images.",
        rich_help_panel=_OWN,
    ),
]
Positive = Annotated[
    str | None, typer.Option("--positive", metavar="CLASS", help="Of two classes.", rich_help_panel=_OWN)
]
Length = Annotated[
    int | None, typer.Option("--length", help="Bases, or tokens, to crop or pad to.", rich_help_panel=_OWN)
]


def own_options(
    *,
    fasta: Sequence[str] | None = None,
    table: Path | None = None,
    image: str | None = None,
    images: Path | None = None,
    npz: Path | None = None,
    h5ad: Path | None = None,
    genbank: Path | None = None,
    genome: Path | None = None,
    bed: Sequence[str] | None = None,
    bigwig: Sequence[str] | None = None,
    vcf: Sequence[str] | None = None,
    window: str | None = None,
    **others: Any,
) -> dict[str, Any]:
    """Return what the command line says of files of your own as options of a data set; empty where it names none.

    Example:
        >>> own_options(fasta=["promoter=a.fa", "other=b.fa"], positive="promoter")
        {'fasta': {'promoter': 'a.fa', 'other': 'b.fa'}, 'positive': 'promoter'}
        >>> own_options(genome="g.fa", bed=["peaks.bed"], label="score", length=500)
        {'genome': 'g.fa', 'bed': 'peaks.bed', 'label': 'score', 'length': 500}
    """
    sources: dict[str, Any] = {
        "fasta": _classes(fasta or []),
        "csv" if image is None else "manifest": table,
        "folder": images,
        "npz": npz,
        "h5ad": h5ad,
        "genbank": genbank,
        "genome": None if h5ad else genome,
    }
    beside: dict[str, Any] = {
        "image": image,
        "window": _window(window),
        "bed": _files(bed or [], "--bed"),
        "bigwig": _files(bigwig or [], "--bigwig"),
        "vcf": _files(vcf or [], "--vcf"),
        "genome": str(genome) if h5ad and genome else None,
    }
    named = {source: value for source, value in sources.items() if value}
    used = {name: value for name, value in {**beside, **others}.items() if value not in (None, {}, "")}
    if not named and used:
        needed = "--genome" if {"bed", "bigwig", "vcf"} & set(used) else "--table" if image else _KINDS
        raise DeepbioError(f"--{next(iter(used))} is for files of your own: add {needed}.")
    if len(named) > 1:
        raise DeepbioError(f"Give one kind of file: {_KINDS}.")
    _check_genome(used, genome is not None, of_cells=h5ad is not None)
    return {source: value if isinstance(value, dict) else str(value) for source, value in named.items()} | used


def own_name(options: Mapping[str, Any]) -> str:
    """Name a data set after its files.

    Example:
        >>> own_name({"csv": "data/visits.tsv.gz"}), own_name({"fasta": {"promoter": "a.fa", "other": "b.fa"}})
        ('visits', 'promoter-other')
    """
    named = next(
        options[source]
        for source in ("fasta", "csv", "manifest", "folder", "npz", "h5ad", "genbank", "vcf", "bed")
        if source in options
    )
    return "-".join(named) if isinstance(named, Mapping) else Path(str(named)).resolve().name.split(".")[0]


def load_data(name: str, options: Mapping[str, Any], *, fingerprint: str | None = None) -> Dataset:
    """Load a data set by name, or build it again from your own files where its options name some.

    Where the `fingerprint` noted at training differs from that of the files, a note says so.
    """
    from deepbio.datasets import load_dataset
    from deepbio.datasets.build import build_again, names_files

    if not names_files(options):
        return load_dataset(name, **options)
    data = build_again(name, options)
    if fingerprint is not None and data.fingerprint() != fingerprint:
        note(f"The files of {name} are not what they were at training, or the splits differ: compare with care.")
    return data


def _check_genome(used: Mapping[str, Any], given: bool, *, of_cells: bool) -> None:
    """A genome needs places and a length, and places need a genome."""
    places = [name for name in ("bed", "vcf") if name in used]
    if len(places) > 1:
        raise DeepbioError("Give either --bed or --vcf.")
    if not given and (places or "bigwig" in used):
        raise DeepbioError("--bed, --vcf and --bigwig need the genome: add --genome FASTA.")
    if given and not places and not of_cells:
        raise DeepbioError("--genome needs to know where: add --bed, --vcf or --h5ad.")
    if given and "length" not in used:
        raise DeepbioError("--genome needs the bases of a window: add --length, such as --length 1000.")
    if "bigwig" in used and not isinstance(used.get("bed"), str):
        raise DeepbioError("--bigwig takes one --bed FILE, without a class.")


def _files(given: Sequence[str], option: str) -> dict[str, str] | str | None:
    """Name to file where all are `NAME=FILE`; one file where it has no name."""
    if not any("=" in one for one in given):
        if len(given) > 1 and option != "--bigwig":
            raise DeepbioError(f"{option} takes one file, or CLASS=FILE for each of several.")
        if option == "--bigwig":
            return {Path(one).name.split(".")[0]: one for one in given}
        return given[0] if given else None
    return _classes(given, option)


def _window(text: str | None) -> list[float] | str | None:
    if text in (None, "full"):
        return text
    try:
        center, width = (float(part) for part in str(text).split(","))
    except ValueError:
        raise DeepbioError(f"--window takes CENTER,WIDTH such as 40,400, or full; received {text!r}.") from None
    return [center, width]


def _classes(pairs: Sequence[str], option: str = "--fasta") -> dict[str, str]:
    files: dict[str, str] = {}
    for pair in pairs:
        label, equals, path = pair.partition("=")
        if not (label and equals and path):
            raise DeepbioError(f"{option} takes CLASS=FILE, such as promoter=a.fa; received {pair!r}.")
        if label in files:
            raise DeepbioError(f"{option} names the class {label!r} twice. Put its records into one file.")
        files[label] = path
    return files
