"""`deepbio report`: the page of a trained model on a split, with subgroups and, on request, its worst errors."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from deepbio.cli.console import load_tensorflow, note
from deepbio.cli.options import DataName, Facts, Model, with_groups
from deepbio.cli.own_data import DataOptions
from deepbio.cli.trained import choose_split, evaluation_data, read_figures, trained
from deepbio.errors import DataError
from deepbio.files import writable_folder


@with_groups
def report(
    model: Model,
    dataset: DataName = None,
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="HTML page to write.")] = Path("report.html"),
    split: Annotated[
        str | None, typer.Option(help="Split: train, valid or test; default test, and all of your own files.")
    ] = None,
    data: DataOptions,
    facts: Facts = None,
    examples: Annotated[
        bool,
        typer.Option(
            "--examples",
            help="Best, median and worst image with masks, or window with profiles; they may be of patients.",
        ),
    ] = False,
    worst: Annotated[int, typer.Option(min=0, help="Number of worst errors to show; they may be of patients.")] = 0,
) -> None:
    """Write a page about a trained model: metrics, curves, subgroups with gaps, worst errors on request.

    Subgroups are defined by the inputs (GC content, length, brightness) and by the columns of your own table.
    """
    if split is not None:
        choose_split(split)
    folder = trained(model)
    writable_folder(out.resolve().parent)
    load_tensorflow()
    from deepbio import inference
    from deepbio.report import Result, input_columns, write_report
    from deepbio.zoo import describe, get_model
    from deepbio.zoo.get_model import preset_folder

    place = preset_folder(folder)
    built = get_model(folder)
    record = describe(built)
    found, split, [part] = evaluation_data(model, record, dataset, data, split)
    ids = part.names(np.arange(len(part)))
    columns: dict[str, Any] = {**input_columns(found.input, part), **(read_columns(facts, ids) if facts else {})}
    fitted = record.postprocessing
    reading: dict[str, Any] = {"facts": {"calibrated": "yes" if fitted and fitted.calibration else "no"}}
    if fitted and found.task.kind == "binary":
        reading["threshold"] = fitted.thresholds[0] if fitted.thresholds else 0.5
        reading["prevalence"] = fitted.prevalence[0] if fitted.prevalence else None
    if examples and found.task.kind == "per_pixel":
        reading["images"] = np.asarray(part.x[np.arange(len(part))])
    result = Result.of(
        inference.evaluate(built, part),
        found,
        model=record.architecture or str(model),
        split="test" if split == "all" else split,
        parameters=int(built.count_params()),
        ids=np.array(ids),
        columns=columns,
        **reading,
        **_left_by_training(place),
    )
    result = replace(result, split=split)
    cards = {found.name: found.card.text} if found.card else {}
    write_report([result], out, title=f"{result.model} on {found.name}", cards=cards, worst=worst, examples=examples)
    note(f"{out} written: {len(part)} examples, subgroups by {', '.join(columns) or 'nothing'}.")


def _left_by_training(folder: Path | None) -> dict[str, Any]:
    """Read card, recipe, training curves and seconds from the folder of a run."""
    from deepbio.datasets import read_card

    found: dict[str, Any] = {}
    if folder is None:
        return found
    if (folder / "card.md").is_file():
        found["card"] = read_card(folder).text
    if (folder / "recipe.yaml").is_file():
        found["recipe"] = (folder / "recipe.yaml").read_text(encoding="utf-8")
    if (folder / "history.csv").is_file():
        with (folder / "history.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        found["history"] = {name: [float(row[name] or "nan") for row in rows] for name in rows[0]} if rows else None
    return {**found, "seconds": read_figures(folder).get("train_seconds")}


def read_columns(file: Path, ids: list[str]) -> dict[str, np.ndarray]:
    """Read facts about the examples `ids` from a CSV or TSV file with a column `id`; other examples are unknown.

    Raises:
        DataError: The file cannot be read, has no `id`, or names an example twice.
    """
    import pandas as pd

    try:
        table = pd.read_csv(file, sep="\t" if file.suffix in (".tsv", ".txt") else ",", dtype={"id": str})
    except (OSError, ValueError) as error:
        raise DataError(f"Expected a table at {file}: {str(error).splitlines()[0]}") from error
    if "id" not in table.columns:
        raise DataError(f"{file} needs a column 'id'; it has {', '.join(map(str, table.columns[:10]))}.")
    if table["id"].duplicated().any():
        raise DataError(f"{file} names an example more than once.")
    table = table.set_index("id").reindex(ids)
    if not len(table.columns) or table.isna().all(axis=None):
        raise DataError(f"{file} has no row of these examples, whose ids are like {ids[0]!r}.")
    return {
        str(name): table[name].to_numpy(dtype=float if table[name].dtype.kind in "fiub" else object) for name in table
    }
