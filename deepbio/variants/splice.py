"""`splice`: SpliceAI's scores for a whole VCF, in constant memory, in parts that survive an end at any moment."""

from __future__ import annotations

import itertools
import os
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from deepbio import __version__
from deepbio.errors import DataError
from deepbio.files import sha256_of
from deepbio.genome import open_genome
from deepbio.genome.gene_tables import read_annotation
from deepbio.genome.vcf import Record, VcfFile
from deepbio.variants import output
from deepbio.variants.chunks import Chunks
from deepbio.variants.splicing import MISMATCH, Prepared, Scored, SpliceScorer

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

WEIGHTS = {"ci": "spliceai_10k.ci", "illumina": "spliceai_10k.illumina"}
_FEW = 10  # mismatches that any file may have before the build is doubted, while it is still being read


@dataclass
class Summary:
    """What a run did.

    Args:
        records: read, in this shard.
        scored: records with at least one entry.
        checked: records whose REF was compared with the FASTA.
        skipped: reasons and how often; `no gene` counts records that pass through unchanged.
        seconds: of this run.
        out: the output.
    """

    records: int = 0
    scored: int = 0
    checked: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    out: Path | None = None

    def add(self, counts: dict[str, Any]) -> None:
        """Add the counts of a part."""
        self.records += counts["records"]
        self.scored += counts["scored"]
        self.checked += counts["checked"]
        self.skipped = dict(Counter(self.skipped) + Counter(counts["skipped"]))


def splice(
    vcf: str | os.PathLike[str],
    *,
    fasta: str | os.PathLike[str],
    annotation: str | os.PathLike[str],
    out: str | os.PathLike[str],
    weights: str | keras.Model = "ci",
    distance: int = 50,
    mask: bool = False,
    format: Literal["vcf", "tsv", "parquet"] = "vcf",
    all_isoforms: bool = False,
    shard: tuple[int, int] = (1, 1),
    resume: bool = False,
    explain_skips: bool = False,
    index: bool = False,
    max_mismatches: float = 0.01,
    chunk: int = 256,
    strategy: str | tf.distribute.Strategy = "auto",
    progress: Callable[[int, int, float], None] | None = None,
) -> Summary:
    """Score a VCF by SpliceAI's rules and write it with the INFO field `SpliceAI`.

    Args:
        vcf: plain, gzip, bgzip or BCF; never changed.
        fasta: the reference genome; encoded once into the cache.
        annotation: `"grch37"`, `"grch38"` or a file (`read_annotation`).
        out: written whole or not at all; bgzip where it ends in `.gz`, BCF where it ends in `.bcf`.
        weights: `"ci"` (CC BY 4.0), `"illumina"` (from the user's own package spliceai 1.3.1; not for commercial use), a preset, or a
            model.
        distance: of scored positions from the variant, 1 to 4,999.
        mask: hide gains of annotated sites and losses of others.
        format: `"vcf"`, or a table of raw values.
        all_isoforms: of a GTF annotation, score each transcript.
        shard: `(i, n)`: the i-th of n equal stretches of the records, for array jobs. All outputs, headers aside, one after the
            other, are the output of the whole.
        resume: go on where a run with the same inputs and options was ended.
        explain_skips: write `out` with `.skips.tsv` added: a line with the reason for each record that was not scored.
        index: make the index of a bgzip VCF (`.tbi`) or a BCF (`.csi`).
        max_mismatches: share of records whose REF may differ from the FASTA.
        chunk: records that are scored and kept together. Near variants share work within a chunk.
        strategy: devices that share the work, as in `deepbio.devices.choose_strategy`: every GPU of this machine, or `"cpu:N"`. For
            several machines see `shard`.
        progress: called with records done, records in all, and seconds.

    Raises:
        DataError: an input is damaged or of another form, or more records than `max_mismatches` do not match the FASTA.
        ModelError: the model cannot tell splice sites, or the distance is out of range.
        DeepbioError: the output cannot be written.
        TrainingError: a strategy that cannot be had here, or one of several machines.

    Source: Jaganathan et al. 2019, doi:10.1016/j.cell.2018.12.015.
    """
    from deepbio.devices import choose_strategy
    from deepbio.zoo.preset import weights_hash

    begun = time.monotonic()
    path = output.check_output(out, format, inputs=[vcf, fasta, annotation])
    _check_shard(shard)
    if index:
        output.check_index(path, format)
    file = VcfFile(vcf)
    table = read_annotation(
        annotation, weights=weights if isinstance(weights, str) else "ci", all_isoforms=all_isoforms
    )
    total = file.count()
    first, last = total * (shard[0] - 1) // shard[1], total * shard[0] // shard[1]
    genome = open_genome(fasta)
    devices = choose_strategy(strategy)  # before the model is made: see there
    model = _model(weights)
    scorer = SpliceScorer(model, genome, table, distance=distance, mask=mask, strategy=devices)
    options = {
        "distance": distance,
        "mask": mask,
        "format": format,
        "shard": shard,
        "chunk": chunk,
        "all_isoforms": all_isoforms,
    }
    plan = {
        "version": __version__,
        "vcf": sha256_of(vcf),
        "fasta": genome.sha256,
        "annotation": sha256_of(table.source),
        "weights": weights_hash(model),
        **options,
    }
    parts = Chunks(path, plan=plan, resume=resume)
    summary = Summary(out=path)
    number = -(-(last - first) // chunk)
    try:
        _score(file, scorer, parts, summary, first, last, number, chunk, format, max_mismatches, progress, begun)
        check_build(summary, max_mismatches, fasta, whole=True)
    except DataError:
        parts.remove()  # the input is at fault: no part of it is worth keeping
        raise
    _assemble(file, parts, number, path, format, explain_skips)
    parts.remove()
    if index:
        output.make_index(path)
    summary.seconds = time.monotonic() - begun
    return summary


def _score(
    file: VcfFile, scorer: SpliceScorer, parts: Chunks, summary: Summary, first: int, last: int, number: int, chunk: int,
    format: str, max_mismatches: float, progress: Callable[[int, int, float], None] | None, begun: float,
) -> None:  # fmt: skip
    """Score what is not done yet.

    While one chunk is computed, the next is read, checked and encoded, and the last turned into scores and written.
    """
    records = itertools.islice(file.records(), first, last)

    def read(i: int) -> tuple[list[Record], Prepared | None, dict[str, Any]]:
        batch = list(itertools.islice(records, chunk))
        counts = parts.done(i)
        if counts is not None:
            return batch, None, counts
        prepared = scorer.prepare(batch)
        return batch, prepared, _counts(prepared.scored)

    def write(i: int, batch: list[Record], prepared: Prepared, outputs: Any, counts: dict[str, Any]) -> None:
        parts.write(i, _texts(batch, scorer.finish(prepared, outputs), format), counts)

    with ThreadPoolExecutor(1) as reading, ThreadPoolExecutor(1) as writing:
        ahead = reading.submit(read, 0)
        written: Future[None] | None = None
        for i in range(number):
            batch, prepared, counts = ahead.result()
            ahead = reading.submit(read, i + 1)
            summary.add(counts)
            check_build(summary, max_mismatches, scorer.genome.path, whole=False)
            if prepared is not None:
                outputs = scorer.outputs(prepared)
                if written is not None:
                    written.result()
                written = writing.submit(write, i, batch, prepared, outputs, counts)
            if progress is not None:
                progress(summary.records, last - first, time.monotonic() - begun)
        if written is not None:
            written.result()


def _texts(batch: list[Record], scored: list[Scored], format: str) -> dict[str, str]:
    pairs = list(zip(batch, scored, strict=True))
    if format == "vcf":
        lines = [output.vcf_line(record, found) for record, found in pairs]
    else:
        lines = [line for record, found in pairs for line in output.table_lines(record, found)]
    skips = [line for record, found in pairs for line in output.skip_lines(record, found)]
    return {"lines": _joined(lines), "skips": _joined(skips)}


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _counts(scored: list[Scored]) -> dict[str, Any]:
    return {
        "records": len(scored),
        "scored": sum(bool(found.effects) for found in scored),
        "checked": sum(found.checked for found in scored),
        "skipped": dict(Counter(reason for found in scored for reason in found.skipped)),
    }


def _assemble(file: VcfFile, parts: Chunks, number: int, path: Path, format: str, explain_skips: bool) -> None:
    if explain_skips:
        header = "\t".join(output.SKIP_COLUMNS) + "\n"
        output.write_text(
            path.with_name(f"{path.name}.skips.tsv"), itertools.chain([header], parts.texts("skips", number))
        )
    if format == "parquet":
        output.write_parquet(path, parts.texts("lines", number))
        return
    header = (
        _joined(file.header_with(output.FIELD, output.HEADER)) if format == "vcf" else "\t".join(output.COLUMNS) + "\n"
    )
    write = output.write_bcf if format == "vcf" and path.suffix == ".bcf" else output.write_text
    write(path, itertools.chain([header], parts.texts("lines", number)))


def check_build(summary: Summary, most: float, fasta: str | os.PathLike[str], *, whole: bool) -> None:
    """Check that no more than a share `most` of the records had another REF than the FASTA; before the `whole` is read, leave room.

    Raises:
        DataError: more had, so the FASTA is probably of another build.
    """
    wrong = summary.skipped.get(MISMATCH, 0)
    if wrong > most * summary.checked and (whole or wrong >= _FEW):
        raise DataError(
            f"{wrong} of {summary.checked} records have a REF that {fasta} does not have at their place; at most "
            f"{most:.1%} may. The FASTA looks like another genome build than the VCF's. Nothing was written."
        )


def _check_shard(shard: tuple[int, int]) -> None:
    if not 1 <= shard[0] <= shard[1]:
        raise DataError(f"A shard is the i-th of n, 1 <= i <= n; received {shard[0]}/{shard[1]}.")


def _model(weights: str | keras.Model) -> keras.Model:
    if not isinstance(weights, str | os.PathLike):
        return weights
    from deepbio.zoo import get_model

    return get_model(WEIGHTS.get(str(weights), str(weights)))
