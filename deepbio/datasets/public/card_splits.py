"""The splits that a card asks for."""

from __future__ import annotations

from deepbio.datasets.cards import Card
from deepbio.datasets.split import Split
from deepbio.datasets.splitting import assign_splits
from deepbio.errors import DataError


def card_splits(card: Card, whole: Split, *, stratified: bool = True) -> tuple[Split, Split, Split]:
    """Cut all examples into (train, valid, test) by the salt and the fractions on the card, groups kept together.

    Args:
        card: of the data set.
        whole: all examples, with their groups.
        stratified: by the labels; not for values.
    """
    if whole.groups is None:
        raise DataError(f"{card.name}: cutting into splits needs the group of each example.")
    labels = whole.y if stratified else None
    part = assign_splits(whole.groups, labels, salt=card["split"]["salt"], fractions=card["split"]["fractions"])
    return whole.take(part == "train"), whole.take(part == "valid"), whole.take(part == "test")
