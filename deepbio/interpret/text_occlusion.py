"""Occlusion of notes: by how much an output falls if a word or a sentence is hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from deepbio.errors import DataError, ModelError
from deepbio.interpret.targets import Target, target_function
from deepbio.text import MARK, PADDING, UNKNOWN, Tokenizer
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras


def text_occlusion(
    model: keras.Model,
    ids: np.ndarray,
    *,
    target: Target = None,
    unit: Literal["word", "sentence"] = "word",
    batch_size: int = 64,
) -> np.ndarray:
    """Compute by how much an output falls if each word, or each sentence, becomes unknown words.

    Source: Zeiler and Fergus 2014, arXiv:1311.2901; for words Li et al. 2016, arXiv:1612.08220.

    Args:
        model: Text model of deepbio.
        ids: Token ids of one note, int32 `(tokens,)`.
        target: The explained output; see `target_function`.
        unit: `"word"` (all pieces of a word together) or `"sentence"`, which ends in a full stop, question or exclamation mark.
        batch_size: Number of notes in one pass.

    Returns:
        float32 `(tokens,)`: the value of its word or sentence at each token, 0 at padding.

    Raises:
        ModelError: The model does not take notes.
        DataError: Ids of another shape, or another unit.
    """
    record = describe(model)
    if record.input is None or record.input.modality != "text" or record.input.tokenizer is None:
        raise ModelError(f"Occlusion of words needs a text model of deepbio with its tokenizer; {model.name} is none.")
    row = np.asarray(ids, np.int32)
    if row.shape != tuple(record.input.shape):
        raise DataError(f"{model.name} takes one note of {record.input.shape[0]} token ids; received {row.shape}.")
    if unit not in ("word", "sentence"):
        raise DataError(f"unit is 'word' or 'sentence'; received {unit!r}.")
    groups = _groups(row, Tokenizer.from_json(record.input.tokenizer), unit)
    hidden = np.repeat(row[None], len(groups) + 1, axis=0)
    for one, group in zip(hidden[1:], groups, strict=True):
        one[group] = UNKNOWN
    explained = target_function(model, target)
    y = np.concatenate(
        [
            np.asarray(explained(model.predict_on_batch(hidden[k : k + batch_size])))
            for k in range(0, len(hidden), batch_size)
        ]
    )
    out = np.zeros(len(row), np.float32)
    for group, value in zip(groups, y[1:], strict=True):
        out[group] = y[0] - value
    return out


def _groups(row: np.ndarray, tokenizer: Tokenizer, unit: str) -> list[np.ndarray]:
    """Return the positions of the tokens of each word or sentence."""
    pieces = token_pieces(tokenizer, row)
    groups: list[list[int]] = []
    new = True
    for i, piece in enumerate(pieces):
        if row[i] == PADDING:
            continue
        begins = new if unit == "sentence" else not piece.startswith("##")  # the mark of a word's further pieces
        if begins or not groups:
            groups.append([])
        groups[-1].append(i)
        new = piece.removeprefix(MARK) in (".", "?", "!")
    return [np.array(group) for group in groups]


def token_pieces(tokenizer: Tokenizer, ids: np.ndarray) -> list[str]:
    """Return the piece of text of each token id; empty for padding."""
    names = {index: piece for piece, index in tokenizer.vocabulary.items()}
    return ["" if i == PADDING else names.get(int(i), "?") for i in ids]
