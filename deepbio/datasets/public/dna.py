"""Public sets of DNA sequences: UCI, FASTA files per class, Genomic Benchmarks and DeepSTARR."""

from __future__ import annotations

import csv
import gzip
import io
import os
from typing import Literal

import numpy as np

from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.fetch import card_file
from deepbio.datasets.public.from_card import card_dataset, card_splits, check_sizes, user_file
from deepbio.datasets.readers import read_fasta, read_table
from deepbio.datasets.split import Split
from deepbio.datasets.splitting import Duplicates
from deepbio.errors import DataError, nearest
from deepbio.sequence import encode
from deepbio.specs import ModelInput, Task

_DEEPSTARR = {"train": "Train", "valid": "Val", "test": "Test"}


def uci_splice(card: Card) -> Dataset:
    """Read UCI's splice junctions: 60 nt, boundary between bases 30 and 31; EI is a donor, IE an acceptor, N neither.

    Identical sequences form one group. A sequence with two labels is dropped.
    """
    with gzip.open(card_file(card, "splice.tsv.gz"), "rt", encoding="ascii", newline="") as file:
        rows = [(row["label"], row["sequence"]) for row in csv.DictReader(file, delimiter="\t")]
    return _uci(card, rows, labels=("N", "EI", "IE"))


def ecoli_promoters(card: Card) -> Dataset:
    """Read UCI's promoters of E. coli: 57 nt, `+` is a promoter."""
    content = card_file(card, "promoters.csv").read_text(encoding="ascii")
    rows = [(row["label"], row["sequence"]) for row in csv.DictReader(io.StringIO(content))]
    return _uci(card, rows, labels=("-", "+"))


def fasta_classes(card: Card, *, duplicates: Literal["group", "drop", "keep"] | None = None, seed: int = 0) -> Dataset:
    """Read the files in the card's `fasta`: class to file, or class to split to file.

    Args:
        card: Card of the data set.
        duplicates: See `deepbio.datasets.splitting.split_examples`. None is `"drop"` for published splits and `"group"` for
            others.
        seed: Random seed of splits that are not published.
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
    return card_dataset(
        card,
        np.concatenate(codes),
        np.array(y),
        modality="dna",
        labels=list(card["fasta"]),
        ids=ids,
        split=parts if published else None,
        duplicates=chosen,
        seed=seed,
        options={"duplicates": chosen, "seed": seed},
    )


def genomic_benchmarks(
    card: Card,
    *,
    path: str | os.PathLike[str] | None = None,
    length: int | None = None,
    duplicates: Duplicates = "drop",
    seed: int = 0,
) -> Dataset:
    """Read a set of Genomic Benchmarks: one sequence per file, in `train/CLASS/*.txt` and `test/CLASS/*.txt`.

    Args:
        card: Card of the data set.
        path: Folder that contains `train` and `test`.
        length: Number of bases to which sequences are cropped, or padded with N, around their middle; None uses the card's.
        duplicates: `"drop"` removes sequences from training that are in test too; `"keep"` keeps the published splits.
        seed: Random seed of the fraction of training that is set aside for validation.
    """
    folder = user_file(card, path, folder=True)
    labels = list(card["labels"])
    sequences, y, ids, parts = [], [], [], []
    for part in ("train", "test"):
        for number, label in enumerate(labels):
            of_class = folder / part / label
            if not of_class.is_dir():
                here = [p.name for p in (folder / part).iterdir()] if (folder / part).is_dir() else []
                advice = nearest(label, here) if here else ""
                raise DataError(f"Expected a folder at {of_class}; there is none. {advice}".strip())
            for file in sorted(of_class.glob("*.txt"), key=lambda file: (len(file.name), file.name)):
                sequences.append(file.read_text(encoding="ascii", errors="replace").strip())
                y.append(number)
                ids.append(f"{part}/{label}/{file.stem}")
                parts.append(part)
    check_sizes(card, folder, {part: parts.count(part) for part in ("train", "test")})
    length = length or card["length"]
    return card_dataset(
        card,
        sequences,
        y,
        modality="dna",
        kind=card["task"],
        labels=labels,
        ids=ids,
        split=parts,
        length=length,
        duplicates=duplicates,
        seed=seed,
        options={"path": os.fspath(folder), "length": length, "duplicates": duplicates, "seed": seed},
    )


def deepstarr(card: Card, *, path: str | os.PathLike[str] | None = None) -> Dataset:
    """Read DeepSTARR: enhancer activity of 249 bp of the fly's genome for two promoters.

    The splits are the publisher's, by chromosome. Both strands of a sequence are examples.

    Args:
        card: Card of the data set.
        path: Folder with `Sequences_Train.fa`, `Sequences_activity_Train.txt`, and those of `Val` and `Test`.
    """
    folder = user_file(card, path, folder=True)
    codes, y, ids, parts = [], [], [], []
    for part, stem in _DEEPSTARR.items():
        records = read_fasta(folder / f"Sequences_{stem}.fa", length=249, same_names="number")
        table = read_table(folder / f"Sequences_activity_{stem}.txt", features=list(card["labels"]))
        if len(table) != len(records):
            raise DataError(f"{folder}: {len(records)} sequences and {len(table)} activities of {stem}.")
        codes.append(records.codes)
        y.append(table.x)
        ids += [f"{part}:{id}" for id in records.ids]
        parts += [part] * len(records)
    check_sizes(card, folder, {part: parts.count(part) for part in _DEEPSTARR})
    return card_dataset(
        card,
        np.concatenate(codes),
        np.concatenate(y),
        modality="dna",
        kind="regression",
        labels=list(card["labels"]),
        ids=ids,
        split=parts,
        duplicates="keep",
        options={"path": os.fspath(folder)},
    )


def _uci(card: Card, rows: list[tuple[str, str]], *, labels: tuple[str, ...]) -> Dataset:
    of_sequence: dict[str, set[str]] = {}
    for label, sequence in rows:
        of_sequence.setdefault(sequence, set()).add(label)
    kept = [(i, label, sequence) for i, (label, sequence) in enumerate(rows) if len(of_sequence[sequence]) == 1]
    sequences = np.array([sequence for _, _, sequence in kept])
    x = encode([sequence for _, _, sequence in kept])
    y = np.array([labels.index(label) for _, label, _ in kept], np.int64)
    ids = np.array([f"{card.name}:{i + 1}" for i, _, _ in kept])
    splits = card_splits(card, Split(x, y, ids, sequences))
    task = Task.classify(tuple(card["classes"]))
    return Dataset(card.name, task, ModelInput("dna", x.shape[1:]), *splits, card=card)
