"""Data sets that the user brings: where to get them, and a check of what was brought."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from deepbio.datasets.cards import Card
from deepbio.errors import DataError
from deepbio.files import check_exists


def user_file(card: Card, path: str | os.PathLike[str] | None, *, folder: bool) -> Path:
    """Check that the user's copy stands at `path`.

    Raises:
        DataError: no path was given (the message says where to get the data), or there is nothing at it.
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
        DataError: they differ, so that the copy is cut short or another version.
    """
    for part, expected in card.facts.get("published_sizes", {}).items():
        if found.get(part, 0) != expected:
            raise DataError(
                f"{path}: expected {expected} {part} examples of {card.name}; found {found.get(part, 0)}. The copy is not whole, "
                "or of another version: download and unpack it again."
            )
