"""Finding a data set's files, and proving by checksum that they are the files that the card means."""

from __future__ import annotations

from pathlib import Path

from deepbio.datasets.cards import Card
from deepbio.datasets.files import sha256_of
from deepbio.errors import DataError


def card_file(card: Card, name: str) -> Path:
    """Give the path of one file of a data set, checked against the SHA-256 on its card.

    Raises:
        DataError: the card does not list the file, or the file is missing or changed.
    """
    listed = {entry["name"]: entry["sha256"] for entry in card.facts.get("files", [])}
    if name not in listed:
        raise DataError(f"{card.folder / 'card.md'} lists no file {name!r}.")
    path = card.folder / name
    found = sha256_of(path)
    if found != listed[name]:
        raise DataError(
            f"{path} has changed: its SHA-256 should be {listed[name]} and is {found}. Restore the file, or install deepbio-zoo again."
        )
    return path
