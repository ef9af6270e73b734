"""Experiments on sequences: outputs before and after a motif is put in, shuffled away, or moved relative to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from deepbio.errors import DataError
from deepbio.interpret.dna import Sequences, as_one_hot, as_sequences, one_hot_of
from deepbio.interpret.edits import Motif, multisubstitute, shuffle, substitute
from deepbio.interpret.targets import Target, target_function
from deepbio.sequence import encode, reverse_complement

if TYPE_CHECKING:
    from deepbio.metrics import Estimate

Models = Any
"""A model, or a sequence of models of one input."""


@dataclass(frozen=True, eq=False)
class Experiment:
    """Outputs before and after an edit.

    Args:
        before: float32 `(models, sequences)`.
        after: float32 `(models, sequences, ...)`; further axes are shuffles, or orientations and spacings.
    """

    before: np.ndarray
    after: np.ndarray

    @property
    def change(self) -> np.ndarray:
        """Outputs after minus outputs before, of the shape of `after`."""
        return self.after - self.before.reshape(self.before.shape + (1,) * (self.after.ndim - self.before.ndim))

    def mean(self, *, confidence: float = 0.95, n_resamples: int = 1000, seed: int = 0) -> Estimate:
        """Return the mean change with its bootstrap interval over the sequences; models and shuffles are averaged first."""
        from deepbio.metrics import Estimate

        change = self.change
        per_sequence = change.mean(axis=(0, *range(2, change.ndim)), dtype=np.float64)
        random = np.random.Generator(np.random.Philox(seed))
        resampled = per_sequence[random.integers(0, len(per_sequence), (n_resamples, len(per_sequence)))].mean(axis=1)
        low, high = np.quantile(resampled, [(1 - confidence) / 2, (1 + confidence) / 2])
        return Estimate(float(per_sequence.mean()), float(low), float(high))


def marginalize(
    models: Models,
    x: Sequences,
    motif: Motif,
    *,
    start: int | None = None,
    target: Target = None,
    batch_size: int = 64,
) -> Experiment:
    """Compute outputs before and after a motif is put into background sequences.

    Args:
        models: A DNA model, or several.
        x: Background sequences.
        motif: Bases or codes; N leaves the background.
        start: Position of the motif; None is the middle.
        target: The explained output; see `target_function`.
        batch_size: Number of sequences in one pass.

    Returns:
        Experiment with `after` of shape `(models, sequences)`.

    Example:
        >>> from deepbio.zoo import get_model
        >>> model = get_model("deepbind", input_shape=40, outputs=1, seed=1)
        >>> marginalize(model, ["ACGT" * 10, "GGCA" * 10], "TGACTCA").change.shape
        (1, 2)
    """
    codes = as_sequences(None, x)
    return Experiment(*_outputs(models, [codes, substitute(codes, motif, start=start)], target, batch_size))


def ablate(
    models: Models,
    x: Sequences,
    start: int,
    end: int,
    *,
    n: int = 20,
    method: Literal["shuffle", "dinucleotide"] = "shuffle",
    target: Target = None,
    seed: int = 0,
    batch_size: int = 64,
) -> Experiment:
    """Compute outputs before and after a region is shuffled.

    Args:
        models: A DNA model, or several.
        x: Sequences.
        start: First position of the region.
        end: Position after the last.
        n: Number of shuffles.
        method: `"shuffle"` of bases, or `"dinucleotide"`.
        target: The explained output; see `target_function`.
        seed: Random seed.
        batch_size: Number of sequences in one pass.

    Returns:
        Experiment with `after` of shape `(models, sequences, n)`.
    """
    codes = as_sequences(None, x)
    shuffled = shuffle(codes, start=start, end=end, n=n, method=method, seed=seed)
    before, after = _outputs(models, [codes, shuffled.reshape(-1, codes.shape[1])], target, batch_size)
    return Experiment(before, after.reshape(len(before), len(codes), n))


def space(
    models: Models,
    x: Sequences,
    motifs: tuple[Motif, Motif],
    spacing: Sequence[int],
    *,
    orientations: Sequence[str] = ("++", "+-", "-+", "--"),
    start: int | None = None,
    target: Target = None,
    batch_size: int = 64,
) -> Experiment:
    """Compute outputs for a pair of motifs at every distance and orientation in background sequences.

    Args:
        models: A DNA model, or several.
        x: Background sequences.
        motifs: The left and the right motif.
        spacing: Distances: numbers of bases between the end of the left motif and the start of the right one.
        orientations: Strands of the left and the right motif.
        start: Position of the left motif; None puts the pair in the middle.
        target: The explained output; see `target_function`.
        batch_size: Number of sequences in one pass.

    Returns:
        Experiment with `after` of shape `(models, sequences, orientations, spacings)`.

    Example:
        >>> from deepbio.zoo import get_model
        >>> model = get_model("deepbind", input_shape=40, outputs=1, seed=1)
        >>> space(model, "ACGT" * 10, ("TGACTCA", "CACGTG"), range(5), orientations=["++", "+-"]).after.shape
        (1, 1, 2, 5)
    """
    codes = as_sequences(None, x)
    wrong = [one for one in orientations if one not in ("++", "+-", "-+", "--")]
    if wrong or len(motifs) != 2:
        raise DataError(
            f"Expected two motifs and orientations such as '+-'; received {len(motifs)} and {list(orientations)}."
        )
    both = [encode(motif) if isinstance(motif, str) else np.asarray(motif, np.uint8) for motif in motifs]
    parts = [codes]
    for strands in orientations:
        pair = [m if strand == "+" else reverse_complement(m) for m, strand in zip(both, strands, strict=True)]
        parts += [multisubstitute(codes, pair, spacing=int(gap), start=start) for gap in spacing]
    before, *after = _outputs(models, parts, target, batch_size)
    shape = len(before), len(codes), len(orientations), len(spacing)
    return Experiment(before, np.stack(after, axis=-1).reshape(shape))


def _outputs(models: Models, parts: list[np.ndarray], target: Target, batch_size: int) -> list[np.ndarray]:
    """Return the target of every model for each array of sequences, `(models, sequences)`."""
    from deepbio.inference.forward import forward_pass

    found = []
    for model in models if isinstance(models, list | tuple) else [models]:
        taken, explained = one_hot_of(model), target_function(model, target)
        codes = as_sequences(taken, np.concatenate(parts))
        run = forward_pass(taken)
        batches = (codes[k : k + batch_size] for k in range(0, len(codes), batch_size))
        found.append(np.concatenate([np.asarray(explained(run(as_one_hot(batch)))) for batch in batches]))
    ends = np.cumsum([len(part) for part in parts])[:-1]
    return np.split(np.stack(found), ends, axis=1)
