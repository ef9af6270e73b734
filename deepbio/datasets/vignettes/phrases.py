"""`choose_phrases`: the words for each finding, so that no words mean two findings."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from deepbio.errors import DataError
from deepbio.text.everyday import EVERYDAY, PLAIN
from deepbio.text.ontology import Ontology, Term

MAX_PHRASES = 5
_MAX_WORDS = 8
_WORD = re.compile(r"\w+")
_ARTICLE = re.compile(r"^(?:an?|the|is) ")
_JOINT = re.compile(r", | and | or |/| & ")


class Phrases(NamedTuple):
    """Phrases of one finding: `affirmed` follow "has" (or begin with "is "), `negated` follow "no"."""

    affirmed: tuple[str, ...]
    negated: tuple[str, ...]


def words(phrase: str) -> tuple[str, ...]:
    """Return a phrase's words in lower case without article. Two phrases are the same if their words are.

    Example:
        >>> words("A high Fever") == words("high fever")
        True
    """
    return tuple(_WORD.findall(_ARTICLE.sub("", phrase.lower())))


def choose_phrases(terms: Sequence[Term], ontology: Ontology) -> list[Phrases]:
    """Choose the phrases of each finding: those written by hand, then its name, then the ontology's plain words.

    If two findings share words, the words go to the finding that has them by hand, then to the one whose name they are; as
    synonyms of two findings they are dropped. Words that a list of other findings could spell ("nausea and vomiting") are
    changed ("nausea with vomiting").

    Raises:
        DataError: No phrase is left for a finding.
    """
    proper = _proper_nouns(ontology.terms.values())
    candidates = [_ranked_phrases(term, proper) for term in terms]
    best: dict[tuple[str, ...], int] = {}
    owners: Counter[tuple[tuple[str, ...], int]] = Counter()
    for phrases in candidates:
        for key, rank in {words(phrase): rank for rank, phrase in reversed(phrases)}.items():
            best[key] = min(best.get(key, rank), rank)
            owners[key, rank] += 1
    chosen: list[Phrases] = []
    for term, phrases in zip(terms, candidates, strict=True):
        kept = {
            words(phrase): phrase
            for rank, phrase in reversed(phrases)
            if best[words(phrase)] == rank and owners[words(phrase), rank] == 1
        }
        affirmed = list(dict.fromkeys(_unlisted(p, best) for _, p in phrases if p in kept.values()))[:MAX_PHRASES]
        if not affirmed:
            raise DataError(f"No phrase is left for {term.id} ({term.name}): other findings have the same words.")
        chosen.append(Phrases(tuple(affirmed), EVERYDAY[term.id][1] if term.id in EVERYDAY else ()))
    return chosen


def _ranked_phrases(term: Term, proper: frozenset[str]) -> list[tuple[int, str]]:
    """Return candidate phrases of a finding, best first, each with its rank: 0 by hand, 1 the name, 2 a synonym."""
    if term.id in EVERYDAY:
        return [(0, phrase) for phrase in EVERYDAY[term.id][0]]
    plain = sorted((s for s in term.layperson if len(s.split()) <= _MAX_WORDS and "," not in s), key=len)
    found = [(0, phrase) for phrase in PLAIN.get(term.id, ())]
    found.append((1, _as_in_a_sentence(term.name, proper)))
    found += [(2, _as_in_a_sentence(synonym, proper)) for synonym in plain]
    first: dict[tuple[str, ...], tuple[int, str]] = {}
    for rank, phrase in found:
        first.setdefault(words(phrase), (rank, phrase))
    return list(first.values())


def _as_in_a_sentence(name: str, proper: frozenset[str]) -> str:
    """Return a name in lower case at its start, unless the first word is an abbreviation or a name such as Raynaud."""
    first = name.split(" ", 1)[0]
    lower = first[:1].isupper() and not any(c.isupper() or c.isdigit() for c in first[1:])
    return name[0].lower() + name[1:] if lower and len(first) > 1 and first.strip(",") not in proper else name


def _proper_nouns(terms: Iterable[Term]) -> frozenset[str]:
    """Return the words that the ontology writes with a capital inside names, and never without."""
    capital: set[str] = set()
    small: set[str] = set()
    for term in terms:
        for word in term.name.split()[1:]:
            (capital if word[:1].isupper() else small).add(word.lower())
    return frozenset(word.capitalize() for word in capital - small)


def _unlisted(phrase: str, known: dict[tuple[str, ...], int]) -> str:
    """Return "nausea with vomiting" for "nausea and vomiting" if a list of two findings could read the same."""
    pieces = _JOINT.split(phrase)
    return " with ".join(pieces) if len(pieces) > 1 and words(pieces[0]) in known else phrase
