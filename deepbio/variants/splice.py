"""`splice`: SpliceAI's scores for a whole VCF, in constant memory, in chunks that survive an end at any moment."""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from deepbio.devices.executor import open_executor
from deepbio.devices.machine import available_cores
from deepbio.errors import DataError, DeepbioError
from deepbio.files import FilePath
from deepbio.genome import VcfFile
from deepbio.variants import output
from deepbio.variants.bcf import check_bcf, write_bcf
from deepbio.variants.chunks import PLAN, Chunks
from deepbio.variants.inputs import as_files, check_chromosomes
from deepbio.variants.run_facts import facts_of, with_facts
from deepbio.variants.summary import Summary
from deepbio.variants.worker import Job, Worker, score_task

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

TASK = 8  # chunks that a worker scores in one task


def splice(
    vcf: FilePath,
    *,
    fasta: FilePath,
    annotation: FilePath,
    out: FilePath,
    weights: str | keras.Model = "ci",
    distance: int = 50,
    mask: bool = False,
    mnv: bool = False,
    format: Literal["vcf", "tsv", "parquet"] = "vcf",
    all_isoforms: bool = False,
    shard: tuple[int, int] = (1, 1),
    resume: bool = False,
    explain_skips: bool = False,
    index: bool = False,
    max_mismatches: float | None = None,
    chunk: int = 256,
    strategy: str | tf.distribute.Strategy = "auto",
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Callable[[int, int, float], None] | None = None,
) -> Summary:
    """Score a VCF by SpliceAI's rules and write it with the INFO field `SpliceAI`.

    Args:
        vcf: Path of the VCF, plain, gzip, bgzip or BCF; it is never changed. `"-"` is the standard input.
        fasta: Path of the reference genome; it is encoded once, into the cache.
        annotation: `"grch37"`, `"grch38"` or a path (see `read_annotation`).
        out: Path of the output, written completely or not at all; bgzip if it ends in `.gz`, BCF if it ends in `.bcf`.
        weights: `"ci"` (CC BY 4.0), `"illumina"` (from the user's own package spliceai 1.3.1; not for commercial use), a preset, or a
            model.
        distance: Distance of scored positions from the variant, 1 to 4,999.
        mask: Whether gains of annotated sites and losses of others are hidden.
        mnv: Whether variants with two alleles longer than 1 are scored, which SpliceAI leaves out (see `rules.align`).
        format: `"vcf"`, or a table of raw values.
        all_isoforms: Whether each transcript of a GTF annotation is scored.
        shard: `(i, n)` for the i-th of n equal stretches of the records, for array jobs. The outputs of all shards, headers aside, one
            after the other, are the output of the whole.
        resume: Whether to go on where a run with the same inputs and options ended.
        explain_skips: Whether to write `out` with `.skips.tsv` added: a line with the reason for each record that was not scored.
        index: Whether to index a bgzip VCF (`.tbi`) or a BCF (`.csi`).
        max_mismatches: Fraction (a float) or number (an int) of records whose REF may differ from the FASTA; None is 1%, or two
            records if they are at most a quarter.
        chunk: Number of records that are scored and stored together. Variants that lie near each other save work within a chunk.
        strategy: Devices that divide the windows, as in `deepbio.devices.choose_strategy`: every GPU of this machine, or `"cpu:N"`.
        workers: Number of processes that divide the chunks; None scores them in this process.
        scheduler: Address of a Dask scheduler whose workers divide the chunks. All files must have the same paths there.
        progress: Function that is called with the number of records done, that of all records, and the seconds since the start.

    Returns:
        The numbers of records that were read, scored and skipped. The output does not depend on `workers` and `scheduler`.

    Raises:
        DataError: an input is malformed, no chromosome of the VCF is in the annotation or the FASTA, more records than
            `max_mismatches` do not match the FASTA, or BCF cannot store a record.
        ModelError: the model does not predict splice sites, or the distance is out of range.
        DeepbioError: the output cannot be written, or a worker died.
        TrainingError: the strategy is not available here, or is one of several machines.

    Source: Jaganathan et al. 2019, doi:10.1016/j.cell.2018.12.015.
    """
    start = time.monotonic()
    path = output.check_output(out, format, inputs=[vcf, fasta, annotation], index=index)
    if not 1 <= shard[0] <= shard[1]:
        raise DataError(f"A shard is the i-th of n, 1 <= i <= n; received {shard[0]}/{shard[1]}.")
    parallel = workers is not None or scheduler is not None
    if parallel and not (isinstance(weights, str | os.PathLike) and isinstance(strategy, str)):
        raise DeepbioError(
            "Workers load weights and strategy by name; received an object. Save the model as a preset first."
        )
    with as_files(vcf, fasta, annotation) as (vcf, fasta, annotation):
        file = VcfFile(vcf)
        total, names = file.scan()
        first, last = total * (shard[0] - 1) // shard[1], total * shard[0] // shard[1]
        job = Job(
            vcf, fasta, annotation, weights, distance, mask, mnv, format, all_isoforms, strategy, chunk, first, last
        )
        worker = Worker(job)
        genome, genes = worker.scorer.genome, worker.scorer.annotation
        check_chromosomes(vcf, names, annotation, genes.chromosomes, [gene.chromosome for gene in genes.genes])
        check_chromosomes(vcf, names, fasta, genome.find_name, list(genome.lengths))
        if format == "vcf" and path.suffix == ".bcf":
            check_bcf(file, path)
        plan = {**worker.inputs(), "shard": shard}
        chunks = Chunks.open(path, plan=plan, resume=resume)
        summary, n = Summary(out=path), -(-(last - first) // chunk)

        def add(counts: dict[str, Any]) -> None:
            summary.add(counts)
            summary.check_build(max_mismatches, fasta, final=False)
            if progress is not None:
                progress(summary.records, last - first, time.monotonic() - start)

        try:
            todo = []
            for number in range(n):
                counts = chunks.done(number)
                todo += [number] if counts is None else []
                if counts is not None:
                    add(counts)
            if parallel:
                _score_in_workers(job, chunks, todo, add, workers, scheduler)
            else:
                with contextlib.closing(worker.score(chunks, todo)) as scored:
                    for counts in scored:
                        add(counts)
            summary.check_build(max_mismatches, fasta, final=True)
            facts = facts_of(plan, weights=weights, annotation=annotation)
            _assemble(file, facts, chunks, n, path, format, explain_skips)
        except DataError:
            chunks.remove()  # the input is at fault, so no chunk is worth keeping
            raise
    chunks.remove()
    if index:
        output.make_index(path)
    summary.seconds = time.monotonic() - start
    return summary


def _score_in_workers(
    job: Job, chunks: Chunks, numbers: Sequence[int], add: Callable[[dict[str, Any]], None], workers: int | None,
    scheduler: str | None,
) -> None:  # fmt: skip
    """Score chunks in other processes."""
    folder = chunks.folder.absolute()
    plan = (folder / PLAN).read_text(encoding="utf-8")
    threads = None if scheduler else max(1, available_cores() // (workers or 1))
    with open_executor(workers or 1, scheduler=scheduler, threads=threads) as executor:
        tasks = [
            executor.submit(score_task, job.portable(), plan, folder, numbers[i : i + TASK])
            for i in range(0, len(numbers), TASK)
        ]
        for task in tasks:
            for counts in task.result():
                add(counts)


def _assemble(
    file: VcfFile, facts: dict[str, Any], chunks: Chunks, n: int, path: Path, format: str, explain_skips: bool
) -> None:
    lines = chunks.texts("lines", n)
    if format == "parquet":
        output.write_parquet(path, lines)
    else:
        header = ["\t".join(output.COLUMNS)]
        if format == "vcf":
            header = with_facts(file.header_with(output.FIELD, output.HEADER), facts)
        write = write_bcf if format == "vcf" and path.suffix == ".bcf" else output.write_text
        write(path, itertools.chain([output.as_text(header)], lines))
    if explain_skips:
        output.write_skips(path, chunks.texts("skips", n))
