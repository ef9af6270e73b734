"""Genomic Benchmarks: folders of one sequence a file, `train/CLASS/*.txt` and `test/CLASS/*.txt`."""

from __future__ import annotations

import os
from dataclasses import replace

from deepbio.datasets.build import from_arrays
from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.placing import Duplicates
from deepbio.datasets.public.user_supplied import check_sizes, user_file
from deepbio.errors import DataError, nearest


def genomic_benchmarks(
    card: Card,
    *,
    path: str | os.PathLike[str] | None = None,
    length: int | None = None,
    duplicates: Duplicates = "drop",
    seed: int = 0,
) -> Dataset:
    """Read the unpacked folder of one of the sets.

    Args:
        path: the folder that holds `train` and `test`.
        length: bases to which sequences are cropped or padded with N around their middle; None takes the card's.
        duplicates: `"drop"` takes sequences out of training that stand in test too; `"keep"` leaves the published splits.
        seed: of the share of training that is set aside for validation.
    """
    folder = user_file(card, path, folder=True)
    labels = list(card["labels"])
    sequences, y, ids, parts = [], [], [], []
    for part in ("train", "test"):
        for number, label in enumerate(labels):
            place = folder / part / label
            if not place.is_dir():
                here = [p.name for p in (folder / part).iterdir()] if (folder / part).is_dir() else []
                raise DataError(
                    f"Expected a folder at {place}; there is none. {nearest(label, here) if here else ''}".strip()
                )
            for file in sorted(place.glob("*.txt"), key=lambda file: (len(file.name), file.name)):
                sequences.append(file.read_text(encoding="ascii", errors="replace").strip())
                y.append(number)
                ids.append(f"{part}/{label}/{file.stem}")
                parts.append(part)
    check_sizes(card, folder, {part: parts.count(part) for part in ("train", "test")})
    data = from_arrays(
        sequences,
        y,
        modality="dna",
        kind=card["task"],
        labels=labels,
        ids=ids,
        split=parts,
        length=length or card["length"],
        duplicates=duplicates,
        seed=seed,
        name=card.name,
    )
    options = {"path": os.fspath(folder), "length": length or card["length"], "duplicates": duplicates, "seed": seed}
    return replace(data, card=card, options=options)
