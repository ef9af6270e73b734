"""Splice effects of VCF records: SpliceAI's checks, one reference for all changes of a window, and its output rules."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from deepbio.devices.machine import available_cores
from deepbio.errors import ModelError
from deepbio.genome import Annotation, Gene, Genome, Record
from deepbio.incremental.network import read_network
from deepbio.specs import Activation
from deepbio.variants.rules import Effect, align, left_out, score
from deepbio.variants.summary import NO_GENE, compare_reference, scorable
from deepbio.variants.windows import Change, Window, make_windows

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from deepbio.incremental.model import Alternates, IncrementalModel

LABELS = ("none", "acceptor", "donor")
_MAX_TOGETHER = 4  # windows at a time on a processor's cores; each needs up to 300 MB


@dataclass
class Scored:
    """Result for one record: an effect for each alternate and gene, reasons of what was skipped, and whether REF says anything."""

    effects: list[Effect] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    checked: bool = False


@dataclass(frozen=True)
class Prepared:
    """Records that were checked, and what the network must read for them.

    Args:
        scored: Results of the records; effects that need the network have no scores yet.
        slots: Record and effect within it, for each change.
        windows: Changes that share a reference window.
        inputs: The same windows as the network reads them.
    """

    scored: list[Scored]
    slots: list[tuple[int, int]]
    windows: list[Window]
    inputs: list[tuple[np.ndarray, Alternates]]


class Around(NamedTuple):
    """Probabilities of none, acceptor and donor around a change, `(2 * distance + 1, 3)` with either allele."""

    change: Change
    reference: np.ndarray
    alternate: np.ndarray


class SpliceScorer:
    """SpliceAI's scores of variants, by incremental inference.

    A call is `finish(prepare(records), outputs)`. The first and the last need no network, so a long run does them at the same time.

    Args:
        model: Model that predicts none, acceptor and donor for each position, each with its whole context: a `spliceai_10k` preset, an
            ensemble or one member.
        genome: Genome of the variants.
        annotation: Genes of the same build.
        distance: Distance of scored positions from the variant, 1 to 4,999.
        mask: Whether gains of annotated sites and losses of others are hidden.
        mnv: Whether variants with two alleles longer than 1 are scored, which SpliceAI leaves out.
        strategy: Strategy whose replicas divide the windows.

    Raises:
        ModelError: the model is of another kind, or the distance is out of range.
    """

    def __init__(
        self, model: keras.Model, genome: Genome, annotation: Annotation, *, distance: int = 50, mask: bool = False,
        mnv: bool = False, strategy: tf.distribute.Strategy | None = None,
    ) -> None:  # fmt: skip
        import tensorflow as tf

        from deepbio.incremental.replicas import Replicas
        from deepbio.zoo import describe

        if not 1 <= distance <= 4999:
            raise ModelError(f"The distance is 1 to 4999 positions; received {distance}.")
        task = describe(model).task
        if task is None or task.activation != "softmax" or task.labels != LABELS:
            raise ModelError(
                "Splice effects need a model that predicts none, acceptor and donor for each position, such as spliceai_10k.ci; "
                f"received {model.name} with {task and list(task.labels)}."
            )
        self.genome, self.annotation, self.distance = genome, annotation, distance
        self.mask, self.mnv = bool(mask), bool(mnv)
        self.incremental = _incremental(model, task.activation, distance)
        self.context = self.incremental.form.context
        self._replicas = (
            Replicas(self.incremental, strategy) if strategy and strategy.num_replicas_in_sync > 1 else None
        )
        cores = int(os.environ.get("TF_NUM_INTRAOP_THREADS", 0)) or available_cores()
        self._together = 1 if tf.config.list_physical_devices("GPU") else min(cores, _MAX_TOGETHER)

    def __call__(self, records: Sequence[Record]) -> list[Scored]:
        """Score records. Results do not depend on which records come together, but for rounding in the seventh digit."""
        prepared = self.prepare(records)
        return self.finish(prepared, self.outputs(prepared))

    def prepare(self, records: Sequence[Record]) -> Prepared:
        """Check records, and encode the windows and alternates of those that can be scored."""
        found = [Scored() for _ in records]
        slots: list[tuple[int, int]] = []
        changes: list[Change] = []
        for i, record in enumerate(records):
            chromosome = self.genome.find_name(record.chromosome)
            for j, (gene, alternate) in enumerate(self._entries(record, chromosome, found[i])):
                found[i].effects.append(Effect(alternate, gene.name, gene.strand))
                if min(len(record.reference), len(alternate)) > 1 and not self.mnv:
                    found[i].skipped.append("both alleles longer than 1")
                    continue
                changes.append(Change(len(slots), gene, record.position, record.reference, alternate, str(chromosome)))
                slots.append((i, j))
        windows = list(make_windows(changes, distance=self.distance))
        return Prepared(found, slots, windows, [self._inputs(window) for window in windows])

    def outputs(self, prepared: Prepared) -> list[tuple[np.ndarray, np.ndarray]]:
        """Run the network. Return, for each window, the outputs of the reference and of the alternates."""
        if self._replicas is not None:
            return self._replicas(prepared.inputs)
        with ThreadPoolExecutor(self._together) as threads:
            return list(threads.map(lambda pair: self.incremental(*pair), prepared.inputs))

    def finish(self, prepared: Prepared, outputs: Sequence[tuple[np.ndarray, np.ndarray]]) -> list[Scored]:
        """Turn outputs into scores and positions."""
        for window, (y_ref, y_alt) in zip(prepared.windows, outputs, strict=True):
            for change, scores, positions in self._effects(window, y_ref, y_alt):
                i, j = prepared.slots[change.index]
                effect = Effect(change.alternate, change.gene.name, change.gene.strand, scores, positions)
                prepared.scored[i].effects[j] = effect
        return prepared.scored

    def _entries(self, record: Record, chromosome: str | None, scored: Scored) -> Iterator[tuple[Gene, str]]:
        """Return gene and alternate of what can be scored; add the reasons why the rest cannot."""
        reason = None
        genes = self.annotation.at(record.chromosome, record.position)
        length = 0 if chromosome is None else self.genome.lengths[chromosome]
        side = max(self.context) + self.distance
        left = [left_out(alternate) for alternate in record.alternates]
        if not record.alternates:
            reason = "no alternate allele"
        elif not genes:
            reason = NO_GENE
        elif chromosome is None:
            reason = "chromosome not in the FASTA"
        elif not 1 <= record.position <= length:
            reason = "position beyond the chromosome"
        elif None in left:  # otherwise no sequence is compared
            reason, scored.checked = compare_reference(self.genome, chromosome, record)
            if reason is None and (record.position - side < 1 or record.position + side > length):
                reason = "near the chromosome's end"
            elif reason is None and len(record.reference) > 2 * self.distance:
                reason = "REF longer than twice the distance"
        for alternate in scorable(record, reason, scored.skipped):
            for gene in genes:
                yield gene, alternate

    def _inputs(self, window: Window) -> tuple[np.ndarray, Alternates]:
        from deepbio.incremental.model import Alternates

        codes = window.codes(self.genome[window.changes[0].chromosome], self.context)
        starts = [window.start(change, self.context) for change in window.changes]
        alternates = [window.alternate_codes(c, codes, s) for c, s in zip(window.changes, starts, strict=True)]
        shifts = [len(c.alternate) - len(c.reference) for c in window.changes]
        return codes, Alternates(np.array(starts, np.int32), np.array(shifts, np.int32), np.stack(alternates))

    def around(self, prepared: Prepared, outputs: Sequence[tuple[np.ndarray, np.ndarray]]) -> Iterator[Around]:
        """Return the outputs around each change, at the positions of the reference: what scores are computed from."""
        for window, (y_ref, y_alt) in zip(prepared.windows, outputs, strict=True):
            yield from self._around(window, y_ref, y_alt)

    def _effects(self, window: Window, y_ref: np.ndarray, y_alt: np.ndarray) -> Iterator[tuple[Change, Any, Any]]:
        for change, reference, alternate in self._around(window, y_ref, y_alt):
            boundary = change.gene.boundary(change.position) if self.mask else None
            yield change, *score(reference, alternate, boundary=boundary)

    def _around(self, window: Window, y_ref: np.ndarray, y_alt: np.ndarray) -> Iterator[Around]:
        minus = window.gene.strand == "-"
        if minus:
            y_ref = y_ref[::-1]
        for change, y in zip(window.changes, y_alt, strict=True):
            ref, alt = len(change.reference), len(change.alternate)
            first = ref - 1 if minus else 0
            y = y[first : first + 2 * self.distance + 1 + alt - ref]
            start = change.position - self.distance - window.first
            y = align(y[::-1] if minus else y, ref=ref, alt=alt, distance=self.distance)
            yield Around(change, y_ref[start : start + 2 * self.distance + 1], y)


def _incremental(model: keras.Model, activation: Activation, distance: int) -> IncrementalModel:
    """Return the incremental form of a model; it is made once for its weights and a distance, because compiling takes seconds."""
    from deepbio.incremental.model import IncrementalModel
    from deepbio.inference.kept import kept
    from deepbio.zoo import one_hot_model, weights_hash
    from deepbio.zoo.ensemble import member_trunks

    made, key = kept(model, "_deepbio_splicing", dict), (activation, distance, weights_hash(model))
    if key not in made:
        members = [read_network(trunk) for trunk in member_trunks(model) or [one_hot_model(model)]]
        made.clear()
        made[key] = IncrementalModel(members, activation=activation, distance=distance)
    return made[key]
