"""`deepbio card`: the model card of a run, with results, subgroups, limits and cost, also in the format of Hugging Face."""

import csv
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
import yaml

from deepbio.cli.console import load_tensorflow, note
from deepbio.cli.options import Facts, Run
from deepbio.cli.trained import choose_split, read_figures, training_data
from deepbio.errors import DeepbioError

SPLITS = ("valid", "test")
_KWH = 3.6e6  # joules


def card(
    run: Run,
    split: Annotated[
        str | None, typer.Option(help="Split to evaluate as well: valid, or at the very end test.")
    ] = None,
    facts: Facts = None,
    licence: Annotated[str | None, typer.Option(help="Licence of the weights, for example Apache-2.0.")] = None,
    watts: Annotated[float | None, typer.Option(min=0, help="Power during training, if it was not measured.")] = None,
    grams: Annotated[
        float | None,
        typer.Option("--grams-per-kwh", min=0, help="Carbon intensity of the electricity in grams per kWh."),
    ] = None,
    robustness: Annotated[
        Path | None, typer.Option(help="File robustness.json of `deepbio robustness`, for a section.")
    ] = None,
    hub: Annotated[bool, typer.Option("--hub", help="Format of Hugging Face (model-index), printed as well.")] = False,
) -> None:
    """Write card.md of a run: results with intervals, subgroups, limits and cost. Text of your own above it is kept."""
    from deepbio.datasets.cards import read_card
    from deepbio.files import write_atomically
    from deepbio.metrics import Estimate
    from deepbio.report.model_card import describe_postprocessing, merge_card, model_card_text, rounded
    from deepbio.zoo.preset import read_preset, write_json
    from deepbio.zoo.push import hub_card

    preset, found, figures = read_preset(run), read_card(run), read_figures(run)
    parts: dict[str, Any] = {}
    if split is not None:
        figures[split], parts = _evaluated(run, preset, choose_split(split, SPLITS), facts)
        write_json(run / "metrics.json", figures)
    elif facts is not None:
        raise DeepbioError("--columns needs a split to evaluate: add --split test.")
    if robustness is not None:
        figures["robustness"] = _robustness(robustness)
        write_json(run / "metrics.json", figures)
    results = {
        name: {metric: Estimate.from_dict(one) for metric, one in figures[name]["metrics"].items()}
        for name in SPLITS
        if name in figures
    }
    joules, how = energy_of(figures, watts)
    text = model_card_text(
        title=found.name,
        modality=preset["input"]["modality"],
        kind=preset["task"]["kind"],
        labels=preset["task"].get("labels", []),
        dataset=_data_facts(preset),
        results=results,
        examples={name: figures[name]["examples"] for name in results},
        postprocessing=describe_postprocessing(preset.get("postprocessing")),
        cost={**_cost(run, preset, figures), **energy_in_words(joules, how, grams)},
        **parts,
        **_robustness_in_words(figures.get("robustness")),
    )
    front = {**found.facts, **({"licence": licence} if licence else {})}
    if joules is not None and grams is not None:
        front["co2_eq_emissions"] = {
            "emissions": round(joules / _KWH * grams, 3),
            "source": f"{how}; {grams:g} g CO2 per kWh",
        }
    front |= {name: rounded(results[name]) for name in results}
    header = yaml.safe_dump(front, sort_keys=False, allow_unicode=True)
    with write_atomically(run / "card.md") as beside:
        beside.write_text(f"---\n{header}---\n{merge_card(found.text, text).strip()}\n", encoding="utf-8")
    note(f"{run / 'card.md'} written.")
    if hub:
        typer.echo(hub_card(run))


def _evaluated(
    run: Path, preset: dict[str, Any], split: str, facts: Path | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Evaluate a split; return its metrics and the rows of the subgroup table."""
    load_tensorflow()
    from deepbio import inference
    from deepbio.cli.report import read_columns
    from deepbio.metrics import default_metrics
    from deepbio.report import input_columns, subgroups
    from deepbio.zoo import describe, get_model

    model = get_model(str(run))
    data = training_data(run, preset.get("dataset"), input=describe(model).input)
    part = dict(data.splits())[split]
    found = inference.evaluate(model, part)
    columns = input_columns(data.input, part)
    if facts is not None:
        columns |= read_columns(facts, part.names(np.arange(len(part))))
    names = default_metrics(data.task)
    metric = next((name for name in ("auroc", "macro_auroc", "pearson") if name in names), names[0])
    rows = (
        subgroups(data.task, np.asarray(part.y), found.p, columns, name=metric, groups=part.groups) if columns else []
    )
    return found.to_dict(), {"parts": rows, "parts_metric": metric, "parts_split": split}


def _robustness(file: Path) -> dict[str, Any]:
    """Read what `deepbio robustness` wrote, as far as a card needs it."""
    from deepbio.documents import read_document
    from deepbio.zoo.preset_format import RobustnessFacts

    found = read_document(file, RobustnessFacts)[0]
    return {name: found[name] for name in ("suite", "split", "corruptions", "summary") if name in found}


def _robustness_in_words(found: dict[str, Any] | None) -> dict[str, Any]:
    from deepbio.metrics import Estimate

    if not found:
        return {}
    words = f"Suite `{found['suite']}`, {found['split']} split; corruptions: {found.get('corruptions', '')}."
    return {
        "robustness": {name: Estimate.from_dict(one) for name, one in found["summary"].items()},
        "robustness_of": f"{words} 95% intervals. Robust to these corruptions and attacks is not robust to all.",
    }


def _data_facts(preset: dict[str, Any]) -> dict[str, str]:
    from deepbio.datasets import dataset_card, list_datasets

    origin = preset.get("dataset") or {}
    name = str(origin.get("name", "unstated"))
    facts = {"name": f"`{name}`", "fingerprint": f"`{str(origin.get('fingerprint', ''))[:16]}`" if origin else ""}
    if name in list_datasets():
        card = dataset_card(name)
        facts |= {"what": card["title"], "source": card["source"], "licence": card["licence"], "cite": card["citation"]}
        facts["known problems"] = " ".join(
            f"{str(problem).rstrip('.')}." for problem in card.facts.get("known_problems", [])
        )
    return facts


def _cost(run: Path, preset: dict[str, Any], figures: dict[str, Any]) -> dict[str, str]:
    cost = {"parameters": f"{preset['parameters']:,}"} if preset.get("parameters") else {}
    if "train_seconds" in figures:
        cost["training"] = f"{figures['train_seconds']:,.0f} s on the machine that trained it"
    history = run / "history.csv"
    if history.is_file():
        with history.open(encoding="utf-8", newline="") as file:
            cost["epochs"] = str(sum(1 for _ in csv.reader(file)) - 1)
    return cost


def energy_of(figures: dict[str, Any], watts: float | None) -> tuple[float | None, str]:
    """Return the energy of the training in joules, measured or as power times time, and where it is from.

    Example:
        >>> energy_of({"train_seconds": 60}, 100.0)
        (6000.0, '100 W, as stated, for 60 s')
    """
    if figures.get("joules") is not None:
        return float(figures["joules"]), "processor packages only, measured"
    if watts is None or "train_seconds" not in figures:
        return None, ""
    return watts * figures["train_seconds"], f"{watts:g} W, as stated, for {figures['train_seconds']:,.0f} s"


def energy_in_words(joules: float | None, how: str, grams: float | None) -> dict[str, str]:
    """Return the lines about energy and carbon of a card.

    Example:
        >>> energy_in_words(3.6e6, "measured", 250.0)
        {'energy': '1 kWh (measured)', 'carbon': '250 g CO2 at 250 g per kWh'}
    """
    if joules is None:
        return {"energy and carbon": "not measured; `deepbio card --watts W --grams-per-kwh G` estimates them"}
    lines = {"energy": f"{joules / _KWH:.3g} kWh ({how})"}
    if grams is not None:
        lines["carbon"] = f"{joules / _KWH * grams:.3g} g CO2 at {grams:g} g per kWh"
    return lines
