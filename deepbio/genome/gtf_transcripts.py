"""Transcripts and genes from the exons of a GTF or GFF3 file."""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from deepbio.errors import DataError
from deepbio.genome.genes import Gene, make_gene
from deepbio.genome.gtf import GtfLine, gtf_lines

log = logging.getLogger("deepbio")
# Tags of Ensembl and GENCODE, and those of RefSeq
_CANONICAL = frozenset(("Ensembl_canonical", "MANE_Select", "MANE Select", "RefSeq Select"))
_Attributes = dict[str, str]


@dataclass
class Transcript:
    """A transcript with the first and last positions of its exons, 1-based.

    `where` is the file and line of its first exon, `gene` the id of its gene, and `gene_name` the gene's name, or its id if another
    gene of the chromosome has the same name.
    """

    where: str
    name: str
    gene: str
    gene_name: str
    chromosome: str
    strand: str
    exons: set[tuple[int, int]] = field(default_factory=set)
    canonical: bool = False

    def rank(self) -> tuple[bool, int]:
        """Return what decides which transcript represents a gene: whether it is canonical, and its length."""
        return self.canonical, sum(end - start + 1 for start, end in self.exons)

    def as_gene(self, name: str) -> Gene:
        """Return the transcript as a gene of a name."""
        start, end = min(s for s, _ in self.exons), max(e for _, e in self.exons)
        boundaries = [position for exon in self.exons for position in exon]
        return make_gene(self.where, name, self.chromosome, self.strand, start, end, boundaries, self.exons)


def transcripts_of_gtf(path: Path, text: str) -> list[Transcript]:
    """Return the transcripts of the `exon` lines of a GTF or GFF3.

    One id on two chromosomes or strands names two transcripts: annotations list the genes of the pseudoautosomal regions of X and Y
    one id. Exons of one id on both strands (trans-splicing) are logged as a warning. Genes are those of `gene_id`, or of the parent
    in a GFF3. A gene has its name unless another gene of the chromosome has it too; such genes have their ids.

    Args:
        path: Path of the file, for messages.
        text: Text of the file.

    Raises:
        DataError: there is no exon, or a line is malformed or names no gene or transcript; with file and line.

    Source: the GTF2.2 and GFF3 specifications; the descriptions of Ensembl's, GENCODE's and RefSeq's files.
    """
    found: dict[tuple[str, str, str], Transcript] = {}
    parents = _parents(path, text) if "Parent=" in text else {}
    for line in gtf_lines(path, text, "exon"):
        for key, transcript in _transcripts_of(line, parents):
            transcript = found.setdefault((line.chromosome, line.strand, key), transcript)
            transcript.exons.add((line.start, line.end))
            transcript.canonical |= _is_canonical(line.attributes)
    _warn_of_both_strands(path, found)
    names: dict[tuple[str, str], set[str]] = {}
    for transcript in found.values():
        names.setdefault((transcript.chromosome, transcript.gene_name), set()).add(transcript.gene)
    for transcript in found.values():
        if len(names[transcript.chromosome, transcript.gene_name]) > 1:
            transcript.gene_name = transcript.gene
    return list(found.values())


def genes_of_gtf(path: Path, text: str, *, all_isoforms: bool) -> list[Gene]:
    """Return the genes of a GTF or GFF3: each gene's canonical or longest transcript, or all transcripts.

    Args:
        path: Path of the file, for messages.
        text: Text of the file.
        all_isoforms: Whether to return all transcripts, named `gene:transcript`.

    Raises:
        DataError: what `transcripts_of_gtf` raises.
    """
    transcripts = transcripts_of_gtf(path, text)
    if all_isoforms:
        return [transcript.as_gene(f"{transcript.gene_name}:{transcript.name}") for transcript in transcripts]
    best: dict[tuple[str, str, str], Transcript] = {}
    for transcript in transcripts:
        key = (transcript.chromosome, transcript.strand, transcript.gene)
        if key not in best or transcript.rank() > best[key].rank():
            best[key] = transcript
    return [transcript.as_gene(transcript.gene_name) for transcript in best.values()]


def _transcripts_of(line: GtfLine, parents: dict[tuple[str, str], _Attributes]):
    """Yield key and transcript of each transcript that an exon is part of; in a GFF3 there may be several."""
    own = dict(reversed(line.attributes))
    keys = own["Parent"].split(",") if "Parent" in own else [own.get("transcript_id", "")]
    for key in keys:
        parent = parents.get((line.chromosome, key), {})
        top_id = parent.get("Parent", "")
        top = parents.get((line.chromosome, top_id), {})
        levels = (own, parent, top)
        name = own.get("transcript_id") if len(keys) == 1 else ""
        name = name or parent.get("transcript_id") or key.removeprefix("transcript:")
        gene_id = _first(levels, "gene_id") or top_id
        gene = top_id or gene_id or (key if "Parent" in own else _first(levels, "gene_name"))
        gene_name = _first(levels, "gene_name", "gene") or (top or parent).get("Name") or gene_id or gene
        if not (name and gene):
            raise DataError(
                f"{line.where}: an exon needs transcript_id and gene_id or gene_name (in a GFF3, Parent); found "
                f"{', '.join(own) or 'none'}."
            )
        own_gene = gene.removeprefix("gene:") if top_id else gene_id or gene
        name, own_gene, gene_name = map(unquote, (name, own_gene, gene_name))
        transcript = Transcript(line.where, name, own_gene, gene_name, line.chromosome, line.strand)
        transcript.canonical = _is_canonical(list(parent.items()))
        yield key, transcript


def _first(levels: tuple[_Attributes, ...], *keys: str) -> str:
    return next((level[key] for key in keys for level in levels if level.get(key)), "")


def _is_canonical(attributes: list[tuple[str, str]]) -> bool:
    return any(key == "tag" and not _CANONICAL.isdisjoint(unquote(value).split(",")) for key, value in attributes)


def _parents(path: Path, text: str) -> dict[tuple[str, str], _Attributes]:
    """Return the attributes of the genes and transcripts of a GFF3 by chromosome and ID."""
    lines = gtf_lines(path, text, None)
    attributes = ((line.chromosome, dict(reversed(line.attributes))) for line in lines if line.feature != "exon")
    return {(chromosome, found["ID"]): found for chromosome, found in attributes if "ID" in found}


def _warn_of_both_strands(path: Path, found: dict[tuple[str, str, str], Transcript]) -> None:
    both = [
        transcript
        for (chromosome, strand, key), transcript in found.items()
        if strand == "-" and (chromosome, "+", key) in found
    ]
    if both:
        log.warning(
            "%s: %d transcripts have exons on both strands, the first %s (%s); the exons of each strand are taken for a transcript "
            "of their own.",
            path, len(both), both[0].name, both[0].where.removeprefix(f"{path}, "),
        )  # fmt: skip
