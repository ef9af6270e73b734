"""Clinical notes that the user brings as a table: MTSamples, MIMIC-IV-Note."""

from __future__ import annotations

import os
from dataclasses import replace

from deepbio.datasets.build import from_csv
from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.public.user_supplied import user_file
from deepbio.errors import DataError


def own_notes(
    card: Card,
    *,
    path: str | os.PathLike[str] | None = None,
    label: str | None = None,
    length: int | None = None,
    seed: int = 0,
) -> Dataset:
    """Read a table of notes by the columns that the card names.

    Args:
        path: the file.
        label: column of classes; None takes the card's, where it has one.
        length: tokens; see `from_arrays`.
        seed: of the splits.
    """
    file = user_file(card, path, folder=False)
    columns = dict(card["columns"])
    columns["label"] = label or columns.get("label")
    if columns["label"] is None:
        raise DataError(
            f"{card.name} has no labels of its own. Join a column of classes to {file} and name it: label=COLUMN."
        )
    data = from_csv(file, **columns, length=length, seed=seed, name=card.name)
    options = {"path": os.fspath(file), "label": columns["label"], "length": length, "seed": seed}
    return replace(data, card=card, options=options)
