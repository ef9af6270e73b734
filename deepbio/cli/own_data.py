"""Data of your own on the command line: `--fasta`, `--table`, `--images`, `--npz`, and loading them again from a recipe."""

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
Fasta = Annotated[
    list[str] | None,
    typer.Option("--fasta", metavar="CLASS=FILE", help="A FASTA file of one class; repeat.", rich_help_panel=_OWN),
]
Table = Annotated[Path | None, typer.Option("--table", help="A CSV, TSV or Parquet file.", rich_help_panel=_OWN)]
Images = Annotated[
    Path | None, typer.Option("--images", help="A folder of images, one subfolder a class.", rich_help_panel=_OWN)
]
Npz = Annotated[Path | None, typer.Option("--npz", help="An archive in MedMNIST's form.", rich_help_panel=_OWN)]
Label = Annotated[
    str | None, typer.Option("--label", metavar="COLUMN", help="Of classes in the table.", rich_help_panel=_OWN)
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
    images: Path | None = None,
    npz: Path | None = None,
    **others: Any,
) -> dict[str, Any]:
    """Give what the command line says of files of your own as options of a data set; empty where it names none.

    >>> own_options(fasta=["promoter=a.fa", "other=b.fa"], positive="promoter")
    {'fasta': {'promoter': 'a.fa', 'other': 'b.fa'}, 'positive': 'promoter'}
    """
    sources = {"fasta": _classes(fasta or []), "csv": table, "folder": images, "npz": npz}
    named = {source: value for source, value in sources.items() if value}
    used = {name: value for name, value in others.items() if value is not None}
    if not named and used:
        raise DeepbioError(f"--{next(iter(used))} is for files of your own: add --fasta, --table, --images or --npz.")
    if len(named) > 1:
        raise DeepbioError("Give one kind of file: --fasta, --table, --images or --npz.")
    return {source: value if isinstance(value, dict) else str(value) for source, value in named.items()} | used


def own_name(options: Mapping[str, Any]) -> str:
    """Name a data set after its files.

    >>> own_name({"csv": "data/visits.tsv.gz"}), own_name({"fasta": {"promoter": "a.fa", "other": "b.fa"}})
    ('visits', 'promoter-other')
    """
    if "fasta" in options:
        return "-".join(options["fasta"])
    path = Path(next(str(options[source]) for source in ("csv", "folder", "npz") if source in options))
    return path.resolve().name.split(".")[0]


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


def _classes(pairs: Sequence[str]) -> dict[str, str]:
    files: dict[str, str] = {}
    for pair in pairs:
        label, equals, path = pair.partition("=")
        if not (label and equals and path):
            raise DeepbioError(f"--fasta takes CLASS=FILE, such as promoter=a.fa; received {pair!r}.")
        if label in files:
            raise DeepbioError(f"--fasta names the class {label!r} twice. Put its sequences into one file.")
        files[label] = path
    return files
