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
        if spec.family:  # one row for all networks of the family
            summary = f"Every network of `{spec.family.replace('_', '.')}`, with weights from ImageNet on request"
            link = f"[`{spec.family}.*`](models/{spec.family}.md)"
            rows.setdefault(spec.family, [link, ", ".join(spec.modality), "", summary])
        else:
            rows[name] = [
                f"[`{name}`](models/{name}.md)",
                ", ".join(spec.modality),
                f"{spec.parameters:,}",
                spec.summary,
            ]
    return _table(["model", "input", "parameters", "summary"], rows.values())


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
