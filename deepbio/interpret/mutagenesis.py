"""In-silico mutagenesis: what every substitution, deletion, insertion or shuffle does to an output."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from deepbio.errors import DataError
from deepbio.interpret.arguments import check_counts
from deepbio.interpret.dna import Sequences, as_one_hot, as_sequences, one_hot_of
from deepbio.interpret.targets import Target, target_function

if TYPE_CHECKING:
    import keras

Progress = Callable[[int, int], None]
_ATTRIBUTE = "_deepbio_substitutions"
_POSITIONS = 16  # positions of a block: more of them make larger products of matrices, but wider windows
_PROCESSOR_POSITIONS = 64  # which are divided again, over the cores
_WHOLE_POSITIONS = 32  # if some layer runs whole, its batch decides
_ROOM = 1 << 25  # values of the widest step that is whole in one block


class Mutagenesis(NamedTuple):
    """Outputs of sequences and of all their substitutions.

    Args:
        reference: float32 `(n, ...)`.
        substitutions: float32 `(n, positions, 4, ...)`; the reference's own at the bases that are there.
    """

    reference: np.ndarray
    substitutions: np.ndarray


def saturation_mutagenesis(
    model: keras.Model,
    x: Sequences,
    *,
    target: Target = None,
    start: int = 0,
    end: int | None = None,
    hypothetical: bool = False,
    raw_outputs: bool = False,
    progress: Progress | None = None,
) -> Any:
    """Compute the effect of every single-base substitution, exactly, by recomputing only what it reaches in each layer.

    The attribution of a base is the change of the output minus the mean change over the four bases at its position, as in
    tangermeme. Attention and recurrence see all positions, so those layers run whole, in batches; `whole_layers` names them.

    Source: the windows of layers as in fastISM, Nair et al. 2022, doi:10.1093/bioinformatics/btac135.

    Args:
        model: DNA model of deepbio, or a functional Keras model of `(batch, length, 4)`.
        x: Sequences: uint8 codes `(n, length)`, one-hot `(n, length, 4)`, or strings. At N and padding all four bases are
            substitutions, and the attribution of the present base is 0.
        target: The explained output, see `target_function`; with `raw_outputs` None returns all outputs.
        start: First position to mutate.
        end: Position after the last; None is the length.
        hypothetical: Whether to return attributions of all four bases instead of those of the present bases.
        raw_outputs: Whether to return the outputs themselves.
        progress: Function that is called with the number of positions done and their total.

    Returns:
        float32 `(n, end - start, 4)`, or a `Mutagenesis` with `raw_outputs`.

    Raises:
        DataError: The sequences, target or range do not fit the model.

    Example:
        >>> from deepbio.zoo import get_model
        >>> model = get_model("deepbind", input_shape=40, outputs=1, seed=1)
        >>> saturation_mutagenesis(model, "ACGT" * 10, start=10, end=20).shape
        (1, 10, 4)
        >>> saturation_mutagenesis(model, "ACGT" * 10, raw_outputs=True).substitutions.shape
        (1, 40, 4, 1)
    """
    taken = one_hot_of(model)
    codes = as_sequences(taken, x)
    first, last = _range(start, end, codes.shape[1])
    explained = None if target is None and raw_outputs else target_function(model, target)
    changes = Changes(taken, explained)
    size = min(_block_size(changes), last - first)
    starts = range(first, last, size)
    reference: list[np.ndarray] = []
    rows: list[np.ndarray] = []
    for i, row in enumerate(codes):
        values = changes.reference(row)
        own = changes.outputs(values)
        found = np.empty((last - first, 4, *own.shape[1:]), np.float32)
        found[:] = own[0]
        for block, start in enumerate(starts):
            begin = min(start, last - size)  # the last block has as many positions as the others
            positions = np.arange(begin, begin + size)
            where, bases = np.nonzero(row[positions][:, None] != np.arange(4))
            found[positions[where] - first, bases] = changes(
                values, first=begin, codes=_changed(row[positions], where, bases)
            )
            if progress is not None:
                progress(i * len(starts) + block + 1, len(codes) * len(starts))
        reference.append(own[0])
        rows.append(found)
    raw = Mutagenesis(np.array(reference), np.array(rows))
    return raw if raw_outputs else attributions_of(raw, codes[:, first:last], hypothetical=hypothetical)


def attributions_of(raw: Mutagenesis, codes: np.ndarray, *, hypothetical: bool = False) -> np.ndarray:
    """Return the attributions `(n, positions, 4)` of outputs `(n, positions, 4)`: changes minus their mean over the bases.

    Args:
        raw: Outputs of one number per sequence.
        codes: The mutated part of the sequences, uint8 `(n, positions)`.
        hypothetical: Whether to return all four bases.
    """
    change = raw.substitutions - raw.reference[:, None, None]
    change -= change.mean(axis=2, keepdims=True)
    return change if hypothetical else change * as_one_hot(codes)


def whole_layers(model: keras.Model) -> tuple[str, ...]:
    """Return the layers that `saturation_mutagenesis` runs whole, because they combine all positions; empty for most models.

    Example:
        >>> from deepbio.zoo import get_model
        >>> whole_layers(get_model("basset", input_shape=600, outputs=1)), len(whole_layers(get_model("dna_transformer")))
        ((), 4)
    """
    return Changes(one_hot_of(model), None).of_model.whole_layers


def pairwise_mutagenesis(
    model: keras.Model,
    x: Sequences,
    *,
    target: Target = None,
    start: int = 0,
    end: int | None = None,
) -> np.ndarray:
    """Compute the epistasis of every two substitutions: their common effect minus the sum of their single effects.

    Args:
        model: DNA model.
        x: One sequence.
        target: The explained output; see `target_function`.
        start: First position of the region.
        end: Position after the last; None is the length.

    Returns:
        float32 `(positions, 4, positions, 4)`, symmetric; 0 where a base is the present one or both positions are the same.

    Example:
        >>> from deepbio.zoo import get_model
        >>> model = get_model("deepbind", input_shape=40, outputs=1, seed=1)
        >>> pairwise_mutagenesis(model, "ACGT" * 10, start=10, end=16).shape
        (6, 4, 6, 4)
    """
    taken = one_hot_of(model)
    codes = as_sequences(taken, x)
    if len(codes) != 1:
        raise DataError(f"Pairs of substitutions are computed for one sequence; received {len(codes)}.")
    first, last = _range(start, end, codes.shape[1])
    row, size = codes[0], last - first
    changes = Changes(taken, target_function(model, target))
    values = changes.reference(row)
    own = float(changes.outputs(values)[0])
    single = saturation_mutagenesis(model, codes, target=target, start=first, end=last, raw_outputs=True).substitutions[
        0
    ]
    single = single if single.ndim == 2 else single[..., 0]
    out = np.zeros((size, 4, size, 4), np.float32)
    for i in range(size):
        others = np.array([j for j in range(size) if j > i])
        edits = [
            (a, j, b) for j in others for a in range(4) for b in range(4) if a != row[first + i] and b != row[first + j]
        ]
        for part in range(0, len(edits), 96):
            a, j, b = (np.array(column) for column in zip(*edits[part : part + 96], strict=True))
            windows = np.repeat(row[None, first:last], len(a), axis=0)  # one width, because each is compiled
            windows[:, i], windows[np.arange(len(a)), j] = a, b
            both = changes(values, first=first, codes=windows)
            found = both - single[i, a] - single[j, b] + own
            out[i, a, j, b] = out[j, b, i, a] = found
    return out


def dependency_map(epistasis: np.ndarray) -> np.ndarray:
    """Return how much each two positions depend on each other: the largest absolute epistasis of their substitutions.

    Source: Tomaz da Silva et al. 2025, doi:10.1038/s41588-025-02347-3, whose maps take the largest effect too.

    Args:
        epistasis: Result of `pairwise_mutagenesis`, `(positions, 4, positions, 4)`.

    Returns:
        `(positions, positions)`, symmetric.
    """
    return np.abs(epistasis).max(axis=(1, 3))


class Changes:
    """The substitutions of a model, and the explained number of their outputs."""

    def __init__(self, taken: keras.Model, explained: Callable[[Any], Any] | None) -> None:
        from deepbio.incremental.substitutions import Substitutions
        from deepbio.inference.kept import kept

        found = kept(
            taken, _ATTRIBUTE, lambda: Substitutions(taken)
        )  # one for each model, because compiling takes seconds
        self.of_model, self.explained = found, explained or (lambda outputs: outputs)
        self.reference = found.reference

    def outputs(self, reference: Any) -> np.ndarray:
        """Return the explained number of the reference, `(1, ...)`."""
        return np.asarray(self.explained(reference.values[-1]))

    def __call__(self, reference: Any, *, first: int, codes: np.ndarray) -> np.ndarray:
        """Return the explained number of changed sequences, `(n, ...)`."""
        return np.asarray(self.explained(self.of_model(reference, first=first, codes=codes)))


def _changed(part: np.ndarray, where: np.ndarray, bases: np.ndarray) -> np.ndarray:
    """Return copies of a part of a sequence, each with another base at one position."""
    copies = np.repeat(part[None], len(where), axis=0)
    copies[np.arange(len(where)), where] = bases
    return copies


def _block_size(changes: Changes) -> int:
    """Return the number of positions that are mutated together."""
    of_model = changes.of_model
    size = _PROCESSOR_POSITIONS if of_model.on_processor else _POSITIONS
    size = _WHOLE_POSITIONS if of_model.whole_layers else size
    widest = max(int(np.prod(of_model.steps[k].shape)) for k in of_model.whole_values)
    return max(1, min(size, _ROOM // (3 * widest)))


def _range(start: int, end: int | None, length: int) -> tuple[int, int]:
    last = length if end is None else end
    check_counts(minimum=0, start=start, end=last)
    if not 0 <= start < last <= length:
        raise DataError(f"Expected 0 <= start < end <= {length}; received start={start} and end={end}.")
    return start, last
