"""Which words stand for which finding, so that no words stand for two."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from deepbio.datasets.vignettes.everyday import EVERYDAY, PLAIN
from deepbio.datasets.vignettes.ontology import Ontology, Term
from deepbio.errors import DataError

MOST_PHRASES = 5
_MOST_WORDS = 8
_WORD = re.compile(r"\w+")
_ARTICLE = re.compile(r"^(?:an?|the|is) ")
_JOINT = re.compile(r", | and | or |/| & ")


class Phrases(NamedTuple):
    """How a note says one finding: `affirmed` after "has" (or beginning with "is "), `denied` after "no"."""

    affirmed: tuple[str, ...]
    denied: tuple[str, ...]


def words(phrase: str) -> tuple[str, ...]:
    """Return a phrase's words in lower case without article: two phrases are the same if their words are.

    Example:
        >>> words("A high Fever") == words("high fever")
        True
    """
    return tuple(_WORD.findall(_ARTICLE.sub("", phrase.lower())))


def choose_phrases(terms: Sequence[Term], ontology: Ontology) -> list[Phrases]:
    """Choose the phrases of each finding: by hand where there are any, then its name, then the ontology's plain words.

    Where two findings claim the same words, they go to the one that has them by hand, then to the one whose name they
    are; two findings that claim them as synonyms both lose them. Words that a list of other findings could spell
    ("nausea and vomiting") are said otherwise ("nausea with vomiting").

    Raises:
        DataError: no phrase of its own is left for a finding.
    """
    proper = _proper_nouns(ontology.terms.values())
    claims = [_claims(term, proper) for term in terms]
    best: dict[tuple[str, ...], int] = {}
    holders: Counter[tuple[tuple[str, ...], int]] = Counter()
    for claim in claims:
        for key, rank in {words(phrase): rank for rank, phrase in reversed(claim)}.items():
            best[key] = min(best.get(key, rank), rank)
            holders[key, rank] += 1
    chosen: list[Phrases] = []
    for term, claim in zip(terms, claims, strict=True):
        kept = {
            words(phrase): phrase
            for rank, phrase in reversed(claim)
            if best[words(phrase)] == rank and holders[words(phrase), rank] == 1
        }
        affirmed = list(dict.fromkeys(_unlisted(p, best) for _, p in claim if p in kept.values()))[:MOST_PHRASES]
        if not affirmed:
            raise DataError(f"No phrase is left for {term.id} ({term.name}): other findings have the same words.")
        chosen.append(Phrases(tuple(affirmed), EVERYDAY[term.id][1] if term.id in EVERYDAY else ()))
    return chosen


def _claims(term: Term, proper: frozenset[str]) -> list[tuple[int, str]]:
    """Phrases that a finding would like, best first, each with its rank: 0 by hand, 1 the name, 2 a synonym."""
    if term.id in EVERYDAY:
        return [(0, phrase) for phrase in EVERYDAY[term.id][0]]
    plain = sorted((s for s in term.layperson if len(s.split()) <= _MOST_WORDS and "," not in s), key=len)
    found = [(0, phrase) for phrase in PLAIN.get(term.id, ())]
    found.append((1, _as_in_a_sentence(term.name, proper)))
    found += [(2, _as_in_a_sentence(synonym, proper)) for synonym in plain]
    first: dict[tuple[str, ...], tuple[int, str]] = {}
    for rank, phrase in found:
        first.setdefault(words(phrase), (rank, phrase))
    return list(first.values())


def _as_in_a_sentence(name: str, proper: frozenset[str]) -> str:
    """Lower the first letter, unless the first word is an abbreviation or a name such as Raynaud."""
    first = name.split(" ", 1)[0]
    lower = first[:1].isupper() and not any(c.isupper() or c.isdigit() for c in first[1:])
    return name[0].lower() + name[1:] if lower and len(first) > 1 and first.strip(",") not in proper else name


def _proper_nouns(terms: Iterable[Term]) -> frozenset[str]:
    """Words that the ontology writes with a capital inside names, and never without."""
    capital: set[str] = set()
    small: set[str] = set()
    for term in terms:
        for word in term.name.split()[1:]:
            (capital if word[:1].isupper() else small).add(word.lower())
    return frozenset(word.capitalize() for word in capital - small)


def _unlisted(phrase: str, known: dict[tuple[str, ...], int]) -> str:
    """Say "nausea and vomiting" as "nausea with vomiting" where a list of two findings could read the same."""
    pieces = _JOINT.split(phrase)
    return " with ".join(pieces) if len(pieces) > 1 and words(pieces[0]) in known else phrase
