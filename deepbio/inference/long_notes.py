"""Notes longer than a model reads: cut at headings or into windows, predicted piece by piece, pooled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from deepbio.errors import DataError, ModelError, nearest
from deepbio.inference.predict import predict
from deepbio.text import Tokenizer, sections_of
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras

Cut = Literal["windows", "sections"]
Pool = Literal["mean", "max"]


def predict_long_notes(
    model: keras.Model,
    notes: Sequence[str],
    *,
    cut: Cut = "windows",
    stride: int | None = None,
    pool: Pool = "mean",
    batch_size: int = 256,
) -> np.ndarray:
    """Predict notes of any length: nothing of them is left out.

    Args:
        model: a text model from `get_model`.
        notes: texts.
        cut: `"windows"` of the model's length that overlap, or `"sections"` at the note's headings, each in windows where it
            is longer than the model reads.
        stride: from one window's start to the next, in tokens; half a window without it.
        pool: `"mean"` of the pieces' probabilities, or `"max"`: the most sure piece of each label, which adds up to no one
            for classes that exclude each other and is meant for several labels at once.
        batch_size: pieces in one pass.

    Returns:
        as `predict` gives, one row a note.

    Raises:
        ModelError: not a text model with a tokenizer.
        DataError: no notes, or an unknown way to cut or pool.
    """
    for what, value, valid in (("cut", cut, ("windows", "sections")), ("pool", pool, ("mean", "max"))):
        if value not in valid:
            raise DataError(f"Unknown {what} {value!r}. {nearest(str(value), valid)}")
    input = describe(model).input
    if input is None or input.tokenizer is None:
        raise ModelError(
            "Long notes are read by a text model with a tokenizer, built with a data set or from a preset."
        )
    if isinstance(notes, str) or len(notes) == 0:
        raise DataError("Expected a list of at least one note.")
    tokenizer = Tokenizer.from_json(input.tokenizer)
    texts, owners = list(notes), np.arange(len(notes))
    if cut == "sections":
        parts = [[section.text for section in sections_of(note)] or [""] for note in notes]
        texts = [text for part in parts for text in part]
        owners = np.repeat(owners, [len(part) for part in parts])
    ids, of_text = tokenizer.encode_windows(texts, input.shape[0], stride=stride)
    p = predict(model, ids, batch_size=batch_size)
    gather = np.add if pool == "mean" else np.maximum
    pooled = np.zeros((len(notes), *p.shape[1:]))
    gather.at(pooled, owners[of_text], p)
    if pool == "mean":
        pooled /= np.bincount(owners[of_text], minlength=len(notes)).reshape(-1, *[1] * (p.ndim - 1))
    return pooled
