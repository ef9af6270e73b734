"""Public sets of DNA sequences: UCI, FASTA files per class, Genomic Benchmarks and DeepSTARR."""

import csv
import gzip
import io
import os
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.fetch import card_file
from deepbio.datasets.public.from_card import card_dataset, card_splits, check_sizes, user_file
from deepbio.datasets.readers import read_fasta, read_table
from deepbio.datasets.split import Split
from deepbio.datasets.splitting import Duplicates
from deepbio.errors import DataError, nearest
from deepbio.files import FilePath
from deepbio.genome import GenomeWindows, Intervals, open_genome
from deepbio.genome.gene_tables import read_gene_table
from deepbio.sequence import encode
from deepbio.specs import ModelInput, Task

_NEITHER, _DONOR, _ACCEPTOR = range(3)
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
    path: FilePath | None = None,
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


def deepstarr(card: Card, *, path: FilePath | None = None) -> Dataset:
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


class _Transcript(NamedTuple):
    """A transcript by 0-based positions in the region; `starts` and `ends` are those of exons, half open."""

    name: str
    minus: bool
    start: int
    end: int
    starts: np.ndarray
    ends: np.ndarray


def splice_windows(card: Card, *, seed: int = 0) -> Dataset:
    """Read the sequence and the gene table. All windows of a locus are in one split.

    Args:
        card: Card of the data set.
        seed: Random seed of the windows without a splice site, and of the splits.
    """
    fasta, table = (card_file(card, file["name"]) for file in card["files"])
    genome = open_genome(fasta)
    (name,) = genome.lengths
    transcripts = _transcripts(table, int(name.split(":")[1].split("-")[0]) - 1, genome.lengths[name])
    codes = np.asarray(genome[name])
    random = np.random.default_rng(seed)
    rows: dict[tuple[int, bool], tuple[int, str]] = {}
    loci = _loci(transcripts)
    for transcript, locus in zip(transcripts, loci, strict=True):
        for place, label in _sites(transcript):
            rows.setdefault((place, transcript.minus), (label, locus))
    sites = {minus: {place for place, strand in rows if strand == minus} for minus in (True, False)}
    for transcript, locus in zip(transcripts, loci, strict=True):
        for place in _decoys(codes, transcript, sites[transcript.minus], random):
            rows.setdefault((place, transcript.minus), (_NEITHER, locus))
    sides = ["-" if minus else "+" for _, minus in rows]
    n = len(rows)
    found = ((name, place, place + 1, side, "", np.nan, place, 0) for (place, _), side in zip(rows, sides, strict=True))
    windows = GenomeWindows(genome, Intervals.from_rows(table, list(found)), length=card["length"])
    return card_dataset(
        card,
        windows[np.arange(n)],
        np.array([label for label, _ in rows.values()]),
        modality="dna",
        labels=list(card["labels"]),
        ids=[f"{place}{side}" for (place, _), side in zip(rows, sides, strict=True)],
        groups=[locus for _, locus in rows.values()],
        seed=seed,
        options={"seed": seed},
    )


def _transcripts(table: Path, before: int, length: int) -> list[_Transcript]:
    """Return the transcripts inside the region, whose first base has the 0-based number `before` in the chromosome."""
    found = []
    for row in read_gene_table(table):
        starts, ends = np.array(row.starts) - before, np.array(row.ends) - before
        if starts[0] >= 0 and ends[-1] <= length:
            found.append(_Transcript(row.name, row.strand == "-", int(starts[0]), int(ends[-1]), starts, ends))
    return found


def _loci(transcripts: list[_Transcript]) -> list[str]:
    """Return for each transcript the first name among those that overlap it, directly or through others."""
    order = sorted(range(len(transcripts)), key=lambda i: transcripts[i].start)
    locus, end, found = "", -1, [""] * len(transcripts)
    for i in order:
        if transcripts[i].start >= end:
            locus = transcripts[i].name
        found[i] = locus
        end = max(end, transcripts[i].end)
    return found


def _sites(transcript: _Transcript) -> list[tuple[int, int]]:
    """Return the first base of each intron (donor) and of the exon behind it (acceptor), in the direction of the gene."""
    inner_ends, inner_starts = transcript.ends[:-1].tolist(), transcript.starts[1:].tolist()
    if transcript.minus:
        donors, acceptors = [place - 1 for place in inner_starts], [place - 1 for place in inner_ends]
    else:
        donors, acceptors = inner_ends, inner_starts
    return [*((place, _DONOR) for place in donors), *((place, _ACCEPTOR) for place in acceptors)]


def _decoys(codes: np.ndarray, transcript: _Transcript, sites: set[int], random: np.random.Generator) -> list[int]:
    """Choose as many GT (first base) and AG (base behind it) as the transcript has sites."""
    inside = codes[transcript.start : transcript.end]
    chosen = []
    for bases, shift in (("GT", 0), ("AG", 2)):
        one, two = encode(bases) if not transcript.minus else 3 - encode(bases)[::-1]
        places = np.flatnonzero((inside[:-1] == one) & (inside[1:] == two)) + transcript.start
        places = places + shift if not transcript.minus else places + 1 - shift
        free = np.array([place for place in places.tolist() if place not in sites])
        chosen += random.choice(free, size=len(transcript.starts) - 1, replace=False).tolist()
    return chosen


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
