"""Whether new data hold examples that the weights were trained on: then figures on them say little."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from deepbio.datasets import Dataset, Split, dataset_card, identical, load_dataset
from deepbio.datasets.fetch import availability
from deepbio.errors import DeepbioError

log = logging.getLogger("deepbio")


def overlap(trained_on: dict[str, Any] | None, data: Dataset) -> str | None:
    """Say what the new data share with the training split of the weights; `None` where nothing is known to be shared.

    The old data are looked at where they are at hand; nothing is downloaded for it.

    Args:
        trained_on: name, options and fingerprint, as a preset keeps them.
        data: the new data.
    """
    if not trained_on or not trained_on.get("name"):
        return None
    name = trained_on["name"]
    old = _at_hand(name, trained_on.get("options") or {})
    if trained_on.get("fingerprint") == data.fingerprint():
        return f"{data.name} is the very data set that the weights were trained on"
    if old is None or tuple(old.input.shape) != tuple(data.input.shape):
        return f"the weights were trained on {name} too, with other options or files" if name == data.name else None
    seen = [
        f"{n} of {len(split)} examples of the {part} split"
        for part, split in data.splits()
        if (n := _shared(old.train, split))
    ]
    return (
        f"{', '.join(seen)} stand in the training split of {name}, which the weights were trained on" if seen else None
    )


def warn_of_overlap(trained_on: dict[str, Any] | None, data: Dataset) -> None:
    """Log what `overlap` finds, and what it means."""
    found = overlap(trained_on, data)
    if found is not None:
        log.warning(
            "Fine-tuning on data that the weights may know: %s. Figures on such examples are too good; test on others.",
            found,
        )


def _at_hand(name: str, options: dict[str, Any]) -> Dataset | None:
    try:
        if availability(dataset_card(name)) == "internet":
            return None
        return load_dataset(name, **options)
    except DeepbioError:
        return None  # of one's own, or a copy that is not here: the name is all that is known


def _shared(old: Split, new: Split) -> int:
    """Count the examples of `new` whose bytes stand in `old`."""
    if not len(new):
        return 0
    both = np.concatenate([np.asarray(split.x[np.arange(len(split))]) for split in (old, new)])
    return int((identical(both)[len(old) :] < len(old)).sum())
