"""Window mutagenesis: what shuffling, deleting, masking or inserting a window does to an output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepbio.errors import DataError
from deepbio.interpret.arguments import check_counts
from deepbio.interpret.dna import Sequences, as_one_hot, as_sequences, one_hot_of
from deepbio.interpret.mutagenesis import Changes
from deepbio.interpret.targets import Target, target_function
from deepbio.sequence import dinucleotide_shuffle
from deepbio.sequence.codes import N

if TYPE_CHECKING:
    import keras


def window_mutagenesis(
    model: keras.Model,
    x: Sequences,
    *,
    edit: str = "shuffle",
    width: int = 10,
    step: int = 1,
    target: Target = None,
    n: int = 10,
    seed: int = 0,
    batch_size: int = 64,
) -> np.ndarray:
    """Compute the mean change of an output if a window is shuffled, deleted or filled by an insertion, for each window.

    A deletion takes the window out and moves what follows to the left, with N at the end; an insertion of random bases moves it to
    the right, and the last bases leave the sequence.

    Args:
        model: DNA model.
        x: Sequences; see `saturation_mutagenesis`.
        edit: `"shuffle"` (dinucleotide shuffles), `"delete"`, `"insert"` or `"n"` (the window becomes N).
        width: Number of bases of a window.
        step: Distance of two windows.
        target: The explained output; see `target_function`.
        n: Number of shuffles or insertions per window.
        seed: Random seed.
        batch_size: Number of sequences in one pass.

    Returns:
        float32 `(sequences, windows)`: mean output minus the output of the sequence, for windows at 0, step, 2 step, ...

    Raises:
        DataError: An unknown edit, or a window that does not fit.

    Example:
        >>> from deepbio.zoo import get_model
        >>> model = get_model("deepbind", input_shape=40, outputs=1, seed=1)
        >>> window_mutagenesis(model, "ACGT" * 10, edit="delete", width=10, step=10).shape
        (1, 4)
    """
    if edit not in ("shuffle", "delete", "insert", "n"):
        raise DataError(f"edit is 'shuffle', 'delete', 'insert' or 'n'; received {edit!r}.")
    check_counts(width=width, step=step, n=n, batch_size=batch_size)
    taken = one_hot_of(model)
    codes = as_sequences(taken, x)
    length = codes.shape[1]
    if width > length:
        raise DataError(f"Expected a width from 1 to {length}; received {width}.")
    from deepbio.inference.forward import forward_pass

    explained = target_function(model, target)
    starts, random = range(0, length - width + 1, step), np.random.Generator(np.random.Philox(seed))
    changes = Changes(taken, explained) if edit in ("shuffle", "n") else None
    out = np.zeros((len(codes), len(starts)), np.float32)
    for i, row in enumerate(codes):
        if changes is not None:
            values = changes.reference(row)
            own = changes.outputs(values)[0]
            for k, first in enumerate(starts):
                part = row[None, first : first + width]
                new = np.full_like(part, N) if edit == "n" else dinucleotide_shuffle(np.repeat(part, n, 0), seed=random)
                out[i, k] = changes(values, first=first, codes=new).mean() - own
            continue
        edited = np.concatenate([row[None], *(_moved(row, first, width, edit, n, random) for first in starts)])
        run = forward_pass(taken)
        y = np.concatenate([
            np.asarray(explained(run(as_one_hot(edited[k : k + batch_size])))) for k in range(0, len(edited), batch_size)
        ])  # fmt: skip
        out[i] = y[1:].reshape(len(starts), -1).mean(axis=1) - y[0]
    return out


def _moved(row: np.ndarray, first: int, width: int, edit: str, n: int, random: np.random.Generator) -> np.ndarray:
    if edit == "delete":
        return np.concatenate([row[:first], row[first + width :], np.full(width, N, np.uint8)])[None]
    new = random.integers(0, 4, (n, width)).astype(np.uint8)
    left, right = (np.repeat(part[None], n, axis=0) for part in (row[:first], row[first : len(row) - width]))
    return np.concatenate([left, new, right], axis=1)
