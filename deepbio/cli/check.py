"""`deepbio datasets check`: a report on a data set by name or on files of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from deepbio.cli import own_data
from deepbio.cli.console import key_values, note, show_json
from deepbio.errors import DeepbioError, nearest


def check(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME_OR_PATH", help="A data set, a table, an archive or a folder.")
    ] = None,
    fasta: own_data.Fasta = None,
    table: own_data.Table = None,
    images: own_data.Images = None,
    npz: own_data.Npz = None,
    h5ad: own_data.H5ad = None,
    genbank: own_data.Genbank = None,
    genome: own_data.Genome = None,
    bed: own_data.Bed = None,
    bigwig: own_data.Bigwig = None,
    vcf: own_data.Vcf = None,
    image: own_data.Image = None,
    window: own_data.Window = None,
    label: own_data.Label = None,
    text: own_data.Text = None,
    sequence: own_data.Sequences = None,
    group: own_data.Group = None,
    positive: own_data.Positive = None,
    length: own_data.Length = None,
    data_options: Annotated[
        list[str] | None, typer.Option("--data", metavar="KEY=VALUE", help="An option of the data set; repeatable.")
    ] = None,
    near: Annotated[bool, typer.Option("--near/--no-near", help="Look for near duplicates.")] = True,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write an HTML page too.")] = None,
    seed: Annotated[int, typer.Option()] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Report classes, lengths, GC content, duplicates, leakage and shortcuts of a data set.

    Published splits are checked as published, with what they share.
    """
    from deepbio.catalog import entries
    from deepbio.datasets.cards import dataset_card
    from deepbio.datasets.check import check_dataset, report_page

    place = None if name is None else Path(name)
    shelf = [folder.name for folder in entries("datasets")]
    files: dict[str, Any] = {
        "fasta": fasta, "table": table, "images": images, "npz": npz, "h5ad": h5ad, "genbank": genbank, "genome": genome,
    }  # fmt: skip
    given_files = {kind: value for kind, value in files.items() if value}
    if name is not None and given_files.keys() - {"genome"}:
        raise DeepbioError(f"Give a data set or path, or --{next(iter(given_files))}, not both; received {name} too.")
    if place is not None and name not in shelf:
        given_files |= _source(place, shelf)
    own = own_data.own_options(
        **given_files, bed=bed, bigwig=bigwig, vcf=vcf, image=image, window=window, label=label, text=text,
        sequence=sequence, group=group, positive=positive, length=length,
    )  # fmt: skip
    given = key_values(data_options or [], option="--data")
    if own:
        if _published(own):
            own = {"duplicates": "keep", **own}
        data = own_data.load_data(own_data.own_name(own), {**own, **given})
    elif name is None:
        raise DeepbioError("Expected a data set, a path, or --fasta CLASS=FILE for each class.")
    else:
        data = own_data.load_data(name, {**dataset_card(name).facts.get("as_published", {}), **given})
    report = check_dataset(data, near=near, seed=seed)
    if json:
        show_json(report.to_dict())
    else:
        typer.echo(str(report))
    if out is not None:
        from deepbio.files import write_atomically

        with write_atomically(out) as beside:
            beside.write_text(report_page(report, data), encoding="utf-8")
        note(f"Written to {out}.")


def _source(place: Path, shelf: list[str]) -> dict[str, Any]:
    if place.is_dir():
        return {"images": place}
    if place.suffix == ".npz":
        return {"npz": place}
    if place.suffix == ".h5ad":
        return {"h5ad": place}
    if place.suffix in (".gb", ".gbk", ".genbank"):
        return {"genbank": place}
    if place.name.removesuffix(".gz").endswith((".fa", ".fasta", ".fna", ".fq", ".fastq")):
        raise DeepbioError(
            f"{place}: say of which class it is, and give the other: --fasta CLASS={place} --fasta OTHER=FILE."
        )
    if place.exists() or place.suffix:
        return {"table": place}
    here = [file.name for file in Path.cwd().iterdir() if not file.name.startswith(".")]
    raise DeepbioError(
        f"There is no data set and no file or folder {str(place)!r}. {nearest(str(place), [*shelf, *here])}"
    )


def _published(own: dict) -> bool:
    folder = Path(str(own.get("folder", "")))
    return "npz" in own or ("folder" in own and (folder / "train").is_dir() and (folder / "test").is_dir())
