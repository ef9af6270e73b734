"""The scoring of chunks of records: a job that any process can take up, and the worker that does it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepbio import __version__
from deepbio.errors import DataError, nearest
from deepbio.files import sha256_of
from deepbio.genome import Record, VcfFile, open_genome, read_annotation
from deepbio.genome.gene_tables import BUILDS
from deepbio.variants import output
from deepbio.variants.chunks import Chunks
from deepbio.variants.splicing import Scored, SpliceScorer
from deepbio.variants.summary import count

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

WEIGHTS = {"ci": "spliceai_10k.ci", "illumina": "spliceai_10k.illumina"}


@dataclass(frozen=True)
class Job:
    """The arguments of `splice` on which the scores depend, and the records to score."""

    vcf: str | os.PathLike[str]
    fasta: str | os.PathLike[str]
    annotation: str | os.PathLike[str]
    weights: str | os.PathLike[str] | keras.Model
    distance: int
    mask: bool
    mnv: bool
    format: str
    all_isoforms: bool
    strategy: str | tf.distribute.Strategy
    chunk: int
    first: int
    last: int

    def portable(self) -> Job:
        """Return the job for a process with another working directory."""
        paths = {"vcf": self.vcf, "fasta": self.fasta}
        if self.annotation not in BUILDS:
            paths["annotation"] = self.annotation
        if isinstance(self.weights, str | os.PathLike) and os.sep in str(self.weights):
            paths["weights"] = self.weights
        return replace(self, **{name: str(Path(path).absolute()) for name, path in paths.items()})  # type: ignore[arg-type]


class Worker:
    """Scores chunks of a job and writes them to disk."""

    def __init__(self, job: Job) -> None:
        from deepbio.devices import choose_strategy

        kind = job.weights if isinstance(job.weights, str) else "ci"
        annotation = read_annotation(job.annotation, weights=kind, all_isoforms=job.all_isoforms)
        genome = open_genome(job.fasta)
        strategy = choose_strategy(job.strategy)  # before the model is made: see there
        self.model = load_weights(job.weights)
        self.scorer = SpliceScorer(
            self.model, genome, annotation, distance=job.distance, mask=job.mask, mnv=job.mnv, strategy=strategy
        )
        self.job, self._file = job, VcfFile(job.vcf)
        self._records, self._next = self._file.records(), 0

    def inputs(self) -> dict[str, Any]:
        """Return everything that the scores depend on, as JSON values."""
        from deepbio.zoo.preset import weights_hash

        job, scorer = self.job, self.scorer
        hashes = {"vcf": sha256_of(job.vcf), "fasta": scorer.genome.sha256, "weights": weights_hash(self.model)}
        options = {name: getattr(job, name) for name in ("distance", "mask", "mnv", "format", "chunk", "all_isoforms")}
        return {"version": __version__, "annotation": sha256_of(scorer.annotation.source), **hashes, **options}

    def score(self, chunks: Chunks, numbers: Sequence[int]) -> Generator[dict[str, Any]]:
        """Score chunks, in order, and return their counts.

        While one chunk is computed, the next is read, checked and encoded, and the last is turned into scores and written.
        """

        def prepare(number: int):
            records = self._read(number)
            prepared = self.scorer.prepare(records)
            results = [(bool(f.effects), f.checked, list(f.skipped)) for f in prepared.scored]
            first = self.job.first + number * self.job.chunk
            counts = count(self.scorer.genome, records, results, first=first)
            return records, prepared, counts

        def write(number: int, records: list[Record], prepared, outputs, counts: dict[str, Any]) -> None:
            chunks.write(number, self._texts(records, self.scorer.finish(prepared, outputs)), counts)

        with ThreadPoolExecutor(1) as reading, ThreadPoolExecutor(1) as writing:
            ahead = reading.submit(prepare, numbers[0]) if numbers else None
            written: Future[None] | None = None
            for i, number in enumerate(numbers):
                assert ahead is not None
                records, prepared, counts = ahead.result()
                ahead = reading.submit(prepare, numbers[i + 1]) if i + 1 < len(numbers) else None
                outputs = self.scorer.outputs(prepared)
                if written is not None:
                    written.result()
                written = writing.submit(write, number, records, prepared, outputs, counts)
                yield counts
            if written is not None:
                written.result()

    def _read(self, number: int) -> list[Record]:
        """Read the records of a chunk; chunks that are read in order need one pass over the file."""
        begin = self.job.first + number * self.job.chunk
        end = min(begin + self.job.chunk, self.job.last)
        if begin < self._next:
            self._records, self._next = self._file.records(), 0
        records = list(itertools.islice(self._records, begin - self._next, end - self._next))
        self._next = end
        return records

    def _texts(self, records: list[Record], scored: list[Scored]) -> dict[str, str]:
        pairs = [(record, found) for record, found in zip(records, scored, strict=True)]
        if self.job.format == "vcf":
            lines = [output.vcf_line(record, found.effects) for record, found in pairs]
        else:
            lines = [line for record, found in pairs for line in output.table_lines(record, found.effects)]
        skips = (line for record, found in pairs for line in output.skip_lines(record, found.skipped))
        return {"lines": output.as_text(lines), "skips": output.as_text(skips)}


def score_task(job: Job, plan: str, folder: Path, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Score chunks in a worker process and return their counts."""
    return list(worker_of_process(job, plan).score(Chunks(folder), numbers))


@lru_cache(maxsize=1)
def worker_of_process(job: Job, plan: str) -> Worker:
    """Return the worker of this process; it is made once for each job and content of its files, which the plan states."""
    return Worker(job)


def load_weights(weights: str | os.PathLike[str] | keras.Model) -> keras.Model:
    """Return the model of weights: `"ci"`, `"illumina"`, a preset, or a model, which is returned as it is.

    Raises:
        DataError: there are no such weights.
    """
    if not isinstance(weights, str | os.PathLike):
        return weights
    from deepbio.zoo import get_model
    from deepbio.zoo.get_model import preset_folder

    name = WEIGHTS.get(str(weights), str(weights))
    if "." not in name and os.sep not in name and preset_folder(name) is None:
        raise DataError(f"Expected weights: ci, illumina or a preset; received {name!r}. {nearest(name, WEIGHTS)}")
    return get_model(name)
