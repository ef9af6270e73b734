"""`diagnose`: which diseases a note could mean, why the model thinks so, and whether it should be believed."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.diagnosis.diagnosis import Candidate, Diagnosis, WordWeight
from deepbio.diagnosis.terms import TermFinder
from deepbio.errors import DataError, ModelError
from deepbio.inference import ood_score, predict
from deepbio.interpret.text import attention_weights, word_evidence
from deepbio.text import MARK, PADDING, UNKNOWN, Tokenizer
from deepbio.zoo import describe, get_model
from deepbio.zoo.build import build

if TYPE_CHECKING:
    import keras

DEFAULT_MODEL = "note_evidence.vignettes"
MOST_WORDS = 10_000  # of a longer note only these are read
_MOST_LETTERS = 40 * MOST_WORDS
STRANGE = 0.99  # as few validation notes look stranger
_KNOWN = 0.5  # share of words that the model has to know


def diagnose(
    note: str,
    *,
    model: str | os.PathLike[str] | keras.Model = DEFAULT_MODEL,
    top: int = 10,
    words: int = 5,
    steps: int = 32,
    text: bool = True,
) -> Diagnosis:
    """Rank the diseases that a note could mean, with the words for and against each. For research and teaching only.

    A note that the model cannot judge (empty, of words that it does not know, unlike its training notes) gets the answer
    "none of these" with the reason, not an error. Nothing of the note is logged or stored.

    Args:
        note: the text of one note. Of a longer one the first 10,000 words are read.
        model: a text preset (name or folder), or such a model.
        top: how many diseases.
        words: how many words for, against and looked at, for each.
        steps: of the integrated gradients.
        text: `False` keeps every word of the note out of the answer.

    Raises:
        DataError: `note` is no text, or a number out of range.
        ModelError: not a text model with classes.

    Example:
        >>> diagnose("").doubts
        ('The note holds no words.',)
    """
    if not isinstance(note, str):
        raise DataError(f"A note is text; received {type(note).__name__}.")
    if top < 1 or words < 0 or steps < 1:
        raise DataError(f"top and steps are at least 1, words at least 0; received {top}, {steps} and {words}.")
    remarks = []
    if len(note) > _MOST_LETTERS:
        note = note[:_MOST_LETTERS]
        remarks.append(f"Only the beginning of the note was read: {MOST_WORDS:,} words at most.")
    name = os.fspath(model) if isinstance(model, (str, os.PathLike)) else ""
    built, tokenizer, tokens = _loaded(model, note)
    ids = tokenizer.encode([note], tokens, truncate="head")
    count = int((ids != PADDING).sum())
    if count == MOST_WORDS and not remarks:
        remarks.append(f"Only the beginning of the note was read: {MOST_WORDS:,} words at most.")
    record = describe(built)
    terms = tuple(TermFinder.of_release().find(note)) if count else ()
    unknown = float((ids[0, :count] == UNKNOWN).mean()) if count else 0.0
    rank = None
    if count and record.postprocessing is not None and record.postprocessing.ood_quantiles:
        rank = float(ood_score(built, ids, rank=True)[0])
    doubts = _doubts(count, unknown, rank)
    facts: dict[str, Any] = {
        "terms": terms, "doubts": doubts, "remarks": tuple(remarks), "ood_score": rank, "words": count,
        "unknown": unknown, "model": name or record.architecture or built.name,
    }  # fmt: skip
    if not count:
        return Diagnosis((), **facts)
    p = predict(built, ids)[0]
    best = np.argsort(-p, kind="stable")[:top]
    said = _pieces(tokenizer, note, count) if text and words else []
    return Diagnosis(_candidates(built, ids[0], p, best, said, words, steps), **facts)


def _loaded(model: Any, note: str) -> tuple[keras.Model, Tokenizer, int]:
    """Return the model, long enough for the note, its tokenizer and its length."""
    built = get_model(model) if isinstance(model, (str, os.PathLike)) else model
    record = describe(built)
    if (
        record.input is None
        or record.input.tokenizer is None
        or record.task is None
        or record.task.kind != "multiclass"
    ):
        raise ModelError("diagnose reads notes with a text model of several classes, such as note_evidence.vignettes.")
    if record.activation_built_in:
        raise ModelError("diagnose reads logits: load the model without activation='auto'.")
    tokenizer = Tokenizer.from_json(record.input.tokenizer)
    needed = min(MOST_WORDS, int((tokenizer.encode([note], MOST_WORDS, truncate="head") != PADDING).sum()))
    if needed <= record.input.shape[0]:
        return built, tokenizer, record.input.shape[0]

    longer = replace(record, input=replace(record.input, shape=(needed,)))
    again = build(longer)
    again.set_weights(built.get_weights())  # no weight of a text model depends on the length
    return again, tokenizer, needed


def _doubts(count: int, unknown: float, rank: float | None) -> tuple[str, ...]:
    if not count:
        return ("The note holds no words.",)
    doubts = []
    if 1 - unknown < _KNOWN:
        doubts.append(f"The model does not know {unknown:.0%} of the words: another language, or another kind of text.")
    if rank is not None and rank >= STRANGE:
        doubts.append(f"{rank:.0%} of the validation notes looked less strange to the model.")
    return tuple(doubts)


def _candidates(
    model: keras.Model, ids: np.ndarray, p: np.ndarray, best: np.ndarray, said: list[str], words: int, steps: int
) -> tuple[Candidate, ...]:
    task = describe(model).task
    assert task is not None
    labels = task.labels or tuple(str(i) for i in range(task.outputs))
    if not said:
        return tuple(Candidate(labels[i], float(p[i])) for i in best)
    parts = word_evidence(model, ids, best.tolist(), steps=steps)[:, : len(said)]
    # what speaks for every disease alike tells none of them
    parts = parts - parts.mean(axis=0) if len(best) > 1 else parts
    looked = attention_weights(model, ids, best.tolist())
    shown = np.array([any(letter.isalnum() for letter in word) for word in said])  # no reader asks about a comma
    found = []
    for k, i in enumerate(best):
        order = [j for j in np.argsort(-parts[k], kind="stable") if shown[j]]
        ahead = [WordWeight(said[j], float(parts[k, j])) for j in order[:words] if parts[k, j] > 0]
        behind = [WordWeight(said[j], float(parts[k, j])) for j in order[::-1][:words] if parts[k, j] < 0]
        seen = []
        if looked is not None:
            places = [j for j in np.argsort(-looked[k, : len(said)], kind="stable") if shown[j]]
            seen = [WordWeight(said[j], float(looked[k, j])) for j in places[:words]]
        found.append(Candidate(labels[i], float(p[i]), tuple(ahead), tuple(behind), tuple(seen)))
    return tuple(found)


def _pieces(tokenizer: Tokenizer, note: str, count: int) -> list[str]:
    """The note's words as a reader knows them: a denied one says so."""
    return [f"no {word[1:]}" if word.startswith(MARK) else word for word in tokenizer.pieces(note, MOST_WORDS)[:count]]
