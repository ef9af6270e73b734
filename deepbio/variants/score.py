"""`score`: the effect of each variant on each output of any DNA model."""

from __future__ import annotations

import itertools
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from deepbio.errors import ModelError
from deepbio.genome import Genome, open_genome
from deepbio.genome.encoded import plain_name
from deepbio.genome.vcf import Record, VcfFile
from deepbio.inference.forward import model_outputs
from deepbio.sequence import encode, reverse_complement
from deepbio.specs import Task
from deepbio.variants import output
from deepbio.variants.rules import left_out
from deepbio.variants.splice import Summary, check_build
from deepbio.variants.splicing import MISMATCH
from deepbio.zoo import describe, get_model

if TYPE_CHECKING:
    import keras

COLUMNS = (
    "chromosome",
    "position",
    "id",
    "reference",
    "alternate",
    "output",
    "logit_difference",
    "difference",
    "log_fold",
)
_TINY = 1e-12


def score(
    model: str | keras.Model,
    vcf: str | os.PathLike[str],
    *,
    fasta: str | os.PathLike[str],
    out: str | os.PathLike[str],
    strands: Literal["both", "forward"] = "both",
    batch_size: int = 64,
    chunk: int = 256,
    max_mismatches: float = 0.01,
    explain_skips: bool = False,
    progress: Callable[[int, int, float], None] | None = None,
) -> Summary:
    """Score each alternate of a VCF with any DNA model and write a TSV: one line for each alternate and output.

    The model's window is centered on POS. `logit_difference` is alternate less reference before the link, `difference` after it
    (probabilities, counts or values) and `log_fold` the natural logarithm of their ratio. Of a model with many positions each is
    taken at the position where the difference after the link is largest in size. An indel's window is filled once from the right
    and once from the left, and the two are averaged, so that neither end decides (as in Basenji's SAD scores).

    Args:
        model: a preset, a run's folder, or a model that `get_model` gave.
        vcf: plain, gzip, bgzip or BCF; never changed.
        fasta: the reference genome.
        out: written whole or not at all; bgzip where it ends in `.gz`.
        strands: `"both"` averages the outputs of either strand; those with positions are turned back first.
        batch_size: windows in one pass.
        chunk: records read together.
        max_mismatches: share of records whose REF may differ from the FASTA.
        explain_skips: write `out` with `.skips.tsv` added.
        progress: called with records done, records in all, and seconds.

    Raises:
        ModelError: the model does not take DNA.
        DataError: an input is damaged or of another form, or of another genome build.

    Source: Kelley et al. 2018, doi:10.1101/gr.227819.117 (SAD scores).
    """
    begun = time.monotonic()
    path = output.check_output(out, "tsv", inputs=[vcf, fasta])
    file = VcfFile(vcf)
    total, genome = file.count(), open_genome(fasta)
    built = get_model(model) if isinstance(model, str | os.PathLike) else model
    scorer = ModelScorer(built, genome, strands=strands, batch_size=batch_size)
    summary = Summary(out=path)
    counts: Counter[str] = Counter()

    def lines() -> Iterator[str]:
        yield "\t".join(COLUMNS) + "\n"
        records = file.records()
        while batch := [record for record, _ in zip(records, range(chunk), strict=False)]:
            for record, (rows, skipped) in zip(batch, scorer(batch), strict=True):
                counts.update(skipped)
                summary.checked += bool(rows) or MISMATCH in skipped
                summary.scored += bool(rows)
                skips.writelines(_skip_line(record, reason) for reason in (skipped if explain_skips else ()))
                yield from rows
            summary.records += len(batch)
            summary.skipped = dict(counts)
            check_build(summary, max_mismatches, fasta, whole=False)
            if progress is not None:
                progress(summary.records, total, time.monotonic() - begun)
        check_build(summary, max_mismatches, fasta, whole=True)

    with tempfile.TemporaryFile("w+", encoding="utf-8") as skips:
        output.write_text(path, lines())
        if explain_skips:
            skips.seek(0)
            header = "\t".join(output.SKIP_COLUMNS) + "\n"
            output.write_text(Path(f"{path}.skips.tsv"), itertools.chain([header], skips))
    summary.seconds = time.monotonic() - begun
    return summary


def _skip_line(record: Record, reason: str) -> str:
    alternates = ",".join(record.alternates) or "."
    return (
        "\t".join([record.chromosome, str(record.position), record.name, record.reference, alternates, reason]) + "\n"
    )


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
        self._names = {plain_name(name): name for name in reversed(genome.lengths)}

    def __call__(self, records: list[Record]) -> list[tuple[list[str], list[str]]]:
        """Give, for each record, its lines and the reasons of what was skipped."""
        found: list[tuple[list[str], list[str]]] = [([], []) for _ in records]
        windows: list[np.ndarray] = []
        owners: list[tuple[int, str, int]] = []
        for i, record in enumerate(records):
            reference = self._reference(record, found[i][1])
            if reference is None:
                continue
            for alternate in record.alternates:
                why = left_out(alternate)
                if why is not None:
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

    def _reference(self, record: Record, skipped: list[str]) -> tuple[np.ndarray, int] | None:
        name = (
            record.chromosome
            if record.chromosome in self.genome.lengths
            else self._names.get(plain_name(record.chromosome))
        )
        reason = None
        if not record.alternates:
            reason = "no alternate allele"
        elif name is None:
            reason = "chromosome not in the FASTA"
        elif len(record.reference) > self.length // 2:
            reason = "REF longer than half the window"
        else:
            chromosome, start = self.genome[name], record.position - 1
            if np.array_equal(chromosome[start : start + len(record.reference)], encode(record.reference)):
                return chromosome, start
            reason = MISMATCH
        skipped.append(reason)
        return None

    def _pairs(
        self, record: Record, alternate: str, chromosome: np.ndarray, start: int
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return reference and alternate windows: one pair, or for an indel two, filled from the right and from the left."""
        begin = start - self.length // 2
        reference = _cut(chromosome, begin, begin + self.length)
        after = start + len(record.reference)
        new = encode(alternate)
        left, right = _cut(chromosome, begin, start), _cut(chromosome, after, after + self.length)
        pairs = [(reference, np.concatenate([left, new, right])[: self.length])]
        if len(new) != len(record.reference):
            end = begin + self.length
            before = _cut(chromosome, start - self.length, start)
            pairs.append((reference, np.concatenate([before, new, _cut(chromosome, after, end)])[-self.length :]))
        return pairs

    def _logits(self, windows: np.ndarray) -> np.ndarray:
        z = model_outputs(self.model, windows, batch_size=self.batch_size).astype(np.float64)
        if self.strands == "both":
            other = model_outputs(self.model, reverse_complement(windows), batch_size=self.batch_size)
            z = (z + (other[:, ::-1] if z.ndim == 3 else other)) / 2
        return z

    def _lines(self, record: Record, alternate: str, effect: np.ndarray) -> Iterator[str]:
        begin = [record.chromosome, str(record.position), record.name, record.reference, alternate]
        for k, values in enumerate(effect):
            name = self.outputs[k] if self.outputs else str(k)
            yield "\t".join([*begin, name, *(f"{v:.6g}" for v in values)]) + "\n"


def _effect(z: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return `(outputs, 3)`: difference of logits, difference and log ratio after the link, at the position of the largest."""
    difference, logits = p[1] - p[0], z[1] - z[0]
    fold = np.log(np.maximum(p[1], _TINY)) - np.log(np.maximum(p[0], _TINY))
    if difference.ndim == 2:
        best = np.abs(difference).argmax(axis=0)[None]
        difference, logits, fold = (np.take_along_axis(v, best, axis=0)[0] for v in (difference, logits, fold))
    return np.stack([logits, difference, fold], axis=-1)


def _cut(chromosome: np.ndarray, begin: int, end: int) -> np.ndarray:
    """Return the codes of a stretch, N beyond the chromosome's ends."""
    codes = np.full(max(end - begin, 0), 4, np.uint8)
    low, high = max(begin, 0), min(end, len(chromosome))
    if high > low:
        codes[low - begin : high - begin] = chromosome[low:high]
    return codes
