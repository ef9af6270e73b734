"""`deepbio robustness`: the errors of a trained model under damage and attacks, as one report."""

from __future__ import annotations

import json as jsonlib
from typing import Annotated

import typer

from deepbio.cli.console import load_tensorflow, note, show_json
from deepbio.cli.options import AttackedPosition, DataName, Json, Model, ResultFolder, with_groups
from deepbio.cli.own_data import DataOptions
from deepbio.cli.trained import choose_split, evaluation_data, trained
from deepbio.errors import DeepbioError
from deepbio.files import writable_folder, write_atomically

_FOOTER = "Written by deepbio. This file asks nothing of the network. Robust to these corruptions and attacks is not robust to all."


@with_groups
def robustness(
    model: Model,
    suite: Annotated[str, typer.Argument(help="Suite: robustness_small or robustness.")] = "robustness_small",
    dataset: DataName = None,
    *,
    out: ResultFolder = None,
    position: AttackedPosition = None,
    split: Annotated[str | None, typer.Option(help="Split: train, valid or test; default test.")] = None,
    data: DataOptions,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    json: Json = False,
) -> None:
    """Damage and attack the examples of a split; write errors with intervals, and one page, robustness.html."""
    if out is None:
        raise DeepbioError("Expected a folder for the result: -o DIR.")
    if split is not None:
        choose_split(split, ("train", "valid", "test"))
    folder = trained(model)
    load_tensorflow()
    from deepbio.interpret.page import write_page
    from deepbio.robustness import run_suite
    from deepbio.zoo import describe, get_model

    built = get_model(folder)
    found, named, _ = evaluation_data(model, describe(built), dataset, data, split)
    chosen = next((name for name, part in found.splits() if len(part)), "test") if named == "all" else named
    report = run_suite(built, found, suite=suite, split=chosen, position=position, seed=seed, progress=note)
    place = writable_folder(out)
    figures = {"model": model, **report.to_dict()}
    with write_atomically(place / "robustness.json") as beside:
        beside.write_text(jsonlib.dumps(figures, indent=2) + "\n", encoding="utf-8")
    facts = [("model", model), ("data", f"{report.dataset}, {report.split}"), ("suite", suite), ("seed", str(seed))]
    facts.append(("examples", f"{len(report.corruptions.y)} corrupted, {report.attacked.examples} attacked"))
    write_page(
        place / "robustness.html", title=f"Robustness of {model}", facts=facts, notes=report.attacked.notes,
        sections=report.sections(), footer=_FOOTER,
    )  # fmt: skip
    if json:
        show_json(figures)
        return
    for row in report.sections()[0].rows:
        typer.echo("\t".join(map(str, row)))
    note(f"Written to {place}; open {place / 'robustness.html'}.")
