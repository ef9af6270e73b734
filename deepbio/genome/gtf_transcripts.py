"""Transcripts of a GTF as genes to score: the canonical one of each gene, or all."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from deepbio.errors import DataError
from deepbio.genome.genes import Gene, make_gene

_ATTRIBUTE = re.compile(r'(\w+)\s+"?([^";]*)"?')
_CANONICAL = ("Ensembl_canonical", "MANE_Select")


@dataclass
class _Transcript:
    gene: str
    chromosome: str
    strand: str
    line: int
    exons: list[tuple[int, int]] = field(default_factory=list)
    canonical: bool = False


def genes_of_gtf(path: Path, content: str, *, all_isoforms: bool) -> list[Gene]:
    """Return the genes of a GTF's `exon` lines: one a gene, or with `all_isoforms` one a transcript named `gene:transcript`.

    Raises:
        DataError: no exon, too few columns, or positions that are none; with file and line.
    """
    found = _transcripts(path, content)
    if not found:
        raise DataError(f"{path}: the GTF has no line of the feature 'exon' with a gene and a transcript.")
    if all_isoforms:
        return [_gene(path, t, f"{t.gene}:{name}") for name, t in found.items()]
    best: dict[tuple[str, str], _Transcript] = {}
    for transcript in found.values():
        key = (transcript.gene, transcript.chromosome)
        if key not in best or _rank(transcript) > _rank(best[key]):
            best[key] = transcript
    return [_gene(path, transcript, transcript.gene) for transcript in best.values()]


def _rank(transcript: _Transcript) -> tuple[bool, int]:
    return transcript.canonical, sum(end - start + 1 for start, end in transcript.exons)


def _gene(path: Path, t: _Transcript, name: str) -> Gene:
    start, end = min(s for s, _ in t.exons), max(e for _, e in t.exons)
    return make_gene(path, t.line, name, t.chromosome, t.strand, start, end, [n for exon in t.exons for n in exon])


def _transcripts(path: Path, content: str) -> dict[str, _Transcript]:
    found: dict[str, _Transcript] = {}
    for number, line in enumerate(content.splitlines(), start=1):
        if line.startswith("#") or not line.strip():
            continue
        cells = line.split("\t")
        if len(cells) < 9:
            raise DataError(f"{path}, line {number}: expected 9 columns split by tabs; found {len(cells)}.")
        if cells[2] != "exon":
            continue
        attributes = _ATTRIBUTE.findall(cells[8])
        named = dict(reversed(attributes))
        name = named.get("transcript_id", "")
        gene = named.get("gene_name") or named.get("gene_id", "")
        if not (name and gene):
            raise DataError(f"{path}, line {number}: an exon needs transcript_id and gene_id or gene_name.")
        try:
            exon = (int(cells[3]), int(cells[4]))
        except ValueError:
            raise DataError(
                f"{path}, line {number}: expected whole numbers; found {cells[3]!r}, {cells[4]!r}."
            ) from None
        transcript = found.setdefault(name, _Transcript(gene, cells[0], cells[6], number))
        transcript.exons.append(exon)
        transcript.canonical |= any(key == "tag" and value in _CANONICAL for key, value in attributes)
    return found
