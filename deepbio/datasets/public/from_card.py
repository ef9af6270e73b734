"""What the readers of public data sets share: splits and options by the card, and files that the user supplies."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from deepbio.datasets.build import from_arrays
from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.split import Split
from deepbio.datasets.splitting import assign_splits
from deepbio.errors import DataError
from deepbio.files import FilePath, check_exists


def card_dataset(card: Card, x: Any, y: Any, *, options: Mapping[str, Any], **arrays: Any) -> Dataset:
    """Build the data set of a card, split by the fractions on it or as published.

    Args:
        card: Card of the data set.
        x: Inputs; see `deepbio.datasets.build.from_arrays`.
        y: Labels.
        options: Options that were chosen, recorded in recipes.
        arrays: Further arguments of `from_arrays`.
    """
    if "fractions" in card["split"]:
        arrays["fractions"] = card["split"]["fractions"]
    return replace(from_arrays(x, y, name=card.name, **arrays), card=card, options=dict(options))


def card_splits(card: Card, whole: Split, *, stratified: bool = True) -> tuple[Split, Split, Split]:
    """Return train, valid and test by the salt and the fractions on the card, with groups kept together.

    Args:
        card: Card of the data set.
        whole: All examples, with their groups.
        stratified: Whether to stratify by the labels; False for values.
    """
    if whole.groups is None:
        raise DataError(f"{card.name}: cutting into splits needs the group of each example.")
    labels = whole.y if stratified else None
    split = assign_splits(whole.groups, labels, salt=card["split"]["salt"], fractions=card["split"]["fractions"])
    return whole.take(split == "train"), whole.take(split == "valid"), whole.take(split == "test")


def user_file(card: Card, path: FilePath | None, *, folder: bool) -> Path:
    """Return the path of the user's file or folder after checking that it exists.

    Raises:
        DataError: no path was passed (the message says how to obtain the data), or nothing is there.
    """
    if path is None:
        what = "folder" if folder else "file"
        raise DataError(
            f"{card.name} is not distributed with deepbio. {str(card['obtain']).strip()} Then pass the {what}: "
            f"load_dataset({card.name!r}, path=...), or --data path=... on the command line."
        )
    return check_exists(path, folder=folder)


def check_sizes(card: Card, path: Path, found: Mapping[str, int]) -> None:
    """Compare the number of examples in each published split with the card's.

    Raises:
        DataError: they differ, so the copy is incomplete or of another version.
    """
    for part, expected in card.facts.get("published_sizes", {}).items():
        if found.get(part, 0) != expected:
            raise DataError(
                f"{path}: expected {expected} {part} examples of {card.name}; found {found.get(part, 0)}. The copy is not whole, "
                "or of another version: download and unpack it again."
            )
