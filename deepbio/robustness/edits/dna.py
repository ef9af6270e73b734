"""Attacks on DNA: few substitutions that change a predicted class, found by exact mutagenesis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import DataError
from deepbio.interpret.dna import Sequences, as_one_hot, as_sequences, one_hot_of
from deepbio.interpret.mutagenesis import Changes, saturation_mutagenesis
from deepbio.robustness.edits.dna_constraints import Constraints
from deepbio.robustness.edits.margins import ByEdits
from deepbio.robustness.edits.margins import margins as margins_of
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras

Substitution = tuple[int, int]
"""Position from 0, and the code of the new base."""


@dataclass(frozen=True, eq=False)
class DnaAdversarial(ByEdits):
    """Substitutions that change the predicted classes of sequences.

    Args:
        codes: uint8 `(n, length)` originals.
        x: uint8 `(n, length)` with the substitutions that were found.
        substitutions: `(position, base)` of each example, in the order in which they were chosen.
        clean: Predicted class of each original.
        predicted: Predicted class of each `x`.
        target: Class that was aimed at, -1 for any other.
    """

    codes: np.ndarray = field(repr=False)
    x: np.ndarray = field(repr=False)
    substitutions: tuple[tuple[Substitution, ...], ...]
    clean: np.ndarray
    predicted: np.ndarray
    target: np.ndarray

    @property
    def success(self) -> np.ndarray:
        """Which sequences have another class (or the target's) now."""
        return np.where(self.target < 0, self.predicted != self.clean, self.predicted == self.target)

    @property
    def steps(self) -> tuple[tuple[Substitution, ...], ...]:
        """The substitutions of each sequence."""
        return self.substitutions


def attack_dna(
    model: keras.Model,
    x: Sequences,
    *,
    target: int | None = None,
    position: int | None = None,
    max_substitutions: int = 10,
    beam: int = 1,
    constraints: Constraints | None = None,
    start: int = 0,
    end: int | None = None,
) -> DnaAdversarial:
    """Search few substitutions that change the predicted class of each sequence.

    Each round computes the margin of every allowed substitution exactly, by recomputing only what it reaches
    (`saturation_mutagenesis`), and keeps the best `beam` sequences. A count of one is therefore the smallest there is; larger counts
    are upper bounds. The attack starts from the predicted class, right or wrong.

    Args:
        model: DNA model of classes, or with classes along the sequence.
        x: Sequences: codes `(n, length)`, one-hot, or strings.
        target: Class to reach; None for any other than the predicted one.
        position: Position of the attacked output, for outputs along a sequence.
        max_substitutions: Number of substitutions after which the search ends.
        beam: Number of sequences that each round keeps; 1 is greedy.
        constraints: Which substitutions are allowed.
        start: First position that may change, such as one near a splice site of a long window; the counts are those of that region.
        end: Position after the last; None is the length.

    Raises:
        DataError: Sequences, target or position that do not fit the model.

    Example:
        >>> from deepbio.zoo import get_model
        >>> model = get_model("dna_cnn", input_shape=40, outputs=3, seed=1)
        >>> found = attack_dna(model, "ACGT" * 10, max_substitutions=20)
        >>> int((found.x != found.codes).sum()) == len(found.substitutions[0])
        True
    """
    taken, codes = one_hot_of(model), as_sequences(one_hot_of(model), x)
    if max_substitutions < 1 or beam < 1:
        raise DataError(f"max_substitutions and beam are at least 1; received {max_substitutions} and {beam}.")
    limits, region = constraints or Constraints(), _region(codes, start, end)
    logits_of = class_logits(model, position)
    classes = _classes(model)
    if target is not None and not 0 <= target < classes:
        raise DataError(f"target is a class from 0 to {classes - 1}; received {target}.")
    goals = np.full(len(codes), -1 if target is None else target)
    found = [
        _search(taken, row, int(goal), logits_of, limits, max_substitutions, beam, region)
        for row, goal in zip(codes, goals, strict=True)
    ]
    changed, chosen, clean, predicted = zip(*found, strict=True) if found else ((), (), (), ())
    return DnaAdversarial(
        codes,
        np.array(changed, np.uint8).reshape(codes.shape),
        tuple(chosen),
        np.array(clean),
        np.array(predicted),
        goals,
    )


def random_substitutions(
    model: keras.Model,
    x: Sequences,
    *,
    position: int | None = None,
    max_substitutions: int = 40,
    repeats: int = 5,
    start: int = 0,
    end: int | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Return how many random substitutions change the predicted class, the baseline of `attack_dna`.

    Args:
        model: DNA model of classes.
        x: Sequences.
        position: Position of the output, for outputs along a sequence.
        max_substitutions: Number of substitutions after which a try ends.
        repeats: Number of tries per sequence.
        start: First position that may change.
        end: Position after the last; None is the length.
        seed: Random seed.

    Returns:
        int64 `(n, repeats)`, -1 where the class did not change.

    Example:
        >>> from deepbio.zoo import get_model
        >>> model = get_model("dna_cnn", input_shape=40, outputs=3, seed=1)
        >>> random_substitutions(model, "ACGT" * 10, repeats=2).shape
        (1, 2)
    """
    taken, logits_of = one_hot_of(model), class_logits(model, position)
    codes = as_sequences(taken, x)
    out, (first, last) = np.full((len(codes), repeats), -1), _region(codes, start, end)
    changes = Changes(taken, None)
    for i, row in enumerate(codes):
        reference = changes.reference(row)
        for k in range(repeats):
            random = np.random.Generator(np.random.Philox(key=(seed, i << 32 | k)))
            where = random.permutation(first + np.flatnonzero(row[first:last] < 4))[:max_substitutions]
            steps = np.repeat(
                row[None, first:last], max_substitutions + 1, axis=0
            )  # one number of rows, as each is compiled
            for j, (place, shift) in enumerate(zip(where, random.integers(1, 4, len(where)), strict=True), start=1):
                steps[j:, place - first] = (row[place] + shift) % 4
            predicted = logits_of(changes(reference, first=first, codes=steps)).argmax(axis=1)
            changed = np.flatnonzero(predicted != predicted[0])
            out[i, k] = changed[0] if len(changed) else -1
    return out


def class_logits(model: keras.Model, position: int | None) -> Any:
    """Return the function from outputs to class logits `(n, classes)`; a binary logit `z` becomes 0 and `z`."""
    shape = model.output_shape
    record = describe(model)
    kind = record.task.kind if record.task is not None else None
    if kind not in (None, "binary", "multiclass", "per_position") or len(shape) not in (2, 3):
        raise DataError(f"An attack on DNA needs a model of classes; the task of {model.name} is {kind}.")
    if len(shape) == 3 and (position is None or not -shape[1] <= position < shape[1]):
        raise DataError(f"{model.name} has {shape[1]} positions; expected position= one of them, received {position}.")
    if len(shape) == 2 and position is not None:
        raise DataError(f"The outputs of {model.name} have no positions; leave out position=.")

    def logits(outputs: Any) -> np.ndarray:
        values = np.asarray(outputs, np.float32)
        values = values if position is None else values[:, position]
        return np.concatenate([np.zeros_like(values), values], axis=-1) if values.shape[-1] == 1 else values

    return logits


def _classes(model: keras.Model) -> int:
    return max(2, int(model.output_shape[-1]))


def _search(
    model: keras.Model, row: np.ndarray, goal: int, logits_of: Any, limits: Constraints, max_substitutions: int, beam: int,
    region: tuple[int, int],
) -> tuple[np.ndarray, tuple[Substitution, ...], int, int]:  # fmt: skip
    """Return the changed sequence, its substitutions, and the predicted classes before and after."""
    kept: list[tuple[float, np.ndarray, tuple[Substitution, ...]]] = [(np.inf, row, ())]
    clean = -1
    best, (first, last) = (np.inf, row, ()), region
    for _ in range(max_substitutions):
        candidates, seen = [], set()
        raw = saturation_mutagenesis(
            model, np.stack([one for _, one, _ in kept]), target=logits_of, raw_outputs=True, start=first, end=last
        )  # rows of class logits: reference and every substitution
        if clean < 0:
            clean = int(raw.reference[0].argmax())
            if clean == goal:
                return row, (), clean, clean
        for (_, one, chosen), values in zip(kept, raw.substitutions, strict=True):
            allowed = limits.allowed(row, one)[first:last]
            margins = np.where(allowed, margins_of(values, clean, goal), np.inf)
            for flat in np.argsort(margins, axis=None, kind="stable")[:beam]:
                where, base = divmod(int(flat), 4)
                margin = float(margins[where, base])
                if not np.isfinite(margin):
                    break
                where += first
                changed = one.copy()
                changed[where] = base
                key = changed.tobytes()
                if key not in seen:
                    seen.add(key)
                    candidates.append((margin, changed, (*chosen, (where, base))))
        if not candidates:
            break
        kept = sorted(candidates, key=lambda candidate: candidate[0])[:beam]
        best = kept[0]
        if best[0] < 0:
            break
    return best[1], best[2], clean, _class_of(model, best[1], logits_of)


def _region(codes: np.ndarray, start: int, end: int | None) -> tuple[int, int]:
    last = codes.shape[1] if end is None else end
    if not 0 <= start < last <= codes.shape[1]:
        raise DataError(f"Expected 0 <= start < end <= {codes.shape[1]}; received start={start} and end={end}.")
    return start, last


def _class_of(model: keras.Model, row: np.ndarray, logits_of: Any) -> int:
    """Return the class that the whole model predicts for one sequence."""
    return int(logits_of(model(as_one_hot(row[None]), training=False)).argmax())


def positions_taken(found: DnaAdversarial, classes: Iterable[int] | None = None) -> np.ndarray:
    """Return how often each position was substituted by each base, int64 `(length, 4)`.

    Args:
        found: Result of `attack_dna`.
        classes: Original classes to count; all by default.

    Example:
        >>> row = np.zeros((1, 3), np.uint8)
        >>> one = DnaAdversarial(row, row + 1, (((2, 1),),), np.array([0]), np.array([1]), np.array([-1]))
        >>> positions_taken(one).tolist()
        [[0, 0, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0]]
    """
    wanted = None if classes is None else set(classes)
    out = np.zeros((found.codes.shape[1], 4), np.int64)
    for chosen, own, flipped in zip(found.substitutions, found.clean, found.success, strict=True):
        if flipped and (wanted is None or int(own) in wanted):
            for where, base in chosen:
                out[where, base] += 1
    return out
