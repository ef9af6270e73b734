"""Attacks on notes: typos, abbreviations, synonyms of findings, the order of sentences and negation, by greedy search."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from deepbio.errors import DataError, nearest
from deepbio.robustness.edits.margins import ByEdits, check_classes, logits_of, margins
from deepbio.text import Tokenizer
from deepbio.text.clinical import ABBREVIATIONS
from deepbio.text.findings import FoundTerm, TermFinder
from deepbio.text.ontology import hpo_folder, read_ontology
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras

Edit = Literal["typos", "synonyms", "abbreviations", "order", "negation"]
EDITS: tuple[Edit, ...] = ("typos", "synonyms", "abbreviations", "order")  # those that keep what a note says
_WORD = re.compile(r"[A-Za-z]{4,}")
_SENTENCE = re.compile(r"[^.!?]+[.!?]*\s*")
_ARTICLE = re.compile(r"\b(?:an?|the|some)\s+$", re.IGNORECASE)
_DENIAL = re.compile(r"\b(?:no|not|without|denie[sd]|denying)\b\s*", re.IGNORECASE)
_AFFIRMED = {"without": "with ", "denies": "has ", "denied": "had ", "denying": "having "}
_LONGEST = 4  # words of a synonym
_SYNONYMS = 6  # of each finding


@dataclass(frozen=True, eq=False)
class NoteAdversarial(ByEdits):
    """Edited notes and their predicted classes.

    Args:
        notes: The notes as they were.
        x: The edited notes.
        edits: What was done to each note, in order, as `(kind, before, after)`.
        clean, predicted: Predicted classes of `notes` and of `x`.
    """

    notes: tuple[str, ...] = field(repr=False)
    x: tuple[str, ...] = field(repr=False)
    edits: tuple[tuple[tuple[str, str, str], ...], ...] = field(repr=False)
    clean: np.ndarray
    predicted: np.ndarray

    @property
    def steps(self) -> tuple[tuple[tuple[str, str, str], ...], ...]:
        """The edits of each note."""
        return self.edits


def attack_notes(
    model: keras.Model, notes: Sequence[str], *, edits: Sequence[Edit] = EDITS, max_edits: int = 5, words: int = 12
) -> NoteAdversarial:
    """Search few edits that change the predicted class of each note.

    Each round tries every edit of the words and findings that matter most, and makes the one that lowers the margin most. Which
    matter is found by leaving out one word at a time (Jin et al. 2020, TextFooler, arXiv:1907.11932). A finding keeps its id and, but
    for `"negation"`, its context: what is negated stays negated.

    Args:
        model: Text model of classes with its tokenizer.
        notes: Notes.
        edits: Kinds of edits: `"typos"` (two letters swapped, one left out or doubled), `"synonyms"` (exact ones of the Human
            Phenotype Ontology), `"abbreviations"` (of common clinical words, and back), `"order"` (another sentence first); by request
            only `"negation"` (an affirmed finding is negated, or a negated one affirmed), which changes what the note says:
            a model should follow it, so a class that stays may be the error.
        max_edits: Number of edits after which the search ends.
        words: Number of words that are tried for typos in each round.

    Raises:
        DataError: An unknown edit, no note, or a model that has no classes of notes.

    Example:
        >>> from deepbio.zoo import get_model
        >>> found = attack_notes(get_model("note_evidence.vignettes"), ["Fever and a cough."], max_edits=1)
        >>> len(found.edits[0]) <= 1
        True
    """
    check_classes(model, "text")
    _check_edits(edits)
    if isinstance(notes, str) or not len(notes) or max_edits < 1:
        raise DataError(
            f"Expected a list of notes and max_edits of at least 1; received {type(notes).__name__}, {max_edits}."
        )
    record = describe(model).input
    assert record is not None
    tokenizer, length = Tokenizer.from_json(str(record.tokenizer)), int(record.shape[0])

    def predict(texts: Sequence[str]) -> np.ndarray:
        return logits_of(model, tokenizer.encode(list(texts), length))

    clean = predict(notes).argmax(axis=1)
    found = [_search(note, int(own), predict, edits, max_edits, words) for note, own in zip(notes, clean, strict=True)]
    texts, done = zip(*found, strict=True)
    return NoteAdversarial(tuple(notes), texts, done, clean, predict(texts).argmax(axis=1))


def edit_notes(notes: Sequence[str], *, edits: Sequence[Edit] = EDITS, max_edits: int = 3, seed: int = 0) -> list[str]:
    """Make random edits: the baseline of `attack_notes`, and notes to train with.

    Each note gets `max_edits` edits, or fewer where a note has nothing that a drawn kind could edit. A finding keeps its id and, but
    for `"negation"`, its context. The edits of a note depend on seed and index alone.

    Args:
        notes: Notes.
        edits: Kinds of edits, see `attack_notes`; each is drawn with the same probability.
        max_edits: Number of edits per note.
        seed: Random seed.

    Raises:
        DataError: An unknown edit, or `max_edits` below 1.

    Example:
        >>> edit_notes(["A fever and a cough."], edits=["typos"], max_edits=1)
        ['A fveer and a cough.']
    """
    _check_edits(edits)
    if isinstance(notes, str) or max_edits < 1:
        raise DataError(
            f"Expected a list of notes and max_edits of at least 1; received {type(notes).__name__}, {max_edits}."
        )
    out = []
    for i, text in enumerate(notes):
        random, note = np.random.Generator(np.random.Philox(key=(seed, i))), text
        for _ in range(max_edits):
            note = _edited(note, edits[int(random.integers(len(edits)))], random)
        out.append(note)
    return out


def _edited(note: str, kind: Edit, random: np.random.Generator) -> str:
    """Return a note after one random edit of a kind, the note itself if there is none."""
    if kind == "synonyms":  # one of one finding, because each is read again
        terms = TermFinder.of_release().find(note)
        if not terms:
            return note
        term = terms[int(random.integers(len(terms)))]
        found = [one for one in _synonyms(term.id) if one != note[term.start : term.end].lower()]
        if not found:
            return note
        text = note[: term.start] + found[int(random.integers(len(found)))] + note[term.end :]
        kept = {(one.id, one.context) for one in terms} <= {
            (one.id, one.context) for one in TermFinder.of_release().find(text)
        }
        return text if kept else note
    words = [match.span() for match in _WORD.finditer(note)] if kind == "typos" else []
    places = [words[int(random.integers(len(words)))]] if words else []
    tried = candidates(note, [kind], places)
    return tried[int(random.integers(len(tried)))][0] if tried else note


def _check_edits(edits: Sequence[Edit]) -> None:
    if not edits:
        raise DataError(f"Expected one edit of {', '.join(EDITS)} at least.")
    for one in edits:
        if one not in get_args(Edit):
            raise DataError(f"Unknown edit {one!r}. {nearest(one, get_args(Edit))}")


def candidates(
    note: str, edits: Sequence[Edit], places: Sequence[tuple[int, int]]
) -> list[tuple[str, tuple[str, str, str]]]:
    """Return the notes that one edit makes, each with its kind and its words before and after.

    Args:
        note: Note.
        edits: Kinds of edits.
        places: Start and end of each word that may be mistyped.
    """
    found: list[tuple[str, tuple[str, str, str]]] = []

    def replaced(kind: str, start: int, end: int, new: str) -> None:
        found.append((note[:start] + new + note[end:], (kind, note[start:end], new)))

    if "typos" in edits:
        for start, end in places:
            word = note[start:end]
            for k in range(1, len(word) - 1):
                replaced("typos", start, end, word[:k] + word[k + 1] + word[k] + word[k + 2 :])
                replaced("typos", start, end, word[:k] + word[k + 1 :])
                replaced("typos", start, end, word[: k + 1] + word[k:])
    if "synonyms" in edits:
        terms = TermFinder.of_release().find(note)
        before = {(term.id, term.context) for term in terms}
        for term in terms:
            for synonym in _synonyms(term.id):
                if synonym != note[term.start : term.end].lower():
                    text = note[: term.start] + synonym + note[term.end :]
                    if before <= {(one.id, one.context) for one in _found(text)}:
                        replaced("synonyms", term.start, term.end, synonym)
    if "abbreviations" in edits:
        for short, long in ABBREVIATIONS.items():
            for old, new in ((short, long), (long, short)):
                for match in re.finditer(rf"(?<![\w/]){re.escape(old)}(?![\w/])", note, re.IGNORECASE):
                    replaced("abbreviations", match.start(), match.end(), new)
    if "order" in edits:
        sentences = _SENTENCE.findall(note)
        for k in range(1, len(sentences)):
            moved = [f"{sentences[k].strip()} ", *sentences[:k], *sentences[k + 1 :]]
            found.append(("".join(moved).strip(), ("order", "", sentences[k].strip())))
    if "negation" in edits:
        found += _negations(note)
    return [one for one in found if one[0] != note]


def _negations(note: str) -> list[tuple[str, tuple[str, str, str]]]:
    """Return the notes in which one affirmed finding is negated, or one negation, with all that it reaches, is left out."""
    found: dict[str, tuple[str, str, str]] = {}
    for term in TermFinder.of_release().find(note):
        start, end, new = term.start, term.start, ""
        if term.context == "affirmed":
            article = _ARTICLE.search(note, 0, term.start)
            start, new = article.start() if article else start, "no "
        elif term.negated and (cues := list(_DENIAL.finditer(note, 0, term.start))):
            start, end = cues[-1].span()
            new = _AFFIRMED.get(cues[-1].group().strip().lower(), "")
        text = note[:start] + new + note[end:]
        after = {one.id: one.context for one in _found(text)}
        if after.get(term.id) == ("negated" if term.context == "affirmed" else "affirmed"):
            found.setdefault(text, ("negation", note[start : term.end], text[start : term.end + len(text) - len(note)]))
    return list(found.items())


def _search(note, own, predict, edits, max_edits, words):
    """Return the edited note and its edits."""
    done: list[tuple[str, str, str]] = []
    mistyped: set[str] = set()
    before = margins(predict([note]), own)[0]
    for _ in range(max_edits):
        places = [match.span() for match in _WORD.finditer(note) if match.group() not in mistyped]
        if "typos" in edits and len(places) > words:
            without = margins(predict([note[:start] + note[end:] for start, end in places]), own)
            places = [places[k] for k in np.argsort(without, kind="stable")[:words]]
        tried = candidates(note, edits, places)
        if not tried:
            break
        values = margins(predict([text for text, _ in tried]), own)
        best = int(np.argmin(values))
        if not values[best] < before:
            break
        (note, edit), before = tried[best], values[best]
        done.append(edit)
        if edit[0] == "typos":
            mistyped.add(edit[2])  # one typo per word
        if before < 0:
            break
    return note, tuple(done)


@functools.lru_cache(maxsize=4096)
def _found(text: str) -> tuple[FoundTerm, ...]:
    return tuple(TermFinder.of_release().find(text))


@functools.lru_cache(maxsize=4096)
def _synonyms(id: str) -> tuple[str, ...]:
    """Return names of a finding that are at most four words long."""
    term = read_ontology(hpo_folder() / "hp.obo").terms.get(id)
    if term is None:
        return ()
    names = [term.name, *(one.text for one in term.synonyms if one.scope == "EXACT")]
    return tuple(dict.fromkeys(name.lower() for name in names if len(name.split()) <= _LONGEST))[:_SYNONYMS]
