"""Windows around the splice sites of a region of a chromosome, and around GT and AG that are no splice sites."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.fetch import card_file
from deepbio.datasets.public.from_card import card_dataset
from deepbio.genome import GenomeWindows, Intervals, open_genome
from deepbio.genome.gene_tables import read_gene_table
from deepbio.sequence import encode

_NEITHER, _DONOR, _ACCEPTOR = range(3)


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
