"""Public sets of notes: PubMed abstracts by section or MeSH heading, and clinical notes that the user supplies."""

import csv
import gzip
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.datasets.build import from_csv
from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.fetch import card_file
from deepbio.datasets.public.from_card import card_dataset, user_file
from deepbio.errors import DataError
from deepbio.files import FilePath

_PUBLISHED = {"min_groups": 1, "mask_identifiers": False}  # abstracts are public


def pubmed_sections(
    card: Card, *, length: int | None = None, tokenizer: Mapping[str, Any] | str | None = None, seed: int = 0
) -> Dataset:
    """Read passages of abstracts labelled by their section. All passages of an abstract are in one split.

    Args:
        card: Card of the data set.
        length, tokenizer, seed: See `deepbio.datasets.build.from_arrays`.
    """
    rows = _rows(card_file(card, "pubmed_sections_2021.tsv.gz"))
    labels = list(card["classes"])
    return card_dataset(
        card,
        [row["text"] for row in rows],
        np.array([labels.index(row["label"]) for row in rows]),
        modality="text",
        labels=labels,
        ids=[f"{row['pmid']}:{i + 1}" for i, row in enumerate(rows)],
        groups=[row["pmid"] for row in rows],
        length=length,
        tokenizer=tokenizer if isinstance(tokenizer, str) else _PUBLISHED | dict(tokenizer or {}),
        seed=seed,
        options={"seed": seed, **_passed({"length": length, "tokenizer": tokenizer})},
    )


def pubmed_mesh(
    card: Card,
    *,
    min_abstracts: int = 100,
    max_headings: int | None = None,
    length: int | None = None,
    tokenizer: Mapping[str, Any] | str | None = None,
    seed: int = 0,
) -> Dataset:
    """Read titles and abstracts with their frequent MeSH headings as several 0/1 labels.

    Args:
        card: Card of the data set.
        min_abstracts: Minimum number of abstracts with a heading.
        max_headings: Maximum number of those headings, the most frequent ones; None takes all.
        length, tokenizer, seed: See `deepbio.datasets.build.from_arrays`.
    """
    rows = _rows(card_file(card, "pubmed_casereports_1977_79.tsv.gz"))
    headings = [set(filter(None, row["mesh"].split(";"))) for row in rows]
    counts = Counter(heading for found in headings for heading in found)
    frequent = sorted((h for h, count in counts.items() if count >= min_abstracts), key=lambda h: (-counts[h], h))
    labels = sorted(frequent[:max_headings])
    if not labels:
        raise DataError(
            f"{card.name}: no heading has {min_abstracts} abstracts; the most frequent has {max(counts.values())}."
        )
    column = {heading: i for i, heading in enumerate(labels)}
    y = np.zeros((len(rows), len(labels)), dtype=np.float32)
    for i, found in enumerate(headings):
        y[i, [column[heading] for heading in found if heading in column]] = 1
    passed = _passed({"max_headings": max_headings, "length": length, "tokenizer": tokenizer})
    return card_dataset(
        card,
        [f"{row['title']} {row['abstract']}".strip() for row in rows],
        y,
        modality="text",
        kind="multilabel",
        labels=labels,
        ids=[row["pmid"] for row in rows],
        groups=[row["pmid"] for row in rows],
        length=length,
        tokenizer=tokenizer if isinstance(tokenizer, str) else _PUBLISHED | dict(tokenizer or {}),
        seed=seed,
        options={"min_abstracts": min_abstracts, **passed, "seed": seed},
    )


def user_notes(
    card: Card,
    *,
    path: FilePath | None = None,
    label: str | None = None,
    length: int | None = None,
    tokenizer: Mapping[str, Any] | str | None = None,
    seed: int = 0,
) -> Dataset:
    """Read the user's table of notes by the columns on the card.

    Args:
        card: Card of the data set.
        path: Path of the file.
        label: Column of classes; None uses the card's.
        length, tokenizer: See `deepbio.datasets.build.from_arrays`.
        seed: Random seed of the splits.
    """
    file = user_file(card, path, folder=False)
    columns = dict(card["columns"])
    columns["label"] = label or columns.get("label")
    if columns["label"] is None:
        raise DataError(
            f"{card.name} has no labels of its own. Join a column of classes to {file} and name it: label=COLUMN "
            "(on the command line --data label=COLUMN)."
        )
    data = from_csv(file, **columns, length=length, tokenizer=tokenizer, seed=seed, name=card.name)
    options = {"path": os.fspath(file), "label": columns["label"], "length": length, "seed": seed}
    options |= _passed({"tokenizer": tokenizer})
    return replace(data, card=card, options=options)


def _passed(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: dict(v) if isinstance(v, Mapping) else v for name, v in options.items() if v}


def _rows(path: Path) -> list[dict[str, str]]:
    # quotation marks in the text are characters like others
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
