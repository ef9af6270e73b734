"""The tables of models and data sets, from the registry and the cards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepbio.datasets import Card

ROOT = Path(__file__).resolve().parents[2]
ORIGINS = ("with deepbio", "fetched", "user-supplied")


def families() -> dict[str, list[str]]:
    """Return the members of each family of models, such as the networks of `keras.applications`."""
    from deepbio.zoo.registry import list_models, model_spec

    found: dict[str, list[str]] = {}
    for name in list_models():
        if family := model_spec(name).family:
            found.setdefault(family, []).append(name)
    return found


def model_table() -> str:
    """Return the table of models; each name links to its page."""
    from deepbio.zoo.registry import list_models, model_spec

    rows: dict[str, list[str]] = {}
    for name in list_models():
        spec = model_spec(name)
        weights = ", ".join(f"`{tag}`" for tag in spec.tags)
        if spec.family:  # one row for all networks of the family
            summary = f"Every network of `{spec.family.replace('_', '.')}`, with weights from ImageNet on request"
            link = f"[`{spec.family}.*`](models/{spec.family}.md)"
            rows.setdefault(spec.family, [link, ", ".join(spec.modality), "", "", spec.licence, "", summary])
        else:
            rows[name] = [
                f"[`{name}`](models/{name}.md)",
                ", ".join(spec.modality),
                f"{spec.reference['input_shape'][0]:,}",
                f"{spec.parameters:,}",
                spec.licence,
                weights,
                spec.summary,
            ]
    return _table(["model", "input", "length", "parameters", "licence", "pretrained", "summary"], rows.values())


def weights_table() -> str:
    """Return the table of pretrained weights: task, input, licence, and where they come from on any computer."""
    from deepbio.zoo.published import published
    from deepbio.zoo.registry import list_models, model_spec, pretrained_facts

    rows = []
    for name in list_models(pretrained=True):
        facts, architecture = pretrained_facts(name), name.rpartition(".")[0]
        rows.append(
            [
                f"[`{name}`](models/{architecture}.md)",
                ", ".join(model_spec(architecture).modality),
                facts.task.replace("_", " "),
                f"{facts.input_shape[0]:,}" if facts.input_shape else "",
                f"{facts.parameters:,}" if facts.parameters else "",
                facts.licence,
                facts.source,
                facts.trained_on,
            ]
        )
    for one in published().values():
        link = f"[`{one.name}`](models/{one.architecture}.md)" if one.architecture else f"`{one.name}`"
        rows.append(
            [
                link,
                one.modality,
                one.task.replace("_", " "),
                f"{one.input_shape[0]:,}",
                f"{one.parameters:,}" if one.parameters else "",
                one.licence,
                f"to get and import: `{one.command}`",
                "",
            ]
        )
    return _table(["weights", "input", "task", "length", "parameters", "licence", "files", "trained on"], rows)


def dataset_table() -> str:
    """Return the table of data sets, those that come with deepbio first; each name links to its page."""
    from deepbio.datasets import dataset_card, list_datasets

    rows = [
        [
            f"[`{card.name}`](datasets/{card.name}.md)",
            card["title"] + (" (synthetic)" if card.facts.get("synthetic") else ""),
            card["modality"],
            card["task"],
            "" if card.examples is None else f"{card.examples:,}",
            origin(card),
            card["licence"],
        ]
        for card in sorted(
            map(dataset_card, list_datasets()), key=lambda card: (ORIGINS.index(origin(card)), card.name)
        )
    ]
    return _table(["data set", "title", "input", "task", "examples", "files", "licence"], rows)


def origin(card: Card) -> str:
    """Return where the files of a data set come from, on any computer."""
    files = card.facts.get("files", [])
    if card.facts.get("user_supplied") or any("obtain" in card.facts and not entry.get("url") for entry in files):
        return "user-supplied"
    return "fetched" if any(entry.get("url") for entry in files) else "with deepbio"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(entry.replace("|", "\\|") for entry in line) + " |\n" for line in lines)
