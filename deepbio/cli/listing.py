"""`deepbio models`, `deepbio datasets`, `deepbio info NAME`: what there is, without loading TensorFlow."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from deepbio.cli.console import show_json, show_table
from deepbio.errors import DeepbioError, nearest

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ModalityOption = Annotated[str | None, typer.Option(help="Only dna, image, table or text.")]


def models(
    pattern: Annotated[str, typer.Argument(help="A wildcard, such as '*cnn*'.")] = "*",
    modality: ModalityOption = None,
    pretrained: Annotated[bool, typer.Option("--pretrained", help="List pretrained weights.")] = False,
    json: Json = False,
) -> None:
    """List the models."""
    from deepbio.zoo.registry import list_models, model_spec

    names = list_models(pattern, modality=modality, pretrained=pretrained)
    specs = [(name, model_spec(name.rpartition(".")[0] if pretrained else name)) for name in names]
    if json:
        show_json([{"name": name, **_facts(spec)} for name, spec in specs])
        return
    rows = [(name, " ".join(spec.modality), f"{spec.parameters:,}", spec.summary) for name, spec in specs]
    show_table(["model", "input", "parameters", "summary"], rows)


def datasets(context: typer.Context, modality: ModalityOption = None, json: Json = False) -> None:
    """List the data sets, or check one."""
    if context.invoked_subcommand is not None:
        return
    from deepbio.datasets.cards import list_datasets
    from deepbio.datasets.fetch import availability

    cards = list_datasets(modality=modality)
    if json:
        show_json([card.facts for card in cards])
        return
    rows = [(c.name, c["modality"], c["task"], _examples(c), availability(c), c["licence"], c["title"]) for c in cards]
    show_table(["data set", "input", "task", "examples", "files", "licence", "title"], rows)


def info(
    name: Annotated[str, typer.Argument(help="A model, a data set or a preset folder.")],
    json: Json = False,
) -> None:
    """Tell all about one model, data set or preset."""
    from pathlib import Path

    from deepbio.catalog import entries
    from deepbio.datasets.cards import list_datasets
    from deepbio.zoo.registry import builder_options, list_models, model_spec

    shelf = {folder.name: folder for folder in entries("zoo")}
    preset = Path(name) if Path(name).is_dir() else shelf.get(name)
    if name in list_models():
        spec = model_spec(name)
        facts = {**_facts(spec), "options": builder_options(spec), "training": dict(spec.training)}
    elif preset is not None:
        facts = _preset_facts(preset)
        if not json:
            from deepbio.cli.preset_page import preset_page

            typer.echo("\n".join(preset_page(preset, facts)))
            return
    else:
        cards = {card.name: card for card in list_datasets()}
        if name not in cards:
            raise DeepbioError(f"Nothing is named {name!r}. {nearest(name, [*cards, *list_models(), *shelf])}")
        facts = {**cards[name].facts, "about": cards[name].text}
    if json:
        show_json(facts)
        return
    for key, value in facts.items():
        typer.echo(f"{key}: {_plain(value)}")


def _facts(spec: Any) -> dict[str, Any]:
    return {
        "model": spec.name,
        "input": list(spec.modality),
        "summary": spec.summary,
        "paper": spec.paper,
        "reference": dict(spec.reference),
        "parameters": spec.parameters,
        "weights": [f"{spec.name}.{tag}" for tag in spec.tags],
        "licence": spec.licence,
    }


def _preset_facts(folder: Any) -> dict[str, Any]:
    import json

    from deepbio.datasets.cards import read_card
    from deepbio.zoo.preset import read_preset

    preset = read_preset(folder)
    card = read_card(folder)
    metrics = folder / "metrics.json"
    results = json.loads(metrics.read_text(encoding="utf-8")) if metrics.is_file() else {}
    for entry in preset.get("members", []):
        entry.pop("layers", None)  # which layer is which: for the loader, not for the reader
    return {**card.facts, **preset, "results": results, "about": card.text}


def _examples(card: Any) -> str:
    return "" if card.examples is None else f"{card.examples:,}"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"\n  {key}: {item}" for key, item in value.items())
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], (str, dict)):
        return "".join(f"\n  - {item}" for item in value)
    return str(value)
