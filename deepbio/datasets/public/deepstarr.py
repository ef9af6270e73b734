"""DeepSTARR: enhancer activity of 249 bp of the fly's genome for two promoters."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np

from deepbio.datasets.build import from_arrays
from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.public.user_supplied import check_sizes, user_file
from deepbio.datasets.readers import read_fasta, read_table
from deepbio.errors import DataError

_PARTS = {"train": "Train", "valid": "Val", "test": "Test"}


def deepstarr(card: Card, *, path: str | os.PathLike[str] | None = None) -> Dataset:
    """Read the published files from a folder: `Sequences_Train.fa` with `Sequences_activity_Train.txt`, and so on.

    Splits are the publisher's, by chromosome; both strands of a sequence stand in them.
    """
    folder = user_file(card, path, folder=True)
    codes, y, ids, parts = [], [], [], []
    for part, stem in _PARTS.items():
        records = read_fasta(folder / f"Sequences_{stem}.fa", length=249, same_names="number")
        table = read_table(folder / f"Sequences_activity_{stem}.txt", features=list(card["labels"]))
        if len(table) != len(records):
            raise DataError(f"{folder}: {len(records)} sequences and {len(table)} activities of {stem}.")
        codes.append(records.codes)
        y.append(table.x)
        ids += [f"{part}:{id}" for id in records.ids]
        parts += [part] * len(records)
    check_sizes(card, folder, {part: parts.count(part) for part in _PARTS})
    data = from_arrays(
        np.concatenate(codes),
        np.concatenate(y),
        modality="dna",
        kind="regression",
        labels=list(card["labels"]),
        ids=ids,
        split=parts,
        duplicates="keep",
        name=card.name,
    )
    return replace(data, card=card, options={"path": os.fspath(folder)})
