"""`score`: the effect of each variant on each output of any DNA model."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from deepbio.errors import ModelError
from deepbio.files import FilePath
from deepbio.genome import Genome, Record, VcfFile, open_genome
from deepbio.genome.windows import padded
from deepbio.inference.forward import model_outputs
from deepbio.sequence import encode, reverse_complement
from deepbio.specs import Task
from deepbio.variants import output
from deepbio.variants.inputs import as_files, check_chromosomes
from deepbio.variants.rules import left_out
from deepbio.variants.run import Scored, score_file
from deepbio.variants.summary import MISMATCH, Summary, compare_reference
from deepbio.zoo import describe, get_model
from deepbio.zoo.ensemble import average_members
from deepbio.zoo.record import attach

if TYPE_CHECKING:
    import keras

COLUMNS = (*output.COLUMNS[:5], "output", "logit_difference", "difference", "log_fold")
_TINY = 1e-12


def score(
    model: FilePath | keras.Model | Sequence[FilePath | keras.Model],
    vcf: FilePath,
    *,
    fasta: FilePath,
    out: FilePath,
    strands: Literal["both", "forward"] = "both",
    batch_size: int = 64,
    chunk: int = 256,
    max_mismatches: float | None = None,
    explain_skips: bool = False,
    progress: Callable[[int, int, float], None] | None = None,
) -> Summary:
    """Score each alternate of a VCF with any DNA model and write a TSV with one line for each alternate and output.

    The model's window is centered on POS. `logit_difference` is alternate minus reference before the activation, `difference` after it
    (probabilities, counts or values), and `log_fold` the natural logarithm of their ratio. If the model has many positions, each is
    taken at the position where the difference after the activation is largest in size. An indel's window is filled once from the right
    and once from the left, and the two are averaged, so that neither end decides (as in Basenji's SAD scores).

    Args:
        model: Preset, folder of a run, or model from `get_model`; or several with equal windows and outputs, whose probabilities
            (counts, values) are averaged.
        vcf: Path of the VCF, plain, gzip, bgzip or BCF; it is never changed. `"-"` is the standard input.
        fasta: Path of the reference genome.
        out: Path of the output, written completely or not at all; bgzip if it ends in `.gz`.
        strands: `"both"` averages the outputs of both strands; outputs with positions are reversed first.
        batch_size: Number of windows in one pass.
        chunk: Number of records that are read together.
        max_mismatches: Fraction (a float) or number (an int) of records whose REF may differ from the FASTA; None is 1%, or two
            records if they are at most a quarter.
        explain_skips: Whether to write `out` with `.skips.tsv` added.
        progress: Function that is called with the number of records done, that of all records, and the seconds since the start.

    Returns:
        The numbers of records that were read, scored and skipped.

    Raises:
        ModelError: a model does not take DNA, or the models differ in windows or outputs.
        DataError: an input is malformed, or is of another genome build.

    Source: Kelley et al. 2018, doi:10.1101/gr.227819.117 (SAD scores).
    """
    path = output.check_output(out, "tsv", inputs=[vcf, fasta])
    built = load_models(model)
    with as_files(vcf, fasta) as (vcf, fasta):
        file, genome = VcfFile(vcf), open_genome(fasta)
        total, names = file.scan()
        check_chromosomes(vcf, names, fasta, genome.find_name, list(genome.lengths))
        scorer = ModelScorer(built, genome, strands=strands, batch_size=batch_size)

        def results(records: list[Record]) -> list[Scored]:
            return [
                Scored(lines, why, bool(lines), (bool(lines) or MISMATCH in why) and scorer.is_telling(record))
                for record, (lines, why) in zip(records, scorer(records), strict=True)
            ]

        return score_file(
            file, results, path, ["\t".join(COLUMNS)], genome, fasta, total=total, chunk=chunk, max_mismatches=max_mismatches,
            explain_skips=explain_skips, progress=progress,
        )  # fmt: skip


def load_models(model: FilePath | keras.Model | Sequence[FilePath | keras.Model]) -> keras.Model:
    """Return one model, or the average of several, from presets, folders of runs and models.

    Raises:
        ModelError: there is no model, one does not take DNA, or they differ in windows or outputs.
    """
    each = list(model) if isinstance(model, Sequence) and not isinstance(model, str) else [model]
    built = [get_model(one) if isinstance(one, str | os.PathLike) else one for one in each]
    if len(built) == 1:
        return built[0]
    if not built:
        raise ModelError("Scoring variants needs at least one model; the list is empty.")
    records = [describe(one) for one in built]
    if any(record.input is None or record.input.modality != "dna" for record in records):
        raise ModelError(
            f"Scoring variants needs models that take DNA; received {', '.join(one.name for one in built)}."
        )
    first = records[0].task
    if any(record.task != first for record in records):
        raise ModelError("Models that are averaged predict the same: expected one task and the same labels in all.")
    task = first or Task("regression", built[0].output_shape[-1])
    return attach(average_members(built, activation=task.activation), records[0])


class ModelScorer:
    """Scores of any DNA model for records; see `score`."""

    def __init__(self, model: keras.Model, genome: Genome, *, strands: str = "both", batch_size: int = 64) -> None:
        record = describe(model)
        if record.input is None or record.input.modality != "dna":
            raise ModelError(f"Scoring variants needs a model that takes DNA; received {model.name}.")
        if strands not in ("both", "forward"):
            raise ModelError(f"strands is 'both' or 'forward'; received {strands!r}.")
        self.model, self.genome, self.strands, self.batch_size = model, genome, strands, batch_size
        self.length = record.input.shape[0]
        self.task = record.task or Task("regression", record.outputs or model.output_shape[-1])
        labels = self.task.labels if len(self.task.labels) == self.task.outputs else ()
        self.outputs = self.task.labels[1:] if self.task.kind == "binary" and self.task.labels else labels

    def __call__(self, records: list[Record]) -> list[tuple[list[str], list[str]]]:
        """Return, for each record, its lines and the reasons why something of it was skipped."""
        found: list[tuple[list[str], list[str]]] = [([], []) for _ in records]
        windows: list[np.ndarray] = []
        owners: list[tuple[int, str, int]] = []
        for i, record in enumerate(records):
            reference = self._reference(record, found[i][1])
            if reference is None:
                continue
            for alternate in record.alternates:
                if (why := left_out(alternate)) is not None:
                    found[i][1].append(why)
                    continue
                pairs = self._pairs(record, alternate, *reference)
                owners.append((i, alternate, len(pairs)))
                windows += [window for pair in pairs for window in pair]
        if not owners:
            return found
        z = self._logits(np.stack(windows))
        p = self.task.probabilities(z)
        first = 0
        for i, alternate, n in owners:
            effects = [_effect(z[k : k + 2], p[k : k + 2]) for k in range(first, first + 2 * n, 2)]
            first += 2 * n
            found[i][0].extend(self._lines(records[i], alternate, np.mean(effects, axis=0)))
        return found

    def is_telling(self, record: Record) -> bool:
        """Return whether REF of a record on a chromosome of the genome says anything about its build; N says nothing."""
        name = self.genome.find_name(record.chromosome)
        return name is not None and compare_reference(self.genome, name, record)[1]

    def _reference(self, record: Record, skipped: list[str]) -> tuple[np.ndarray, int] | None:
        name, start = self.genome.find_name(record.chromosome), record.position - 1
        left = [left_out(alternate) for alternate in record.alternates]
        reason = None
        if not left:
            reason = "no alternate allele"
        elif name is None:
            reason = "chromosome not in the FASTA"
        elif not 1 <= record.position <= self.genome.lengths[name]:
            reason = "position beyond the chromosome"
        elif len(record.reference) > self.length // 2:
            reason = "REF longer than half the window"
        elif None in left:  # otherwise no sequence is compared
            reason, _ = compare_reference(self.genome, name, record)
        if reason is not None:
            skipped.append(reason)
            return None
        return self.genome[str(name)], start

    def _pairs(
        self, record: Record, alternate: str, chromosome: np.ndarray, start: int
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return reference and alternate windows: one pair or, for an indel, two, filled from the right and from the left."""
        begin, after, new = start - self.length // 2, start + len(record.reference), encode(alternate)
        end = begin + self.length
        reference = padded(chromosome, begin, end)
        right = [padded(chromosome, begin, start), new, padded(chromosome, after, after + self.length)]
        pairs = [(reference, np.concatenate(right)[: self.length])]
        if len(new) != len(record.reference):
            left = [padded(chromosome, start - self.length, start), new, padded(chromosome, after, end)]
            pairs.append((reference, np.concatenate(left)[-self.length :]))
        return pairs

    def _logits(self, windows: np.ndarray) -> np.ndarray:
        z = model_outputs(self.model, windows, batch_size=self.batch_size).astype(np.float64)
        if self.strands == "both":
            other = model_outputs(self.model, reverse_complement(windows), batch_size=self.batch_size)
            z = (z + (other[:, ::-1] if z.ndim == 3 else other)) / 2
        return z

    def _lines(self, record: Record, alternate: str, effect: np.ndarray) -> Iterator[str]:
        for k, values in enumerate(effect):
            name = self.outputs[k] if self.outputs else str(k)
            yield "\t".join([*output.record_cells(record, alternate), name, *(f"{v:.6g}" for v in values)])


def _effect(z: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return `(outputs, 3)`: difference of logits, difference and log ratio of probabilities, at the position of the largest."""
    difference, logits = p[1] - p[0], z[1] - z[0]
    fold = np.log(np.maximum(p[1], _TINY)) - np.log(np.maximum(p[0], _TINY))
    if difference.ndim == 2:
        best = np.abs(difference).argmax(axis=0)[None]
        difference, logits, fold = (np.take_along_axis(v, best, axis=0)[0] for v in (difference, logits, fold))
    return np.stack([logits, difference, fold], axis=-1)
