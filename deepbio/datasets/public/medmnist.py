"""MedMNIST's 2D sets: small images of medicine with published splits."""

from __future__ import annotations

from dataclasses import replace

from deepbio.datasets.build import from_npz
from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.fetch import card_file
from deepbio.datasets.splitting import Duplicates
from deepbio.errors import DataError

SIZES = (28, 64, 128, 224)


def medmnist(card: Card, *, size: int = 28, duplicates: Duplicates = "drop") -> Dataset:
    """Read one of the sets.

    Args:
        card: Card of the data set.
        size: Number of pixels on each side: 28, 64, 128 or 224.
        duplicates: `"drop"` removes images from a split that are in a later one too; `"keep"` keeps the published splits.
    """
    if size not in SIZES:
        raise DataError(f"{card.name} comes in {', '.join(map(str, SIZES))} pixels; received size={size!r}.")
    file = card_file(card, f"{card.name}.npz" if size == 28 else f"{card.name}_{size}.npz")
    data = from_npz(file, kind=card["task"], labels=list(card["labels"]), duplicates=duplicates, name=card.name)
    return replace(data, card=card, options={"size": size, "duplicates": duplicates})
