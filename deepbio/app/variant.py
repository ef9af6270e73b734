"""The tab *DNA*, variants: scores of one variant with the tracks of both alleles and percentiles, or by any DNA model."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.app.collection import Collection
from deepbio.app.jobs import Job
from deepbio.errors import DataError
from deepbio.genome import Annotation, Genome, Record, open_genome, read_annotation
from deepbio.genome.gene_tables import BUILDS
from deepbio.uploads import Upload

if TYPE_CHECKING:
    import keras

_VARIANT = re.compile(r"(?i)\s*([\w.]+)\s*[-:\s]\s*(?:g\.)?([\d,]+)\s*[-:\s]?\s*([ACGTN]+)\s*[-:>\s/]\s*([ACGTN]+)\s*")
_MAX_BASES = 200  # of an allele here


@dataclass(frozen=True)
class Reference:
    """Genome and genes that the user named when the app was started.

    Args:
        fasta: Path of the genome, or None.
        annotation: `"grch37"`, `"grch38"` or the path of a gene table, or None.
    """

    fasta: Path | None = None
    annotation: str | None = None


def read_variant(text: str) -> Record:
    """Return a variant in the form chr-pos-ref-alt as a record of a VCF.

    Raises:
        DataError: It has another form, or is longer than 200 bases.

    Example:
        >>> record = read_variant("chr22-19,950,271-g-A")
        >>> record.chromosome, record.position, record.reference, record.alternates
        ('chr22', 19950271, 'G', ('A',))
        >>> read_variant("22:101 A>ACC").alternates
        ('ACC',)
    """
    found = _VARIANT.fullmatch(text)
    if found is None:
        raise DataError(
            f"Expected a variant such as chr22-19950271-G-A (chr-pos-ref-alt); received {text.strip()[:60]!r}."
        )
    chromosome, position, reference, alternate = found.groups()
    if max(len(reference), len(alternate)) > _MAX_BASES:
        raise DataError(f"Expected alleles of at most {_MAX_BASES} bases here; the command line scores longer ones.")
    reference, alternate, place = reference.upper(), alternate.upper(), position.replace(",", "")
    cells = (chromosome, place, ".", reference, alternate, ".", ".", ".")
    return Record(cells, f"{chromosome}-{place}-{reference}-{alternate}", int(place), (alternate,))


def score_variant(
    job: Job, collection: Collection, named: Reference, *, variant: str, model: str, build: str, distance: int, fasta: Upload | None,
    genes: Upload | None,
) -> dict[str, Any]:  # fmt: skip
    """Score one variant.

    Args:
        job: Job, for progress.
        collection: Presets.
        named: Genome and genes of the start.
        variant: The variant, chr-pos-ref-alt.
        model: Preset: one of splicing (none, acceptor, donor at each position), or any other DNA model.
        build: `"grch37"`, `"grch38"`, or empty for the annotation of the start.
        distance: Distance of scored positions, for splicing.
        fasta: FASTA instead of that of the start.
        genes: Gene table, GTF or GFF3 instead of a build.

    Returns:
        JSON-able result.

    Raises:
        DataError: The variant, genome or genes do not fit.
    """
    record, preset = read_variant(variant), collection.find(model, "dna")
    with contextlib.ExitStack() as files:
        job.step("Reading the genome")
        genome = files.enter_context(_genome(fasta, named))
        if genome.find_name(record.chromosome) is None:
            raise DataError(
                f"{genome.path.name} has no record {record.chromosome!r}; it has {', '.join(list(genome.lengths)[:5])}."
            )
        annotation = files.enter_context(_annotation(genes, build, named)) if preset.is_splicing else None
        with collection.using(preset, job) as built:
            job.step("Computing both alleles")
            if annotation is None:
                found = _any(built, genome, record)
            else:
                found = _splicing(built, str(preset.folder), genome, annotation, record, distance)
    facts = {"variant": record.where, "model": preset.name, "genome": genome.path.name}
    return facts | ({"annotation": Path(annotation.source).name, "distance": distance} if annotation else {}) | found


@contextlib.contextmanager
def _genome(upload: Upload | None, named: Reference) -> Iterator[Genome]:
    if upload is not None:
        with upload.as_path() as path:
            yield _in_memory(path, upload)
    elif named.fasta is not None:
        yield open_genome(named.fasta)
    else:
        raise DataError("Expected a genome: choose a FASTA, or start the app with one: deepbio app --genome hg38.fa.")


def _in_memory(path: Path, upload: Upload) -> Genome:
    """Return a small genome without the copy on disk that `open_genome` makes."""
    from deepbio.datasets.readers import read_fasta
    from deepbio.genome.encoded import record_starts

    found = read_fasta(path)
    lengths = dict(zip(map(str, found.ids), map(int, found.lengths), strict=True))
    rows = [row[:n] for row, n in zip(found.codes, lengths.values(), strict=True)]
    return Genome(
        Path(upload.name),
        lengths,
        record_starts(lengths),
        np.concatenate(rows),
        hashlib.sha256(upload.content).hexdigest(),
    )


@contextlib.contextmanager
def _annotation(upload: Upload | None, build: str, named: Reference) -> Iterator[Annotation]:
    if upload is not None:
        with upload.as_path() as path:
            yield read_annotation(path)
    elif build or named.annotation:
        if build and build not in BUILDS:
            raise DataError(f"The build is {' or '.join(BUILDS)}; received {build[:40]!r}.")
        yield read_annotation(build or str(named.annotation))
    else:
        raise DataError("Expected genes: choose a build, or a gene table, GTF or GFF3.")


def _splicing(
    model: keras.Model, folder: str, genome: Genome, annotation: Annotation, record: Record, distance: int
) -> dict[str, Any]:
    from deepbio.variants.background import background_of
    from deepbio.variants.report import explain_records
    from deepbio.variants.report_page import about_background, page_row, score_columns
    from deepbio.variants.splicing import SpliceScorer

    if not 1 <= distance <= 500:
        raise DataError(f"The distance is 1 to 500 here; received {distance}.")
    [(scored, explained)] = explain_records(SpliceScorer(model, genome, annotation, distance=distance), [record])
    if not explained:
        raise DataError(f"{record.where} was not scored: {', '.join(scored.skipped) or 'no gene is there'}.")
    background, why = background_of(folder, distance)
    effects = []
    for one in explained.values():
        row = page_row(one, background)
        columns = score_columns(background)
        effects.append(
            {
                "gene": one.gene.name,
                "about": row["about"],
                "largest": float(max(one.effect.scores)),
                "columns": columns,
                "scores": [dict(zip(columns, values, strict=True)) for values in row["scores"]],
                "tracks": str(row["picture"]),
                "caption": row["caption"],
                "reference": np.round(one.reference, 5).tolist(),
                "alternate": np.round(one.alternate, 5).tolist(),
            }
        )
    return {
        "effects": effects,
        "about_background": about_background(background, why),
        "outputs": None,
        "skipped": scored.skipped,
    }


def _any(model: keras.Model, genome: Genome, record: Record) -> dict[str, Any]:
    from deepbio.variants.score import COLUMNS, ModelScorer

    [(lines, skipped)] = ModelScorer(model, genome)([record])
    if not lines:
        raise DataError(f"{record.where} was not scored: {', '.join(skipped)}.")
    names = COLUMNS[5:]
    rows = [dict(zip(names, line.split("\t")[5:], strict=True)) for line in lines]
    outputs = [{key: value if key == "output" else float(value) for key, value in row.items()} for row in rows]
    return {"effects": [], "about_background": "", "outputs": outputs, "skipped": skipped}
