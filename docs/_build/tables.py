"""The tables of models and data sets, from the registry and the cards. Run as a program, it renews those in README.md."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepbio.datasets import Card

ROOT = Path(__file__).resolve().parents[2]
ORIGINS = ("with deepbio", "fetched", "user-supplied")


def model_table(link: str = "{name}") -> str:
    """Return the table of models; `link` turns a name into what stands in its column."""
    from deepbio.zoo.registry import list_models, model_spec

    rows, seen = [], set()
    for name in list_models():
        spec = model_spec(name)
        if spec.family:  # one row for all of them
            if spec.family not in seen:
                seen.add(spec.family)
                rows.append([f"`{spec.family}.*`", ", ".join(spec.modality), "", f"Every network of `{spec.family.replace('_', '.')}`, with weights from ImageNet where wanted"])
            continue
        rows.append([link.format(name=name), ", ".join(spec.modality), f"{spec.parameters:,}", spec.summary])
    return _table(["model", "input", "parameters", "what it is"], rows)


def dataset_table(link: str = "{name}") -> str:
    """Return the table of data sets; `link` turns a name into what stands in its column."""
    from deepbio.datasets import dataset_card, list_datasets

    rows = [
        [
            link.format(name=card.name),
            card["title"] + (" (synthetic)" if card.facts.get("synthetic") else ""),
            card["modality"],
            card["task"],
            "" if card.examples is None else f"{card.examples:,}",
            origin(card),
            card["licence"],
        ]
        for card in sorted(map(dataset_card, list_datasets()), key=lambda card: (ORIGINS.index(origin(card)), card.name))
    ]
    return _table(["data set", "what it is", "input", "task", "examples", "its files", "licence"], rows)


def origin(card: Card) -> str:
    """Say where the files of a data set come from, on any computer."""
    files = card.facts.get("files", [])
    if card.facts.get("user_supplied") or any("obtain" in card.facts and not entry.get("url") for entry in files):
        return "user-supplied"
    return "fetched" if any(entry.get("url") for entry in files) else "with deepbio"


def renewed(text: str) -> str:
    """Return `text` with the tables between `<!-- models -->` and `<!-- data sets -->` markers made anew."""
    for name, table in (("models", model_table("`{name}`")), ("data sets", dataset_table("`{name}`"))):
        text, found = re.subn(
            rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", lambda m, t=table: f"{m[1]}\n{t}\n{m[2]}", text, flags=re.S
        )
        if found != 1:
            raise ValueError(f"expected one pair of markers '<!-- {name} -->' and '<!-- end of {name} -->'")
    return text


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    readme = ROOT / "README.md"
    readme.write_text(renewed(readme.read_text(encoding="utf-8")), encoding="utf-8")
