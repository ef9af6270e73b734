"""Tables that the package scanpy carries: read from its folder, without importing it."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

from deepbio.datasets.build import from_anndata
from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.fetch import card_file
from deepbio.files import sha256_of


def pbmc68k_reduced(card: Card, *, seed: int = 0) -> Dataset:
    """Read the blood cells; predict the type of a cell from the expression of its genes.

    Args:
        seed: of the splits.
    """
    file = _installed(card) or card_file(card, card["files"][0]["name"])
    data = from_anndata(file, label=card["label"], fractions=card["split"]["fractions"], seed=seed, name=card.name)
    return replace(data, card=card, options={"seed": seed})


def _installed(card: Card) -> Path | None:
    """The file inside an installed scanpy, where it is the one that the card means."""
    spec = importlib.util.find_spec("scanpy")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        place = Path(folder) / "datasets" / card["files"][0]["name"]
        if place.is_file() and sha256_of(place) == card["files"][0]["sha256"]:
            return place
    return None
