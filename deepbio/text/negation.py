"""Negation as presets of the first version read it: the rules of NegEx (Chapman et al. 2001, doi:10.1006/jbin.2001.1029).

New tokenizers read `deepbio.text.context` instead; `Preparation(version=1)` keeps these.

A trigger such as "no" or "denies" negates the words after it, one such as "was ruled out" the words before it. Its scope ends
with the sentence and at words such as "but". A pseudo-trigger ("no change", "not only") looks like a trigger and negates
nothing. As in ConText (Harkema et al. 2009, doi:10.1016/j.jbi.2009.05.002) the scope is not limited to five words, because
lists of negated complaints are longer.
"""

import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

MARK = "¬"

# "lack of" and "absent" are left out: as often as not they name a finding ("a lack of appetite", "absent reflexes").
BEFORE = (
    "no", "not", "never", "without", "denies", "denied", "denying", "deny", "absence of",
    "negative for", "free of", "no evidence of", "no sign of", "no signs of", "no history of", "no complaints of",
    "no longer has", "not have", "has not had", "have not had", "had not had", "does not have", "did not have", "doesn't",
    "didn't", "hasn't", "haven't", "isn't", "wasn't", "cannot", "declines", "declined", "rules out", "ruled out",
    "rule out", "fails to reveal", "failed to reveal", "rather than", "neither", "nor", "non",
)  # fmt: skip
AFTER = (
    "was ruled out", "is ruled out", "are ruled out", "were ruled out", "has been ruled out", "have been ruled out",
    "was absent", "is absent", "are absent", "were absent", "not present", "was negative", "is negative", "were negative",
    "was denied", "is denied", "were denied", "are denied", "is unlikely", "was unlikely", "not seen", "not found", "not detected",
)  # fmt: skip
PSEUDO = (
    "no increase", "no decrease", "no change", "no significant change", "no interval change", "not only", "not certain if",
    "not certain whether", "not necessarily", "not sure", "no further", "without further", "without difficulty",
    "without any difficulty", "gram negative", "not cause", "not drain", "not extend", "no relief", "not improved",
    "not improving", "not better", "no improvement", "no response",
)  # fmt: skip
ENDS = (
    "but", "however", "although", "though", "yet", "except", "apart from", "aside from", "other than", "nevertheless",
    "still has", "which", "who", "and has", "and is", "and had", "and was", "and presents", "and reports", "and complains",
    "has had", "presents with", "complains of", "reports", "because", "since", "as well as having",
)  # fmt: skip

# Words that are no findings; they stay as they are inside a negated list.
_PLAIN = {
    "a", "an", "and", "any", "as", "at", "for", "from", "had", "has", "have", "he", "her", "him", "his", "in", "is", "it", "its",
    "of", "on", "or", "other", "she", "sign", "signs", "such", "than", "that", "the", "their", "they", "this", "to", "was", "were",
    "with",
}  # fmt: skip
_WORD = re.compile(r"\w+(?:['’]\w+)?|[.!?;:\n]")
_STOPS = frozenset(".!?;\n")


class Word(NamedTuple):
    """A word of a note: its text in lower case, where it is (`text[start:end]`), and whether it is negated."""

    text: str
    start: int
    end: int
    negated: bool


def words_of(text: str) -> list[Word]:
    """Return the words of a note in their order, and whether each is negated.

    Triggers and punctuation are words, too; they are not negated.

    Example:
        >>> [word.text for word in words_of("No fever or cough, but a rash. Chills are absent.") if word.negated]
        ['fever', 'cough', 'chills']
    """
    found = [match for match in _WORD.finditer(text) if not _inside_number(text, match)]
    lower = [match[0].lower().replace("’", "'") for match in found]
    negated = [False] * len(found)
    first = 0
    for last in [*(i for i, word in enumerate(lower) if word in _STOPS), len(found)]:
        _negate(lower, first, last, negated)
        first = last + 1
    return [Word(word, match.start(), match.end(), no) for word, match, no in zip(lower, found, negated, strict=True)]


def mark_negated(text: str) -> str:
    """Put a mark before each negated word, so that "fever" and "no fever" become different words.

    Example:
        >>> mark_negated("She denies fever or chills, but has a rash.")
        'She denies ¬fever or ¬chills, but has a rash.'
    """
    pieces, last = [], 0
    for word in words_of(text):
        if word.negated:
            pieces += [text[last : word.start], MARK]
            last = word.start
    return "".join([*pieces, text[last:]])


def _negate(words: Sequence[str], first: int, last: int, negated: list[bool]) -> None:
    """Set the negated words of one sentence, `words[first:last]`."""
    rules = _rules()
    open_, start, i = False, first, first
    while i < last:
        rule, length = _match(rules, words, i, last)
        if rule == "before":
            open_ = True
        elif rule == "end":
            open_, start = False, i + length
        elif rule == "after":
            for j in range(start, i):
                negated[j] = words[j] not in _PLAIN and words[j] != ":"
            start = i + length
        elif not rule and open_:
            negated[i] = words[i] not in _PLAIN and words[i] != ":"
        i += length


def _match(
    rules: dict[str, list[tuple[tuple[str, ...], str]]], words: Sequence[str], i: int, last: int
) -> tuple[str, int]:
    for phrase, rule in rules.get(words[i], ()):
        if i + len(phrase) <= last and tuple(words[i : i + len(phrase)]) == phrase:
            return rule, len(phrase)
    return "", 1


@functools.cache
def _rules() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Return the phrases of each first word with their rule, the longest first."""
    rules: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for rule, phrases in (("pseudo", PSEUDO), ("after", AFTER), ("before", BEFORE), ("end", ENDS)):
        for phrase in phrases:
            words = tuple(phrase.split())
            rules.setdefault(words[0], []).append((words, rule))
    return {first: sorted(phrases, key=lambda p: -len(p[0])) for first, phrases in rules.items()}


def _inside_number(text: str, match: re.Match[str]) -> bool:
    """Return whether a point or colon is between two digits, where it ends no sentence."""
    a, b = match.start(), match.end()
    return match[0] in ".:" and a > 0 and b < len(text) and text[a - 1].isdigit() and text[b].isdigit()
