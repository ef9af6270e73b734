"""`deepbio info`: a page about one model, data set or preset, in the order of a reader's questions."""

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from deepbio.cli.console import show_json
from deepbio.cli.models import model_facts
from deepbio.cli.options import Json
from deepbio.cli.trained import read_figures
from deepbio.errors import DeepbioError, nearest
from deepbio.escaping import terminal_text
from deepbio.specs import Task

_SYMBOLS = {"dna": "bases", "text": "words", "table": "columns"}
_COLUMN = 14


def info(
    name: Annotated[str, typer.Argument(help="Model, data set, or name or folder of a preset.")],
    json: Json = False,
    privacy: Annotated[
        bool,
        typer.Option("--privacy", help="Parts of a preset that stem from the training data: words, labels, paths."),
    ] = False,
) -> None:
    """Print everything about one model, data set or preset."""
    from deepbio.catalog import entries
    from deepbio.datasets.cards import dataset_card, list_datasets
    from deepbio.zoo.published import how_to_get, published, published_weights
    from deepbio.zoo.registry import builder_options, list_models, model_spec

    presets = {folder.name: folder for folder in entries("zoo")}
    preset = Path(name) if Path(name).is_dir() else presets.get(name)
    if privacy:
        if preset is None:
            raise DeepbioError(f"--privacy is for a preset or run; {name!r} is none. {nearest(name, presets)}")
        from deepbio.zoo.shared_files import data_in_preset

        if json:
            show_json(data_in_preset(preset))
        else:
            typer.echo("\n".join(privacy_lines(preset)))
        return
    if name in list_models():
        spec = model_spec(name)
        facts = {**model_facts(spec), "options": builder_options(spec), "training": dict(spec.training)}
        facts |= {"published": published} if (published := published_forms(name)) else {}
    elif name in published():
        card = published_weights(name)
        facts = {**asdict(card), "input_shape": list(card.input_shape), "labels": list(card.labels)}
        facts = {"how to get": how_to_get(name), **{key: value for key, value in facts.items() if value}}
    elif preset is not None:
        facts = _preset_facts(preset)
        if not json:
            typer.echo(terminal_text("\n".join(_preset_page(preset, facts))))
            return
    else:
        if name not in (known := list_datasets()):
            names = [*known, *list_models(), *presets, *published()]
            raise DeepbioError(f"Nothing is named {name!r}. {nearest(name, names)}")
        card = dataset_card(name)
        facts = {**card.facts, "about": card.text}
    if json:
        show_json(facts)
        return
    for key, value in facts.items():
        typer.echo(terminal_text(f"{key}: {_plain(value)}"))


def published_forms(model: str) -> list[dict[str, str]]:
    """Return the forms in which others publish weights of an architecture, with licence and how to get them."""
    from deepbio.zoo.importers.importer import importers

    forms = [one for one in importers().values() if model in one.architectures]
    return [
        {
            "import": f"deepbio import {one.name} FILE --out PRESET",
            "licence": one.licence or "not stated",
            "get": one.get,
        }
        for one in forms
    ]


def _preset_facts(folder: Path) -> dict[str, Any]:
    """Return the card, `preset.json` and the results of a preset."""
    from deepbio.datasets.cards import read_card
    from deepbio.zoo.preset import read_preset

    preset = read_preset(folder)
    card = read_card(folder)
    for entry in preset.get("members", []):
        entry.pop("layers", None)  # which layer is which: for the loader, not for the reader
    return {**card.facts, **preset, "results": read_figures(folder), "about": card.text}


def privacy_lines(folder: Path) -> list[str]:
    """Return one line for each kind of content of a preset that stems from the training data."""
    from deepbio.zoo.shared_files import data_in_preset

    found = data_in_preset(folder)
    lines = []
    for kind, values in found.items():
        words = ", ".join(terminal_text(value) for value in values[:40]) + (", ..." if len(values) > 40 else "")
        lines.append(_row(kind, f"{len(values):,}: {words}"))
    return lines or ["Nothing in this preset stems from the training data but its weights."]


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"\n  {key}: {item}" for key, item in value.items())
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], (str, dict)):
        return "".join(f"\n  - {item}" for item in value)
    return str(value)


def _preset_page(folder: Path, facts: Mapping[str, Any]) -> Iterator[str]:
    yield str(facts.get("title") or facts["name"])
    yield ""
    members = facts.get("members")
    kind = str(facts["architecture"] or "a network built without deepbio")
    config = ", ".join(f"{key}={value}" for key, value in facts["config"].items())
    yield _row("network", kind + (f" ({config})" if config else ""))
    shape, modality = facts["input"]["shape"], facts["input"]["modality"]
    size = " x ".join(map(str, shape)) if modality == "image" else f"{shape[0]:,} {_SYMBOLS[modality]}"
    yield _row("input", f"{modality}, {size}")
    yield _row("output", _output(Task.from_dict(facts["task"]) if facts.get("task") else None, facts["outputs"]))
    count = f"{facts['parameters']:,}" if facts.get("parameters") else "unknown"
    yield _row(
        "parameters", count + (f" in {len(members)} members, which are averaged" if isinstance(members, list) else "")
    )
    total = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    yield _row("size", f"{f'{total / 1e6:.1f} MB' if total >= 1e6 else f'{total / 1e3:.0f} kB'} in {folder}")
    yield _row("weights", _weights(members if isinstance(members, list) else [facts["weights"]]))
    for key in ("licence", "attribution", "data_licence", "citation", "data_citation", "source", "notice"):
        if facts.get(key):
            yield _row(key.replace("_", " "), str(facts[key]))
    trained = facts.get("dataset") or {}
    if trained:
        options = ", ".join(f"{key}={value}" for key, value in (trained.get("options") or {}).items())
        yield _row("trained on", f"{trained['name']}{f' ({options})' if options else ''}, seed {facts.get('seed')}")
    yield from _results(facts)
    recipe = f"deepbio fit --recipe {folder / 'recipe.yaml'}"
    if not trained:
        recipe = f"not trained here; {folder / 'recipe.yaml'} states the source of the weights"
    yield _row("recipe", recipe if (folder / "recipe.yaml").is_file() else "none")
    yield ""
    yield from (line for line in str(facts["about"]).splitlines() if not line.startswith("<!--"))


def _row(name: str, text: str) -> str:
    lines = textwrap.wrap(" ".join(text.split()), 110, break_long_words=False, break_on_hyphens=False) or [""]
    return f"{name:<{_COLUMN}}" + f"\n{'':<{_COLUMN}}".join(lines)


def _output(task: Task | None, outputs: int) -> str:
    if task is None:
        return f"{outputs} values"
    labels = f": {', '.join(task.labels)}" if task.labels and len(task.labels) <= 20 else ""
    word = "logit" if task.activation != "identity" else "value"
    many = f"{outputs} {word}{'' if outputs == 1 else 's'}"
    return f"{many}{' at each position' if task.kind == 'per_position' else ''} ({task.kind}, activation {task.activation}){labels}"


def _weights(entries: list[Mapping[str, Any]]) -> str:
    sources: dict[str, list[str]] = {}
    for entry in entries:
        package = entry.get("installed")
        source = f" of your installed package {package['distribution']} {package['version']}" if package else ""
        sources.setdefault(source, []).append(str(package["file"] if package else entry.get("url") or entry["file"]))
    return "; ".join(", ".join(files) + source for source, files in sources.items())


def _results(facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per metric of the splits of its data set, then the results on other data that the card states."""
    name = "results"
    for split, found in facts["results"].items():
        if not isinstance(found, dict) or "metrics" not in found:
            continue
        for metric, value in found["metrics"].items():
            known = value["low"] is not None
            figure = f"{value['value']:.3f} " + (
                f"[{value['low']:.3f}, {value['high']:.3f}]" if known else "(no interval)"
            )
            yield _row(name, f"{split} ({found['examples']:,} examples): {metric} {figure}")
            name = ""
    for line in facts.get("measured", []):
        yield _row(name, str(line))
        name = ""
