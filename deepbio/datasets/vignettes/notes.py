"""Writing one note in plain English that says exactly which findings are affirmed and which are denied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from deepbio.datasets.vignettes.findings import AFFIRMED, DENIED
from deepbio.datasets.vignettes.phrases import Phrases

T = TypeVar("T")

OLDEST = 89
_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

_FIRST = (
    "{patient} has {list}.",
    "{patient} presents with {list}.",
    "{patient} comes in with {list}.",
    "{patient} is seen because of {list}.",
    "{patient} with {list}.",
    "{patient} with {timed}.",
    "{patient} has had {timed}.",
    "{patient} has had {timed}.",
)
_MORE = (
    "{He} also has {list}.",
    "{He} has {list}.",
    "{He} reports {list}.",
    "{He} also complains of {list}.",
    "Other findings: {list}.",
    "The history tells of {list}.",
)
_NO_MORE = (
    "{He} denies {list}.",
    "{He} has no {list}.",
    "There is no sign of {list}.",
    "No {list}.",
    "{He} has not had any {list}.",
    "Negative for {list}.",
)
_BEFORE_ADJECTIVES = (" has {list}", " has had {timed}")
_BUT = (" but no {list}", ", without {list}", " but denies {list}")


class Chances:
    """Choices from one stream of random numbers, drawn in blocks because single draws are slow."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._left: list[float] = []

    def below(self, n: int) -> int:
        """Return a whole number from 0 to `n - 1`, each equally likely."""
        if not self._left:
            self._left = self._rng.random(8192).tolist()
        return int(self._left.pop() * n)

    def one_of(self, choices: Sequence[T]) -> T:
        """Return one of `choices`, each equally likely."""
        return choices[self.below(len(choices))]

    def shuffled(self, values: Sequence[T]) -> list[T]:
        """Return the values in random order."""
        result = list(values)
        for i in range(len(result) - 1, 0, -1):
            j = self.below(i + 1)
            result[i], result[j] = result[j], result[i]
        return result

    def groups(self, values: Sequence[T], most: int) -> list[list[T]]:
        """Cut values in random order into one to `most` groups, none of them empty."""
        if not values:
            return []
        shuffled = self.shuffled(values)
        number = 1 + self.below(min(most, len(shuffled)))
        cuts = sorted(self.shuffled(range(1, len(shuffled)))[: number - 1])
        return [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]


def write_note(states: np.ndarray, phrases: Sequence[Phrases], chances: Chances) -> str:
    """Write a note whose words say exactly `states`, in random order, wording and sentences.

    Age, sex and durations are drawn here without looking at the states: they say nothing about the disease.

    Args:
        states: int8 `(findings,)`: 1 affirmed, 0 unmentioned, -1 denied.
        phrases: how each finding is said.
        chances: source of randomness.
    """
    affirmed = [chances.one_of(phrases[j].affirmed) for j in np.flatnonzero(states == AFFIRMED).tolist()]
    denied = [chances.one_of(phrases[j].denied) for j in np.flatnonzero(states == DENIED).tolist()]
    nouns = chances.groups([phrase for phrase in affirmed if not phrase.startswith("is ")], 3)
    adjectives = [phrase for phrase in affirmed if phrase.startswith("is ")]

    patient, he = _patient(chances)
    opening, more = _sentences(patient, he, nouns, adjectives, chances)
    hosts = len(more)  # sentences that affirm; one that denies takes no second denial
    for group in chances.groups(denied, 2):
        listed = join(group, "or")
        host = chances.below(hosts + 3)
        if host < hosts and not any(cue in more[host] for cue in (" no ", " without ", " denies ")):
            more[host] = more[host][:-1] + chances.one_of(_BUT).format(list=listed) + "."
        else:
            more.append(chances.one_of(_NO_MORE).format(He=he, list=listed))
    return " ".join([opening, *chances.shuffled(more)])


def join(phrases: Sequence[str], last: str) -> str:
    """Join phrases as a sentence does: commas, and `last` before the last one.

    Example:
        >>> join(["a fever", "red eyes", "is irritable"], "and")
        'a fever, red eyes and is irritable'
    """
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} {last} {phrases[-1]}"


def number_in_words(n: int) -> str:
    """Return a number from 0 to 99 in words.

    Example:
        >>> number_in_words(6), number_in_words(42)
        ('six', 'forty-two')
    """
    if n < 20:
        return _SMALL[n]
    return _TENS[n // 10] + (f"-{_SMALL[n % 10]}" if n % 10 else "")


def _sentences(
    patient: str, he: str, nouns: list[list[str]], adjectives: list[str], chances: Chances
) -> tuple[str, list[str]]:
    """The opening and the other sentences that affirm findings; adjectives join a "has" or stand alone."""
    more: list[str] = []
    if not nouns:
        opening = f"{patient} {join(adjectives, 'and')}." if adjectives else f"{patient} is seen."
        return opening, more
    adjectives = chances.shuffled(adjectives)
    for place, group in enumerate(nouns):
        template = chances.one_of(_MORE if place else _FIRST)
        listed = list(group)
        if adjectives and any(verb in template for verb in _BEFORE_ADJECTIVES):
            listed += adjectives
            adjectives = []
        timed = [f"{listed[0]} for {_duration(chances)}", *listed[1:]]
        more.append(template.format(patient=patient, He=he, list=join(listed, "and"), timed=join(timed, "and")))
    if adjectives:
        more.append(f"{he} {join(adjectives, 'and')}.")
    return more[0], more[1:]


def _patient(chances: Chances) -> tuple[str, str]:
    """Someone of any age and either sex, such as ("A six-year-old boy", "He")."""
    age = 1 + chances.below(OLDEST)
    male = chances.below(2) == 0
    noun = ("boy" if male else "girl") if age < 18 else ("man" if male else "woman")
    shown = number_in_words(age) if chances.below(2) else str(age)
    article = "An" if shown.startswith(("eight", "eleven", "8")) or shown in ("11", "18") else "A"
    return f"{article} {shown}-year-old {noun}", "He" if male else "She"


def _duration(chances: Chances) -> str:
    number = 2 + chances.below(9)
    return f"{number_in_words(number) if chances.below(2) else number} {chances.one_of(('days', 'weeks', 'months'))}"
