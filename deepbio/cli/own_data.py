"""The options "Your own data": which data set a command works on, by name or from the user's files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepbio.cli.console import key_values, note
from deepbio.errors import DeepbioError

if TYPE_CHECKING:
    from deepbio.datasets import Dataset

PANEL = "Your own data"
_OPTIONS = {"csv": "table", "manifest": "table", "folder": "images"}
_KINDS = "--fasta, --table, --images, --npz, --h5ad, --genbank or --genome"


def _option(help: str, metavar: str | None = None) -> Any:
    return typer.Option(help=help, metavar=metavar, rich_help_panel=PANEL)


@dataclass(frozen=True)
class DataOptions:
    """What the command line says about the data: files with their roles, and options of the data set."""

    fasta: Annotated[list[str] | None, _option("FASTA or FASTQ file of one class; repeatable.", "CLASS=FILE")] = None
    table: Annotated[Path | None, _option("Table of examples: CSV, TSV, JSON lines or Parquet.")] = None
    images: Annotated[Path | None, _option("Folder of images, with one subfolder per class.")] = None
    npz: Annotated[Path | None, _option("Archive of images and splits in the format of MedMNIST.")] = None
    h5ad: Annotated[Path | None, _option("AnnData file of cells; with --genome, of regions per cell type.")] = None
    genbank: Annotated[
        Path | None, _option("GenBank file, for windows around features: --data features=[CDS,tRNA].")
    ] = None
    genome: Annotated[Path | None, _option("Genome as FASTA, for --bed, --vcf or --h5ad.")] = None
    bed: Annotated[
        list[str] | None,
        _option(
            "BED or GTF file of one class, repeatable; or one file with --label name, score or feature, or with --bigwig.",
            "CLASS=FILE|FILE",
        ),
    ] = None
    bigwig: Annotated[list[str] | None, _option("Track to predict, as bigWig; repeatable.", "NAME=FILE|FILE")] = None
    vcf: Annotated[
        list[str] | None,
        _option(
            "Variants of one class, repeatable; or one file with --label FIELD of its INFO column.", "CLASS=FILE|FILE"
        ),
    ] = None
    image: Annotated[str | None, _option("Column of image files in the table.", "COLUMN")] = None
    window: Annotated[str | None, _option("Grey values to show, as center and width: 40,400.", "CENTER,WIDTH|full")] = (
        None
    )
    label: Annotated[str | None, _option("Column or field of the classes.", "COLUMN|FIELD")] = None
    text: Annotated[str | None, _option("Column of notes in the table.", "COLUMN")] = None
    sequence: Annotated[str | None, _option("Column of DNA sequences in the table.", "COLUMN")] = None
    group: Annotated[
        str | None,
        _option(
            "Group that no two splits may share: a column, or a pattern in the names of records or images.",
            "COLUMN|REGEX",
        ),
    ] = None
    positive: Annotated[str | None, _option("Positive class of two.", "CLASS")] = None
    length: Annotated[int | None, _option("Number of bases or tokens to crop or pad to.")] = None
    data: Annotated[list[str] | None, _option("Other option of the data set; repeatable.", "KEY=VALUE")] = None

    def files(self) -> dict[str, Any]:
        """Return the files and their roles as options of a data set; empty if the command line names no file.

        Raises:
            DeepbioError: Several kinds of file, or an option without the file that it is for.

        Example:
            >>> DataOptions(fasta=["promoter=a.fa", "other=b.fa"], positive="promoter").files()
            {'fasta': {'promoter': 'a.fa', 'other': 'b.fa'}, 'positive': 'promoter'}
            >>> DataOptions(genome=Path("g.fa"), bed=["peaks.bed"], label="score", length=500).files()
            {'genome': 'g.fa', 'label': 'score', 'length': 500, 'bed': 'peaks.bed'}
        """
        sources: dict[str, Any] = {
            "fasta": _files(self.fasta or [], "--fasta"),
            "csv" if self.image is None else "manifest": self.table,
            "folder": self.images,
            "npz": self.npz,
            "h5ad": self.h5ad,
            "genbank": self.genbank,
            "genome": None if self.h5ad else self.genome,
        }
        named = {source: value for source, value in sources.items() if value}
        used = self._roles() | ({"genome": str(self.genome)} if self.h5ad and self.genome else {})
        if not named and used:
            needed = "--genome" if {"bed", "bigwig", "vcf"} & set(used) else "--table" if self.image else _KINDS
            raise DeepbioError(f"--{next(iter(used))} describes your own files: add {needed}.")
        if len(named) > 1:
            raise DeepbioError(
                f"Expected one kind of file: {_KINDS}; received {', '.join(f'--{_OPTIONS.get(kind, kind)}' for kind in named)}."
            )
        self._check_genome(used)
        return {name: value if isinstance(value, dict) else str(value) for name, value in named.items()} | used

    def of_a_path(self) -> dict[str, Any]:
        """Return the options for a file or folder that is named without an option, such as `deepbio predict RUN FILE`.

        Raises:
            DeepbioError: Another file is named as well.

        Example:
            >>> DataOptions(genome=Path("g.fa"), data=["stranded=false"]).of_a_path()
            {'genome': 'g.fa', 'stranded': False}
        """
        if any((self.fasta, self.table, self.images, self.npz, self.h5ad, self.genbank, self.bed, self.vcf)):
            raise DeepbioError(
                "Expected either a file or options of your own data, not both, for example: deepbio predict MODEL my.fa"
            )
        genome = {"genome": str(self.genome)} if self.genome else {}
        return {**self._roles(), **genome, **key_values(self.data or [], option="--data")}

    def read(self, dataset: str | None = None) -> tuple[str | None, dict[str, Any]]:
        """Return the name and the options of the data set: `dataset` if it is named, or one of the user's files.

        Raises:
            DeepbioError: Both a name and files, a FASTA without its class, or what `files` raises.

        Example:
            >>> DataOptions(data=["seed=1"]).read("xor"), DataOptions(table=Path("a.csv"), label="y").read()
            (('xor', {'seed': 1}), ('a', {'csv': 'a.csv', 'label': 'y'}))
        """
        files, options = self.files(), key_values(self.data or [], option="--data")
        if not files:
            return dataset, options
        if dataset is not None:
            kind = _kind(files)
            raise DeepbioError(
                "Expected a data set by name or your own files, not both; "
                f"received {dataset} and --{_OPTIONS.get(kind, kind)}."
            )
        if isinstance(files.get("fasta"), str):
            raise DeepbioError(f"--fasta takes CLASS=FILE, such as promoter=a.fa; received {files['fasta']!r}.")
        return own_name(files), {**files, **options}

    def _roles(self) -> dict[str, Any]:
        """Return the options that describe files, and files that need another one."""
        plain = ("image", "label", "text", "sequence", "group", "positive", "length")
        roles: dict[str, Any] = {
            **{name: getattr(self, name) for name in plain},
            "window": _window(self.window),
            "bed": _files(self.bed or [], "--bed"),
            "bigwig": _files(self.bigwig or [], "--bigwig"),
            "vcf": _files(self.vcf or [], "--vcf"),
        }
        return {name: value for name, value in roles.items() if value not in (None, {}, "")}

    def _check_genome(self, used: Mapping[str, Any]) -> None:
        """Check that a genome has regions, and that regions have a genome."""
        regions = [name for name in ("bed", "vcf") if name in used]
        if len(regions) > 1:
            raise DeepbioError("Expected either --bed or --vcf; received both.")
        if self.genome is None and (regions or "bigwig" in used):
            raise DeepbioError("--bed, --vcf and --bigwig need the genome: add --genome FASTA.")
        if self.genome is not None and not regions and self.h5ad is None:
            raise DeepbioError("--genome needs regions: add --bed, --vcf or --h5ad.")
        if "bigwig" in used and not isinstance(used.get("bed"), str):
            raise DeepbioError("--bigwig takes one --bed FILE, without a class.")


def own_name(options: Mapping[str, Any]) -> str:
    """Return the name of a data set of the user's files.

    Example:
        >>> own_name({"csv": "data/visits.tsv.gz"}), own_name({"fasta": {"promoter": "a.fa", "other": "b.fa"}})
        ('visits', 'promoter-other')
    """
    named = options[_kind(options)]
    return "-".join(named) if isinstance(named, Mapping) else Path(str(named)).resolve().name.split(".")[0]


def load_data(name: str, options: Mapping[str, Any], *, fingerprint: str | None = None) -> Dataset:
    """Load a data set by name, or build it from the user's files if its options name some.

    If the `fingerprint` recorded at training differs from that of the files, print a note.
    """
    from deepbio.datasets import load_dataset, names_files, rebuild

    if not names_files(options):
        return load_dataset(name, **options)
    data = rebuild(name, options)
    if fingerprint is not None and data.fingerprint() != fingerprint:
        note(f"The files of {name} have changed since training, or the splits differ: compare with care.")
    return data


def _kind(options: Mapping[str, Any]) -> str:
    kinds = ("fasta", "csv", "manifest", "folder", "npz", "h5ad", "genbank", "vcf", "bed")
    return next(kind for kind in kinds if kind in options)


def _files(given: Sequence[str], option: str) -> dict[str, str] | str | None:
    """Return name to file if all are `NAME=FILE`, and one file if it has no name."""
    if given and not any("=" in one for one in given):
        if option == "--bigwig":
            named = {Path(one).name.split(".")[0]: one for one in given}
            if len(named) < len(given):
                raise DeepbioError("Two tracks have one name: write --bigwig NAME=FILE for each.")
            return named
        if len(given) > 1:
            raise DeepbioError(f"{option} takes one file, or CLASS=FILE for each of several.")
        return given[0]
    files: dict[str, str] = {}
    for pair in given:
        label, equals, path = pair.partition("=")
        if not (label and equals and path):
            raise DeepbioError(f"{option} takes CLASS=FILE, such as promoter=a.fa; received {pair!r}.")
        if label in files:
            raise DeepbioError(f"{option} names the class {label!r} twice. Put its records into one file.")
        files[label] = path
    return files


def _window(text: str | None) -> list[float] | str | None:
    if text in (None, "full"):
        return text
    try:
        center, width = (float(part) for part in str(text).split(","))
    except ValueError:
        raise DeepbioError(f"--window takes CENTER,WIDTH such as 40,400, or full; received {text!r}.") from None
    return [center, width]
