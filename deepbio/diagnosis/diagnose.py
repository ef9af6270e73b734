"""`diagnose`: the diseases that a note could mean, the words for and against each, and doubts about the answer."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.diagnosis.diagnosis import Candidate, Diagnosis, WordWeight, ood_in_words
from deepbio.diagnosis.from_findings import diagnose_findings
from deepbio.diagnosis.priors import PRIOR_REMARK, prior_factors
from deepbio.errors import DataError, ModelError
from deepbio.inference import ood_score, predict
from deepbio.interpret.text import attention_weights, word_evidence
from deepbio.text import MARK, PADDING, UNKNOWN, Tokenizer
from deepbio.text.findings import TermFinder
from deepbio.zoo import describe, get_model
from deepbio.zoo.build import build
from deepbio.zoo.get_model import preset_folder

if TYPE_CHECKING:
    import keras

DEFAULT_MODEL = "note_evidence.vignettes_findings"
MAX_WORDS = 10_000  # of a longer note only these are read
OOD_RANK = 0.99  # fraction of validation notes with a lower out-of-distribution score from which a note is doubtful
_MIN_KNOWN = 0.5  # fraction of words that the model must know
_CUT = f"Only the beginning of the note was read: {MAX_WORDS:,} words at most."


def diagnose(
    note: str,
    *,
    model: str | os.PathLike[str] | keras.Model = DEFAULT_MODEL,
    top: int = 10,
    words: int = 5,
    steps: int = 32,
    text: bool = True,
    prior: Mapping[str, float] | None = None,
) -> Diagnosis:
    """Rank the diseases that a note could mean, with the words for and against each. For research and teaching only.

    A note that the model cannot judge (empty, too few findings, unlike its training notes), or whose findings fit none of its
    diseases, is answered with "none of these" and the reason, not with an error. Nothing of the note is logged or stored.

    Args:
        note: Text of one note. Of a longer one the first 10,000 words are read.
        model: Name or folder of a text preset, or a text model.
        top: Number of diseases.
        words: Number of words for, against and by attention, for each disease.
        steps: Number of steps of the integrated gradients.
        text: Whether words of the note are in the answer.
        prior: Prevalence of every disease of the model, in any one unit; equal by default. See `deepbio.diagnosis.prior_factors`.

    Returns:
        The ranked diseases, the findings in the note, and the reasons for "none of these".

    Raises:
        DataError: `note` is no text, a number is out of range, or the prior does not name each disease.
        ModelError: The model is no text model with classes, or it is not known which prior it was trained with.

    Example:
        >>> diagnose("").doubts
        ('The note contains no words.',)
    """
    if not isinstance(note, str):
        raise DataError(f"A note is text; received {type(note).__name__}.")
    if top < 1 or words < 0 or steps < 1:
        raise DataError(f"top and steps are at least 1, words at least 0; received {top}, {steps} and {words}.")
    limit = 40 * MAX_WORDS  # characters
    cut, note = len(note) > limit, note[:limit]
    loaded, tokenizer = _load(model)
    record = describe(loaded)
    factors = None if prior is None else prior_factors(record, prior)
    given = () if prior is None else (PRIOR_REMARK,)
    name = os.fspath(model) if isinstance(model, (str, os.PathLike)) else record.architecture or loaded.name
    if tokenizer.preparation.findings:
        words_read = note.split(maxsplit=MAX_WORDS)
        cut = cut or len(words_read) > MAX_WORDS
        note = note[: len(note) - len(words_read[-1])] if len(words_read) > MAX_WORDS else note
        remarks = ((_CUT,) if cut else ()) + given
        shown = {"name": name, "top": top, "words": words, "text": text, "remarks": remarks}
        return diagnose_findings(loaded, tokenizer, note, factors=factors, **shown)
    loaded, tokens = _long_enough(loaded, tokenizer, note)
    ids = tokenizer.encode([note], tokens, truncate="head")
    count = int((ids != PADDING).sum())
    unknown = float((ids[0, :count] == UNKNOWN).mean()) if count else 0.0
    rank = None
    if count and record.postprocessing is not None and record.postprocessing.ood_quantiles:
        rank = float(ood_score(loaded, ids, rank=True)[0])
    candidates: tuple[Candidate, ...] = ()
    if count:
        p = predict(loaded, ids)[0] * (1 if factors is None else factors)
        p = p / p.sum()
        best = np.argsort(-p, kind="stable")[:top]
        shown = _readable(tokenizer.pieces(note, MAX_WORDS)[:count]) if text and words else []
        candidates = _candidates(loaded, ids[0], p, best, shown, words, steps)
    return Diagnosis(
        candidates,
        terms=tuple(TermFinder.of_release().find(tokenizer.preparation.read(note))) if count else (),
        doubts=_doubts(count, unknown, rank),
        remarks=((_CUT,) if cut or count == MAX_WORDS else ()) + given,
        ood_score=rank,
        words=count,
        unknown=unknown,
        model=name,
    )


def _load(model: Any) -> tuple[keras.Model, Tokenizer]:
    """Return the model and its tokenizer."""
    loaded = _loaded(os.fspath(model)) if isinstance(model, (str, os.PathLike)) else model
    record = describe(loaded)
    multiclass = record.task is not None and record.task.kind == "multiclass"
    if record.input is None or record.input.tokenizer is None or not multiclass:
        raise ModelError("diagnose reads notes with a text model of several classes, such as note_evidence.vignettes.")
    if record.activation_built_in:
        raise ModelError("diagnose reads logits: load the model without activation='auto'.")
    return loaded, _tokenizer(record.input.tokenizer)


def _loaded(name: str) -> keras.Model:
    """Return the model of a preset, which is loaded again only after one of its files has changed."""
    folder = preset_folder(name)
    files = () if folder is None else sorted(folder.iterdir())
    return _preset(name, tuple((file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files))


@functools.lru_cache(maxsize=2)
def _preset(name: str, files: tuple[tuple[str, int, int], ...]) -> keras.Model:
    return get_model(name)


@functools.lru_cache(maxsize=2)
def _tokenizer(stored: str) -> Tokenizer:
    """Return the tokenizer of a preset, read once for several notes."""
    return Tokenizer.from_json(stored)


def _long_enough(loaded: keras.Model, tokenizer: Tokenizer, note: str) -> tuple[keras.Model, int]:
    """Return the model, rebuilt for a note longer than its input, and the length of its input."""
    record = describe(loaded)
    assert record.input is not None
    needed = int((tokenizer.encode([note], MAX_WORDS, truncate="head") != PADDING).sum())
    if needed <= record.input.shape[0]:
        return loaded, record.input.shape[0]
    longer = build(replace(record, input=replace(record.input, shape=(needed,))))
    longer.set_weights(loaded.get_weights())  # no weight of a text model depends on the length
    return longer, needed


def _doubts(count: int, unknown: float, rank: float | None) -> tuple[str, ...]:
    if not count:
        return ("The note contains no words.",)
    doubts = []
    if 1 - unknown <= _MIN_KNOWN:
        doubts.append(f"The model does not know {unknown:.0%} of the words: another language, or another kind of text.")
    if rank is not None and rank >= OOD_RANK:
        doubts.append(ood_in_words(rank))
    return tuple(doubts)


def _readable(pieces: list[str]) -> list[str]:
    """Return the words of a note as a reader knows them, with "no" before a negated one."""
    return [f"no {word[1:]}" if word.startswith(MARK) else word for word in pieces]


def _candidates(
    model: keras.Model, ids: np.ndarray, p: np.ndarray, best: np.ndarray, shown: list[str], words: int, steps: int
) -> tuple[Candidate, ...]:
    task = describe(model).task
    assert task is not None
    labels = task.labels or tuple(str(i) for i in range(task.outputs))
    if not shown:
        return tuple(Candidate(labels[i], float(p[i])) for i in best)
    evidence = word_evidence(model, ids, best.tolist(), steps=steps)[:, : len(shown)]
    # evidence for every disease alike distinguishes none of them
    evidence = evidence - evidence.mean(axis=0) if len(best) > 1 else evidence
    attention = attention_weights(model, ids, best.tolist())
    is_word = np.array([any(character.isalnum() for character in word) for word in shown])  # not a comma

    def ranked(weights: np.ndarray) -> list[WordWeight]:
        return [WordWeight(shown[j], float(weights[j])) for j in np.argsort(-weights, kind="stable") if is_word[j]]

    found = []
    for k, i in enumerate(best):
        order = ranked(evidence[k])
        for_ = tuple(word for word in order[:words] if word.weight > 0)
        against = tuple(word for word in order[::-1][:words] if word.weight < 0)
        looked_at = () if attention is None else tuple(ranked(attention[k, : len(shown)])[:words])
        found.append(Candidate(labels[i], float(p[i]), for_, against, looked_at))
    return tuple(found)
