"""The two DNA sets of the UCI repository: primate splice junctions and E. coli promoters."""

from __future__ import annotations

import csv
import gzip
import io

import numpy as np

from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.fetch import card_file
from deepbio.datasets.public.card_splits import card_splits
from deepbio.datasets.split import Split
from deepbio.sequence import encode
from deepbio.specs import ModelInput, Task


def uci_splice(card: Card) -> Dataset:
    """Read the splice junctions: 60 nt, boundary between letters 30 and 31; EI is a donor, IE an acceptor, N neither.

    Identical sequences form one group. A sequence that stands under two labels is dropped.
    """
    with gzip.open(card_file(card, "splice.tsv.gz"), "rt", encoding="ascii", newline="") as file:
        rows = [(row["label"], row["sequence"]) for row in csv.DictReader(file, delimiter="\t")]
    return _dataset(card, rows, labels=("N", "EI", "IE"))


def ecoli_promoters(card: Card) -> Dataset:
    """Read the promoters: 57 nt, `+` is a promoter."""
    content = card_file(card, "promoters.csv").read_text(encoding="ascii")
    rows = [(row["label"], row["sequence"]) for row in csv.DictReader(io.StringIO(content))]
    return _dataset(card, rows, labels=("-", "+"))


def _dataset(card: Card, rows: list[tuple[str, str]], *, labels: tuple[str, ...]) -> Dataset:
    of_sequence: dict[str, set[str]] = {}
    for label, sequence in rows:
        of_sequence.setdefault(sequence, set()).add(label)
    kept = [(i, label, sequence) for i, (label, sequence) in enumerate(rows) if len(of_sequence[sequence]) == 1]
    sequences = np.array([sequence for _, _, sequence in kept])
    x = encode([sequence for _, _, sequence in kept])
    y = np.array([labels.index(label) for _, label, _ in kept], np.int64)
    ids = np.array([f"{card.name}:{i + 1}" for i, _, _ in kept])
    splits = card_splits(card, Split(x, y, ids, sequences))
    names = tuple(card["classes"])
    return Dataset(card.name, Task.classify(names), ModelInput("dna", x.shape[1:]), *splits, card=card)
