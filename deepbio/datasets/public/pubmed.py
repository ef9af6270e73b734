"""Two sets of PubMed abstracts: passages labelled by their section, and abstracts with their MeSH headings."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.datasets.build import from_arrays
from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.fetch import card_file
from deepbio.errors import DataError


def pubmed_sections(
    card: Card, *, length: int | None = None, tokenizer: Mapping[str, Any] | None = None, seed: int = 0
) -> Dataset:
    """Read the passages; all passages of an abstract stand in one split.

    Args:
        length, tokenizer, seed: see `from_arrays`.
    """
    rows = _rows(card_file(card, "pubmed_sections_2021.tsv.gz"))
    labels = list(card["classes"])
    data = from_arrays(
        [row["text"] for row in rows],
        np.array([labels.index(row["label"]) for row in rows]),
        modality="text",
        labels=labels,
        ids=[f"{row['pmid']}:{i + 1}" for i, row in enumerate(rows)],
        groups=[row["pmid"] for row in rows],
        fractions=card["split"]["fractions"],
        length=length,
        tokenizer=tokenizer,
        seed=seed,
        name=card.name,
    )
    return replace(data, card=card, options={**data.options, **_given({"length": length, "tokenizer": tokenizer})})


def pubmed_mesh(
    card: Card,
    *,
    fewest: int = 100,
    most: int | None = None,
    length: int | None = None,
    tokenizer: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Dataset:
    """Read title and abstract, and the headings that at least `fewest` abstracts have, as several 0/1 labels.

    Args:
        fewest: abstracts that a heading needs.
        most: keep this many of those headings, the most frequent ones; all without it.
        length, tokenizer, seed: see `from_arrays`.
    """
    rows = _rows(card_file(card, "pubmed_casereports_1977_79.tsv.gz"))
    headings = [set(filter(None, row["mesh"].split(";"))) for row in rows]
    counts = Counter(heading for found in headings for heading in found)
    frequent = sorted((h for h, count in counts.items() if count >= fewest), key=lambda h: (-counts[h], h))
    labels = sorted(frequent[:most])
    if not labels:
        raise DataError(
            f"{card.name}: no heading stands at {fewest} abstracts; the most frequent has {max(counts.values())}."
        )
    place = {heading: i for i, heading in enumerate(labels)}
    y = np.zeros((len(rows), len(labels)), dtype=np.float32)
    for i, found in enumerate(headings):
        y[i, [place[heading] for heading in found if heading in place]] = 1
    data = from_arrays(
        [f"{row['title']} {row['abstract']}".strip() for row in rows],
        y,
        modality="text",
        kind="multilabel",
        labels=labels,
        ids=[row["pmid"] for row in rows],
        groups=[row["pmid"] for row in rows],
        fractions=card["split"]["fractions"],
        length=length,
        tokenizer=tokenizer,
        seed=seed,
        name=card.name,
    )
    options = _given({"most": most, "length": length, "tokenizer": tokenizer})
    return replace(data, card=card, options={"fewest": fewest, **options, "seed": seed})


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: dict(v) if isinstance(v, Mapping) else v for name, v in options.items() if v}


def _rows(path: Path) -> list[dict[str, str]]:
    # quotation marks in the text are letters like others
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
