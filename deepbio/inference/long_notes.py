"""`predict_long_notes`: notes longer than a model reads, split, predicted in parts and pooled."""

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


def predict_long_notes(
    model: keras.Model,
    notes: Sequence[str],
    *,
    cut: Literal["windows", "sections"] = "windows",
    stride: int | None = None,
    pool: Literal["mean", "max"] = "mean",
    batch_size: int = 256,
) -> np.ndarray:
    """Predict whole notes of any length.

    Args:
        model: Text model from `get_model`.
        notes: Texts.
        cut: `"windows"`, overlapping and of the model's length; or `"sections"`, one per heading of the note, each in windows
            if it is longer than the model reads.
        stride: Number of tokens from one window's start to the next; half a window by default.
        pool: `"mean"` of the parts' probabilities, or `"max"`, the highest probability of each label. `"max"` is meant for
            multilabel tasks: of classes that exclude each other, the maxima do not sum to one.
        batch_size: Number of parts in one pass.

    Returns:
        Predictions as `predict` returns them, one row per note.

    Raises:
        ModelError: The model has no tokenizer.
        DataError: There are no notes, or `cut` or `pool` is unknown.
    """
    for what, value, valid in (("cut", cut, ("windows", "sections")), ("pool", pool, ("mean", "max"))):
        if value not in valid:
            raise DataError(f"Unknown {what} {value!r}. {nearest(str(value), valid)}")
    input = describe(model).input
    if input is None or input.tokenizer is None:
        raise ModelError("Long notes need a text model with a tokenizer: build it with a data set or from a preset.")
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
