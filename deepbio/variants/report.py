"""`report`: the variants with the largest delta scores as one page, with the probabilities around each of them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.errors import DataError
from deepbio.files import FilePath, sha256_of, write_atomically
from deepbio.genome import Annotation, Gene, Genome, Record, VcfFile, open_genome, read_annotation
from deepbio.genome.gene_tables import BUILDS
from deepbio.variants.background import Background, background_of
from deepbio.variants.entries import Entry, best_entries
from deepbio.variants.output import FIELD, check_output
from deepbio.variants.rules import Effect, masked
from deepbio.variants.run_facts import recorded_facts
from deepbio.variants.splicing import Scored, SpliceScorer
from deepbio.variants.worker import WEIGHTS, load_weights

_CHUNK = 64  # entries that are computed together
_TOLERANCE = 0.0101  # of a score of two decimals: another processor may round otherwise


@dataclass(frozen=True)
class Explained:
    """An entry, computed again.

    Args:
        entry: The entry as recorded.
        gene: The gene.
        effect: Scores without mask.
        boundary: Signed distance from POS to the nearest exon boundary of the gene.
        reference: Probabilities of none, acceptor and donor around POS, `(2 * distance + 1, 3)`.
        alternate: The same with the alternate allele.
    """

    entry: Entry
    gene: Gene
    effect: Effect
    boundary: int
    reference: np.ndarray
    alternate: np.ndarray

    @property
    def masked(self) -> tuple[float, ...]:
        """Scores with mask."""
        return masked(self.effect.scores, self.effect.positions, self.boundary)


@dataclass(frozen=True)
class Report:
    """What a page shows.

    Args:
        entries: Number of entries with scores in the VCF.
        records: Number of its records.
        explained: The entries with the largest scores.
        facts: Names and values for the head of the page.
        background: Scores of background SNVs, or None.
        why_no_background: Why there is none.
    """

    entries: int
    records: int
    explained: list[Explained]
    facts: dict[str, str]
    background: Background | None
    why_no_background: str


def report(
    vcf: FilePath,
    out: FilePath,
    *,
    fasta: FilePath,
    annotation: FilePath | None = None,
    weights: FilePath | None = None,
    distance: int | None = None,
    top: int = 50,
) -> Report:
    """Write the variants of a scored VCF with the largest delta scores as one self-contained HTML page.

    The probabilities of both alleles are computed again for the page. What the header of the VCF records (weights, annotation,
    distance, checksums) must be the same, and so must each score.

    Args:
        vcf: Path of a VCF or BCF with the INFO field `SpliceAI`, from `splice` or another program.
        out: Path of the page, written whole or not at all.
        fasta: Path of the genome that the variants were scored with.
        annotation: Build or path as for `splice`; None takes the build that the header records.
        weights: Weights as for `splice`; None takes those that the header records, or `"ci"`.
        distance: Distance of scored positions; None takes that of the header, or 50.
        top: Number of entries: those with the largest of their four scores, then the first in the file.

    Returns:
        What the page shows.

    Raises:
        DataError: the VCF has no scores, or the inputs are not those that it was scored with.
    """
    if top < 1:
        raise DataError(f"A page has at least one variant; received top={top}.")
    path = check_output(out, "vcf", inputs=[vcf, fasta, *([] if annotation is None else [annotation])])
    file = VcfFile(vcf)
    recorded = recorded_facts(file)
    best, entries, records = best_entries(file, top)
    if not best:
        raise DataError(
            f"{file.path}: no record has a score in the INFO field {FIELD}. Score the VCF first: deepbio variants splice."
        )
    options = _options(file, recorded, annotation=annotation, weights=weights, distance=distance)
    genes = read_annotation(
        options.annotation, weights=options.weights, all_isoforms=recorded.get("all_isoforms") == "1"
    )
    genome, model = open_genome(fasta), load_weights(options.weights)
    _check_recorded(file, recorded, genome=genome, annotation=genes, model=model)
    scorer = SpliceScorer(model, genome, genes, distance=options.distance)
    explained = []
    for first in range(0, len(best), _CHUNK):
        explained += _explain(scorer, best[first : first + _CHUNK])
    for one in explained:
        _check_scores(file, one, is_masked=recorded.get("mask") == "1")
    background, why = background_of(options.weights, options.distance)
    facts = {
        "file": file.path.name,
        "records": f"{records:,}",
        "entries with scores": f"{entries:,}",
        "weights": _name(options.weights),
        "annotation": _name(options.annotation),
        "distance": f"{options.distance} bases",
        "genome": f"{genome.path.name}, SHA-256 {genome.sha256[:12]}",
    }
    found = Report(entries, records, explained, facts, background, why)
    from deepbio.variants.report_page import page  # drawing is only needed here

    text = page(found)
    with write_atomically(path) as beside:
        beside.write_text(text, encoding="utf-8")
    return found


@dataclass(frozen=True)
class _Options:
    annotation: str
    weights: str
    distance: int


def _options(
    file: VcfFile, recorded: Mapping[str, str], *, annotation: FilePath | None, weights: FilePath | None, distance: int | None
) -> _Options:  # fmt: skip
    """Return the options of the run: those given, those recorded, or the defaults of `splice`."""
    its = recorded.get("annotation", "")
    if annotation is None and its not in BUILDS:
        what = f"the header names {its}, which is no build" if its else "the header does not name it"
        raise DataError(f"{file.path}: expected the annotation of the scores; {what}. Pass annotation= (--annotation).")
    if weights is None and recorded and "weights" not in recorded:
        raise DataError(
            f"{file.path}: expected the weights of the scores; the header has their checksum alone. Pass weights= (--weights)."
        )
    known = recorded.get("weights", "ci")
    if distance is not None and recorded and distance != int(recorded["distance"]):
        raise DataError(f"{file.path} was scored with a distance of {recorded['distance']}; received {distance}.")
    chosen = distance if distance is not None else int(recorded.get("distance", 50))
    return _Options(os.fspath(annotation or its), os.fspath(weights or known), chosen)


def _check_recorded(
    file: VcfFile, recorded: Mapping[str, str], *, genome: Genome, annotation: Annotation, model: Any
) -> None:
    from deepbio.zoo.preset import weights_hash

    found = {"fasta": genome.sha256, "annotation": sha256_of(annotation.source), "weights": weights_hash(model)}
    for name, digest in found.items():
        expected = recorded.get(f"{name}_sha256", digest)
        if expected != digest:
            raise DataError(
                f"{file.path} was scored with another {name}: its header has SHA-256 {expected[:12]}..., this one has "
                f"{digest[:12]}... Pass the same --{name}, or score the VCF again."
            )


def explain_records(scorer: SpliceScorer, records: Sequence[Record]) -> list[tuple[Scored, dict[int, Explained]]]:
    """Compute the scores of records, and what a page shows of each effect that has some.

    Args:
        scorer: Scorer.
        records: Records, as `SpliceScorer.prepare` takes them.

    Returns:
        For each record its result, and what a page shows by the index of the effect.
    """
    prepared = scorer.prepare(records)
    outputs = scorer.outputs(prepared)
    found = {prepared.slots[around.change.index]: around for around in scorer.around(prepared, outputs)}
    scored = scorer.finish(prepared, outputs)
    explained: list[dict[int, Explained]] = [{} for _ in records]
    for (i, j), around in found.items():
        record, effect, gene = records[i], scored[i].effects[j], around.change.gene
        alone = replace(record, alternates=(effect.alternate,))
        entry = Entry(alone, effect.gene, effect.scores, effect.positions, i)
        boundary = gene.boundary(record.position)
        explained[i][j] = Explained(entry, gene, effect, boundary, around.reference, around.alternate)
    return list(zip(scored, explained, strict=True))


def _explain(scorer: SpliceScorer, entries: list[Entry]) -> list[Explained]:
    """Compute the scores and the outputs around each entry."""
    explained = []
    found = explain_records(scorer, [entry.record for entry in entries])
    for entry, (scored, by_effect) in zip(entries, found, strict=True):
        named = [j for j, one in by_effect.items() if one.effect.gene == entry.gene]
        if not named:
            genes = ", ".join(effect.gene for effect in scored.effects) or ", ".join(scored.skipped) or "none"
            raise DataError(
                f"{entry.record.where}: the VCF has a score for the gene {entry.gene[:40]!r}, which cannot be computed with this "
                f"FASTA and annotation ({genes}). Pass those that it was scored with."
            )
        # genes of one name have one entry each, in the order of the annotation
        j = min(
            named, key=lambda j: max(abs(a - b) for a, b in zip(by_effect[j].effect.scores, entry.scores, strict=True))
        )
        explained.append(replace(by_effect[j], entry=entry))
    return explained


def _check_scores(file: VcfFile, one: Explained, *, is_masked: bool) -> None:
    """Check that the scores computed again are those of the VCF, with or without mask if the header does not record it."""
    ways = [one.masked] if is_masked else [one.effect.scores, one.masked]
    if all(
        max(abs(a - b) for a, b in zip(way, one.entry.scores, strict=True)) > _TOLERANCE for way in ways
    ):  # fmt: skip
        recorded, computed = ("|".join(f"{score:.2f}" for score in scores) for scores in (one.entry.scores, ways[0]))
        raise DataError(
            f"{one.entry.record.where}: the VCF has the scores {recorded} for {one.entry.gene[:40]!r}; computed again they are "
            f"{computed}. Was {file.path.name} scored with other weights, another annotation or another distance? Pass those, or "
            "score it again."
        )


def _name(text: str) -> str:
    return text if text in WEIGHTS or text in BUILDS else Path(text).name
