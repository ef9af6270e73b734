"""`deepbio datasets`: the data sets, and a check of one by name or of the user's files."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from deepbio.cli.console import note, show_json, show_table
from deepbio.cli.models import ModalityOption
from deepbio.cli.options import Json, with_groups
from deepbio.cli.own_data import DataOptions, load_data
from deepbio.errors import DeepbioError, nearest

app = typer.Typer(invoke_without_command=True)
_SOURCES = {".npz": "npz", ".h5ad": "h5ad", ".gb": "genbank", ".gbk": "genbank", ".genbank": "genbank"}


@app.callback()
def datasets(context: typer.Context, modality: ModalityOption = None, json: Json = False) -> None:
    """List the data sets, or check one."""
    if context.invoked_subcommand is not None:
        return
    from deepbio.datasets.cards import dataset_card, list_datasets
    from deepbio.datasets.fetch import availability

    cards = [dataset_card(name) for name in list_datasets(modality=modality)]
    if json:
        show_json([card.facts for card in cards])
        return
    rows = [
        (
            c.name,
            c["modality"],
            c["task"],
            "" if c.examples is None else f"{c.examples:,}",
            availability(c),
            c["licence"],
            c["title"],
        )
        for c in cards
    ]
    show_table(["data set", "input", "task", "examples", "files", "licence", "title"], rows)


@app.command()
@with_groups
def check(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME_OR_PATH", help="Data set, table, archive or folder.")
    ] = None,
    *,
    data: DataOptions,
    near: Annotated[bool, typer.Option("--near/--no-near", help="Search for near duplicates.")] = True,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="HTML page to write as well.")] = None,
    seed: Annotated[int, typer.Option(help="Random seed of the check for shortcuts.")] = 0,
    json: Json = False,
) -> None:
    """Report classes, lengths, GC content, duplicates, leakage and shortcuts of a data set.

    Published splits are checked as published, with the examples that they share.
    """
    from deepbio.catalog import entries
    from deepbio.datasets.cards import dataset_card
    from deepbio.datasets.check import check_dataset, report_page

    known = [folder.name for folder in entries("datasets")]
    if name is not None and name not in known:
        if given := [kind for kind in ("fasta", "table", "images", "npz", "h5ad", "genbank") if getattr(data, kind)]:
            raise DeepbioError(f"Expected a path or --{given[0]}, not both; received {name} and --{given[0]}.")
        data = replace(data, **_source(Path(name), known))
        name = None
    files = data.files()
    dataset, options = data.read(name)
    if dataset is None:
        raise DeepbioError("Expected a data set, a path, or --fasta CLASS=FILE for each class.")
    if not files:
        options = {**dataset_card(dataset).facts.get("as_published", {}), **options}
    elif _has_published_splits(files):
        options = {"duplicates": "keep", **options}
    loaded = load_data(dataset, options)
    report = check_dataset(loaded, near=near, seed=seed)
    if json:
        show_json(report.to_dict())
    else:
        typer.echo(str(report))
    if out is not None:
        from deepbio.files import write_atomically

        with write_atomically(out) as beside:
            beside.write_text(report_page(report, loaded), encoding="utf-8")
        note(f"Written to {out}.")


def _source(path: Path, known: list[str]) -> dict[str, Any]:
    """Return the option that a path without an option is meant for."""
    if path.is_dir():
        return {"images": path}
    if path.suffix in _SOURCES:
        return {_SOURCES[path.suffix]: path}
    if path.name.removesuffix(".gz").endswith((".fa", ".fasta", ".fna", ".fq", ".fastq")):
        raise DeepbioError(
            f"{path}: a FASTA file needs the name of its class, and a second class: --fasta CLASS={path} --fasta OTHER=FILE."
        )
    if path.exists() or path.suffix:
        return {"table": path}
    here = [file.name for file in Path.cwd().iterdir() if not file.name.startswith(".")]
    raise DeepbioError(
        f"There is no data set and no file or folder {str(path)!r}. {nearest(str(path), [*known, *here])}"
    )


def _has_published_splits(files: dict[str, Any]) -> bool:
    folder = Path(str(files.get("folder", "")))
    return "npz" in files or ("folder" in files and (folder / "train").is_dir() and (folder / "test").is_dir())
