"""Windows around the splice sites of a stretch of a chromosome and around GT and AG that are none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deepbio.datasets.build import from_arrays
from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.fetch import card_file
from deepbio.genome import GenomeWindows, Intervals, open_genome
from deepbio.genome.gene_tables import read_gene_table
from deepbio.sequence import encode

_NEITHER, _DONOR, _ACCEPTOR = range(3)


class _Transcript(NamedTuple):
    """Places 0-based in the stretch; `starts` and `ends` of exons, half open."""

    name: str
    minus: bool
    start: int
    end: int
    starts: np.ndarray
    ends: np.ndarray


def splice_windows(card: Card, *, seed: int = 0) -> Dataset:
    """Read the sequence and the gene table; all windows of a locus stand in one split.

    Args:
        seed: of the choice of windows without a site, and of the splits.
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
    centers = np.array([place for place, _ in rows])
    strands = np.array(["-" if minus else "+" for _, minus in rows])
    n = len(rows)
    intervals = Intervals(
        np.full(n, name), centers, centers + 1, strands, np.full(n, ""), np.full(n, np.nan), centers, np.arange(1, n + 1), table
    )  # fmt: skip
    windows = GenomeWindows(genome, intervals, length=card["length"])
    data = from_arrays(
        windows[np.arange(n)],
        np.array([label for label, _ in rows.values()]),
        modality="dna",
        labels=list(card["labels"]),
        ids=[f"{place}{strand}" for place, strand in zip(centers.tolist(), strands.tolist(), strict=True)],
        groups=[locus for _, locus in rows.values()],
        fractions=card["split"]["fractions"],
        seed=seed,
        name=card.name,
    )
    return replace(data, card=card, options={"seed": seed})


def _transcripts(table: Path, before: int, length: int) -> list[_Transcript]:
    """The transcripts that lie whole in the stretch, whose first base is number `before` of the chromosome, from 0."""
    found = []
    for row in read_gene_table(table):
        starts, ends = np.array(row.starts) - before, np.array(row.ends) - before
        if starts[0] >= 0 and ends[-1] <= length:
            found.append(_Transcript(row.name, row.strand == "-", int(starts[0]), int(ends[-1]), starts, ends))
    return found


def _loci(transcripts: list[_Transcript]) -> list[str]:
    """The first name among those transcripts that overlap, directly or through others."""
    order = sorted(range(len(transcripts)), key=lambda i: transcripts[i].start)
    locus, end, found = "", -1, [""] * len(transcripts)
    for i in order:
        if transcripts[i].start >= end:
            locus = transcripts[i].name
        found[i] = locus
        end = max(end, transcripts[i].end)
    return found


def _sites(transcript: _Transcript) -> list[tuple[int, int]]:
    """First base of each intron (donor) and of the exon behind it (acceptor), as the gene is read."""
    inner_ends, inner_starts = transcript.ends[:-1].tolist(), transcript.starts[1:].tolist()
    if transcript.minus:
        donors, acceptors = [place - 1 for place in inner_starts], [place - 1 for place in inner_ends]
    else:
        donors, acceptors = inner_ends, inner_starts
    return [*((place, _DONOR) for place in donors), *((place, _ACCEPTOR) for place in acceptors)]


def _decoys(codes: np.ndarray, transcript: _Transcript, sites: set[int], random: np.random.Generator) -> list[int]:
    """As many GT (first base) and AG (base behind it) as the transcript has sites."""
    inside = codes[transcript.start : transcript.end]
    chosen = []
    for letters, shift in (("GT", 0), ("AG", 2)):
        one, two = encode(letters) if not transcript.minus else 3 - encode(letters)[::-1]
        places = np.flatnonzero((inside[:-1] == one) & (inside[1:] == two)) + transcript.start
        places = places + shift if not transcript.minus else places + 1 - shift
        free = np.array([place for place in places.tolist() if place not in sites])
        chosen += random.choice(free, size=len(transcript.starts) - 1, replace=False).tolist()
    return chosen
