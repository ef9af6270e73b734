"""Occlusion of notes: by how much an output falls if a word or a sentence is hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from deepbio.errors import DataError, ModelError
from deepbio.interpret.arguments import check_counts
from deepbio.interpret.targets import Target, target_function
from deepbio.interpret.text import as_note
from deepbio.text import MARK, PADDING, UNKNOWN, Tokenizer
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras


def text_occlusion(
    model: keras.Model,
    ids: np.ndarray | str,
    *,
    target: Target = None,
    unit: Literal["word", "phrase", "sentence"] = "word",
    replacement: Literal["unknown", "opposite"] = "unknown",
    batch_size: int = 64,
) -> np.ndarray:
    """Compute by how much an output falls if each word, phrase or sentence becomes unknown words, or says the opposite.

    That a patient has no cough says little about most diseases, so hiding "no cough" changes little, although the note with a
    cough reads otherwise. `replacement="opposite"` measures that difference: where the tokenizer marks negation, a negated
    word becomes an affirmed one, and the other way round.

    Source: Zeiler and Fergus 2014, arXiv:1311.2901; for words Li et al. 2016, arXiv:1612.08220; contrasts in place of removal
    Jacovi et al. 2021, arXiv:2103.01378.

    Args:
        model: Text model of deepbio.
        ids: Token ids of one note, int32 `(tokens,)`, or its text.
        target: The explained output; see `target_function`. A function may return several numbers per note.
        unit: `"word"` (all pieces of a word together), `"phrase"` (neighbouring words that have an opposite and are all negated or
            all affirmed), or `"sentence"`, which ends in a full stop, question or exclamation mark.
        replacement: `"unknown"` words, or the `"opposite"`: words with and without the mark of negation that the tokenizer knows are
            exchanged. A unit without such a word becomes unknown.
        batch_size: Number of notes in one pass.

    Returns:
        float32 `(tokens, ...)`: the value of its unit at each token, 0 at padding; further axes are those of the target.

    Raises:
        ModelError: The model does not take notes.
        DataError: Ids of another shape, or another unit or replacement.
    """
    check_counts(batch_size=batch_size)
    record = describe(model)
    if record.input is None or record.input.modality != "text" or record.input.tokenizer is None:
        raise ModelError(f"Occlusion of words needs a text model of deepbio with its tokenizer; {model.name} is none.")
    row = as_note(model, ids)
    if unit not in ("word", "phrase", "sentence"):
        raise DataError(f"unit is 'word', 'phrase' or 'sentence'; received {unit!r}.")
    if replacement not in ("unknown", "opposite"):
        raise DataError(f"replacement is 'unknown' or 'opposite'; received {replacement!r}.")
    pieces, vocabulary = _pieces_and_vocabulary(record.input.tokenizer, row)
    opposites = np.array([vocabulary.get(_opposite(piece), UNKNOWN) for piece in pieces], np.int32)
    groups = _groups(row, pieces, opposites, unit)
    hidden = np.repeat(row[None], len(groups) + 1, axis=0)
    for one, group in zip(hidden[1:], groups, strict=True):
        known = group[opposites[group] != UNKNOWN]
        if replacement == "opposite" and len(known):
            one[known] = opposites[known]
        else:
            one[group] = UNKNOWN
    explained = target_function(model, target)
    y = np.concatenate(
        [
            np.asarray(explained(model.predict_on_batch(hidden[k : k + batch_size])))
            for k in range(0, len(hidden), batch_size)
        ]
    )
    out = np.zeros((len(row), *y.shape[1:]), np.float32)
    for group, value in zip(groups, y[1:], strict=True):
        out[group] = y[0] - value
    return out


def _pieces_and_vocabulary(tokenizer: str, row: np.ndarray) -> tuple[list[str], dict[str, int]]:
    read = Tokenizer.from_json(tokenizer)
    return token_pieces(read, row), read.vocabulary


def _opposite(piece: str) -> str:
    return piece.removeprefix(MARK) if piece.startswith(MARK) else MARK + piece


def _groups(row: np.ndarray, pieces: list[str], opposites: np.ndarray, unit: str) -> list[np.ndarray]:
    """Return the positions of the tokens of each word, phrase or sentence."""
    groups: list[list[int]] = []
    new = True
    for i, piece in enumerate(pieces):
        if row[i] == PADDING:
            continue
        begins = new if unit == "sentence" else not piece.startswith("##")  # the mark of a word's further pieces
        if unit == "phrase" and groups and UNKNOWN not in (opposites[i], opposites[i - 1]):
            begins &= piece.startswith(MARK) != pieces[i - 1].startswith(MARK)
        if begins or not groups:
            groups.append([])
        groups[-1].append(i)
        new = piece.removeprefix(MARK) in (".", "?", "!")
    return [np.array(group) for group in groups]


def token_pieces(tokenizer: Tokenizer, ids: np.ndarray) -> list[str]:
    """Return the piece of text of each token id; empty for padding."""
    names = {index: piece for piece, index in tokenizer.vocabulary.items()}
    return ["" if i == PADDING else names.get(int(i), "?") for i in ids]
