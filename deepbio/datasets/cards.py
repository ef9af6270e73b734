"""Cards: YAML front matter between `---` lines, then text. One format for data sets and for models."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from deepbio.catalog import entries
from deepbio.errors import DataError, nearest

_REQUIRED = ("name", "title", "modality", "task", "reader", "source", "licence", "citation", "split", "classes")


@dataclass(frozen=True)
class Card:
    """One card: `facts` from its front matter, `text` below, `folder` where it stands."""

    facts: dict[str, Any] = field(repr=False)
    text: str = field(repr=False)
    folder: Path

    @property
    def name(self) -> str:
        """Name of the data set or model, the same as its folder's."""
        return self.facts["name"]

    @property
    def examples(self) -> int | None:
        """Number of examples in all splits; `None` where the card does not say.

        Example:
            >>> dataset_card("uci_splice").examples
            3188
        """
        for counts in (self.facts.get("split", {}).get("sizes"), self.facts.get("classes")):
            if isinstance(counts, dict) and all(isinstance(count, int) for count in counts.values()):
                return sum(counts.values())
        return None

    def __getitem__(self, key: str) -> Any:
        return self.facts[key]


def read_card(path: Path) -> Card:
    """Read `card.md` at `path`, or in the folder `path`.

    Raises:
        DataError: there is no card, its front matter is not YAML, or it has no name.

    Example:
        >>> from deepbio.catalog import catalog_folder
        >>> read_card(catalog_folder("datasets") / "xor").name
        'xor'
    """
    file = path / "card.md" if path.is_dir() else path
    try:
        content = file.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"Expected a card at {file}; {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is not UTF-8 text (byte {error.start}). Save it as UTF-8.") from error
    parts = content.split("---\n", 2)
    if len(parts) != 3 or parts[0].strip():
        raise DataError(f"{file}: expected YAML front matter between two lines of '---' at the top.")
    try:
        facts = yaml.load(parts[1], Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise DataError(f"{file}: the front matter is not valid YAML: {error}") from error
    if not isinstance(facts, dict):
        raise DataError(f"{file}: the front matter must be a mapping of names to values.")
    if "name" not in facts:
        raise DataError(f"{file}: the front matter lacks name.")
    return Card(facts, parts[2].strip(), file.parent)


def dataset_card(name: str) -> Card:
    """Return the card of a data set on the shelf.

    Raises:
        DataError: no data set of that name; the message has the nearest names.
    """
    folders = {folder.name: folder for folder in entries("datasets")}
    if name not in folders:
        raise DataError(f"Unknown data set {name!r}. {nearest(name, folders)}")
    card = read_card(folders[name])
    missing = [key for key in _REQUIRED if key not in card.facts]
    if missing:
        raise DataError(f"{card.folder / 'card.md'}: the front matter lacks {', '.join(missing)}.")
    if card.name != name:
        raise DataError(f"{card.folder / 'card.md'} is named {card.name!r}, its folder {name!r}. Give both one name.")
    return card


def list_datasets(*, modality: str | None = None) -> list[Card]:
    """Return the cards of all data sets on the shelf, sorted by name, of one modality if asked.

    Example:
        >>> "uci_splice" in [card.name for card in list_datasets(modality="dna")]
        True
    """
    cards = [dataset_card(folder.name) for folder in entries("datasets")]
    known = {card["modality"] for card in cards}
    if modality is not None and modality not in known:
        raise DataError(f"Unknown modality {modality!r}. {nearest(modality, known)}")
    return [card for card in cards if modality in (None, card["modality"])]
