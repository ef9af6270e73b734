"""What attributions of DNA share: models that take one-hot, sequences as codes, references, and how N and padding count."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from deepbio.errors import DataError, ModelError
from deepbio.interpret.arguments import check_counts, input_shape
from deepbio.sequence import dinucleotide_shuffle, encode, one_hot, shuffle
from deepbio.sequence.codes import N, as_codes

if TYPE_CHECKING:
    import keras

_ATTRIBUTE = "_deepbio_one_hot"
Sequences = Any
"""Codes `(n, length)` or `(length,)`, one-hot `(n, length, 4)`, or one or several strings."""

References = (
    Literal["dinucleotide", "shuffle", "gc", "n", "uniform"] | np.ndarray | Callable[[np.ndarray, int], np.ndarray]
)


def one_hot_of(model: keras.Model) -> keras.Model:
    """Return a DNA model as one that takes one-hot: of deepbio's, or any Keras model of `(batch, length, 4)`.

    Raises:
        ModelError: The model takes neither codes through the layer `one_hot` nor one-hot.
    """
    from deepbio.inference.kept import kept
    from deepbio.zoo import one_hot_model

    if "one_hot" in [layer.name for layer in model.layers]:
        # one for each model, so that its compiled passes are used again
        return kept(model, _ATTRIBUTE, lambda: one_hot_model(model))
    shape = input_shape(model)
    if len(shape) == 3 and shape[-1] == 4:
        return model
    raise ModelError(
        f"Expected a DNA model of deepbio, or a Keras model that takes (batch, length, 4); {model.name} takes {shape}. "
        "Images have grad_cam, notes word_evidence, tables shap_values."
    )


def as_sequences(model: keras.Model | None, x: Sequences) -> np.ndarray:
    """Return sequences as uint8 codes `(n, length)` of the model's length.

    Args:
        model: Model that decides the length; None takes any.
        x: Codes, one-hot, or strings.

    Raises:
        DataError: Another shape or length, or probabilities.
    """
    if isinstance(x, str) or (isinstance(x, list | tuple) and x and isinstance(x[0], str)):
        codes = encode([x] if isinstance(x, str) else list(x))
    else:
        array = np.asarray(x)
        if array.ndim == 3 or (array.ndim == 2 and array.shape[-1] == 4 and array.dtype.kind == "f"):
            from deepbio.sequence import from_one_hot

            array = from_one_hot(array)
        codes = as_codes(array, shape="rows")
    codes = np.atleast_2d(codes)
    length = None if model is None else model.input_shape[1]
    if length is not None and codes.shape[1] != length:
        raise DataError(f"{model.name if model else ''} takes {length} bases; received sequences of {codes.shape[1]}.")
    return codes


def as_one_hot(codes: np.ndarray) -> np.ndarray:
    """Return codes as float32 one-hot; N and padding are zeros."""
    return one_hot(codes, np.float32)


def make_references(codes: np.ndarray, references: References, n: int, seed: int) -> np.ndarray:
    """Return float32 references `(examples, n, length, 4)`.

    Args:
        codes: Sequences, uint8 `(examples, length)`.
        references: `"dinucleotide"` shuffles (N stays where it is), `"shuffle"` of single bases, `"gc"` random bases with each
            sequence's own GC content, `"n"` (all zeros) or `"uniform"` (0.25 for each base, zeros at N), of which one is enough;
            an array `(examples, n, length)` of codes or `(examples, n, length, 4)`; or a function `(codes, seed) -> codes`.
        n: Number of references per sequence.
        seed: Random seed.

    Raises:
        DataError: An unknown name, or another shape.
    """
    length = codes.shape[1]
    if isinstance(references, str):
        if references in ("n", "uniform"):
            known = (codes != N)[:, None, :, None] * np.ones(4, np.float32)
            return (0.25 if references == "uniform" else 0.0) * known
        if references not in ("dinucleotide", "shuffle", "gc"):
            raise DataError(
                f"Unknown references {references!r}. Expected 'dinucleotide', 'shuffle', 'gc', 'n', 'uniform', an array or a function."
            )
        check_counts(n_references=n)
        made = np.stack([_background(row, references, n, seed + i) for i, row in enumerate(codes)])
        return as_one_hot(made)
    if callable(references):
        check_counts(n_references=n)
        made = np.stack([np.asarray(references(codes, seed + k)) for k in range(n)], axis=1)
        return as_one_hot(as_codes(made))
    array = np.asarray(references)
    if array.ndim == 3 and array.shape[::2] == (len(codes), length):
        return as_one_hot(as_codes(array))
    if array.ndim == 4 and (len(array), *array.shape[2:]) == (len(codes), length, 4):
        return array.astype(np.float32)
    raise DataError(
        f"Expected references ({len(codes)}, n, {length}) of codes or ({len(codes)}, n, {length}, 4); received {array.shape}."
    )


def _background(row: np.ndarray, kind: str, n: int, seed: int) -> np.ndarray:
    """Return `n` references of one sequence; N stays N, and each run between stays a run of its own."""
    out = np.repeat(row[None], n, axis=0)
    known = row != N
    edges = np.flatnonzero(np.diff(np.r_[False, known, False].astype(np.int8)))
    random = np.random.Generator(np.random.Philox(seed))
    gc = np.isin(row, (1, 2)).sum() / max(known.sum(), 1)
    for start, stop in edges.reshape(-1, 2):
        part = out[:, start:stop]
        if kind == "gc":
            p = [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]
            out[:, start:stop] = random.choice(4, part.shape, p=p)
        else:
            out[:, start:stop] = (dinucleotide_shuffle if kind == "dinucleotide" else shuffle)(part, seed=random)
    return out
