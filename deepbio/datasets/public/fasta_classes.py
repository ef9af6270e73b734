"""DNA sets that are published as one FASTA file a class, or one a class and split."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from deepbio.datasets.build import from_arrays
from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.fetch import card_file
from deepbio.datasets.readers import read_fasta


def fasta_classes(card: Card, *, duplicates: Literal["group", "drop", "keep"] | None = None, seed: int = 0) -> Dataset:
    """Read the files that the card lists under `fasta`: class to file, or class to split to file.

    Args:
        duplicates: see `deepbio.datasets.placing.place_examples`; None groups identical sequences where deepbio cuts the
            splits, and drops them from training where they are published.
        seed: of the splits that deepbio cuts.
    """
    codes, y, ids, parts = [], [], [], []
    for number, (label, files) in enumerate(card["fasta"].items()):
        for part, file in files.items() if isinstance(files, dict) else [("", files)]:
            records = read_fasta(card_file(card, file), length=card["length"], same_names="number")
            codes.append(records.codes)
            y += [number] * len(records)
            ids += [f"{label}:{part}:{id}" if part else f"{label}:{id}" for id in records.ids]
            parts += [part] * len(records)
    published = any(parts)
    chosen = duplicates or ("drop" if published else "group")
    data = from_arrays(
        np.concatenate(codes),
        np.array(y),
        modality="dna",
        labels=list(card["fasta"]),
        ids=ids,
        split=parts if published else None,
        fractions=card["split"]["fractions"],
        duplicates=chosen,
        seed=seed,
        name=card.name,
    )
    return replace(data, card=card, options={"duplicates": chosen, "seed": seed})
