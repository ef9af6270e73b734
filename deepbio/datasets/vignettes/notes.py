"""Writing one note in plain English that states exactly which findings are affirmed and which are negated."""

import re
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from deepbio.datasets.vignettes.findings import AFFIRMED, NEGATED
from deepbio.datasets.vignettes.phrases import Phrases
from deepbio.text.clinical import NUMBER_WORDS, TENS

T = TypeVar("T")

MAX_AGE = 89
_LONG_WORD = re.compile(r"[A-Za-z]{4,}")
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


class RandomChoices:
    """Choices from one stream of random numbers, drawn in blocks because single numbers are slow."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._left: list[float] = []

    def below(self, n: int) -> int:
        """Return an integer from 0 to `n - 1`, each equally likely."""
        left = self._left or self._refilled()
        return int(left.pop() * n)

    # the two below repeat `below`, because a million notes call it sixty million times

    def one_of(self, choices: Sequence[T]) -> T:
        """Return one of `choices`, each equally likely."""
        left = self._left or self._refilled()
        return choices[int(left.pop() * len(choices))]

    def shuffled(self, values: Sequence[T]) -> list[T]:
        """Return the values in random order."""
        result = list(values)
        left = self._left
        for i in range(len(result) - 1, 0, -1):
            left = left or self._refilled()
            j = int(left.pop() * (i + 1))
            result[i], result[j] = result[j], result[i]
        return result

    def _refilled(self) -> list[float]:
        self._left = self._rng.random(8192).tolist()
        return self._left

    def groups(self, values: Sequence[T], limit: int) -> list[list[T]]:
        """Divide values in random order into one to `limit` groups, none of them empty."""
        if not values:
            return []
        shuffled = self.shuffled(values)
        number = 1 + self.below(min(limit, len(shuffled)))
        cuts = sorted(self.shuffled(range(1, len(shuffled)))[: number - 1])
        return [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]


def write_note(states: np.ndarray, phrases: Sequence[Phrases], choices: RandomChoices) -> str:
    """Return a note whose words state exactly `states`, in random order, wording and sentences.

    Age, sex and durations are drawn without looking at the states, so they carry no information about the disease.

    Args:
        states: int8 `(findings,)`: 1 affirmed, 0 unmentioned, -1 negated.
        phrases: Phrases of each finding.
        choices: Source of randomness.
    """
    affirmed = [choices.one_of(phrases[j].affirmed) for j in np.flatnonzero(states == AFFIRMED).tolist()]
    negated = [choices.one_of(phrases[j].negated) for j in np.flatnonzero(states == NEGATED).tolist()]
    nouns = choices.groups([phrase for phrase in affirmed if not phrase.startswith("is ")], 3)
    adjectives = [phrase for phrase in affirmed if phrase.startswith("is ")]

    patient, he = _patient(choices)
    opening, more = _sentences(patient, he, nouns, adjectives, choices)
    hosts = len(more)  # sentences that affirm; one that negates takes no second negation
    for group in choices.groups(negated, 2):
        listed = join(group, "or")
        host = choices.below(hosts + 3)
        if host < hosts and not any(cue in more[host] for cue in (" no ", " without ", " denies ")):
            more[host] = more[host][:-1] + choices.one_of(_BUT).format(list=listed) + "."
        else:
            more.append(choices.one_of(_NO_MORE).format(He=he, list=listed))
    return " ".join([opening, *choices.shuffled(more)])


def join(phrases: Sequence[str], last: str) -> str:
    """Join phrases as a sentence does: commas, and `last` before the last one.

    Example:
        >>> join(["a fever", "red eyes", "is irritable"], "and")
        'a fever, red eyes and is irritable'
    """
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} {last} {phrases[-1]}"


def number_in_words(n: int) -> str:
    """Return an integer from 0 to 99 in words.

    Example:
        >>> number_in_words(6), number_in_words(42)
        ('six', 'forty-two')
    """
    if n < 20:
        return NUMBER_WORDS[n]
    return TENS[n // 10 - 2] + (f"-{NUMBER_WORDS[n % 10]}" if n % 10 else "")


def misspell(text: str, probability: float, rng: np.random.Generator) -> str:
    """Misspell some words of at least four letters: swap two letters, omit one, or write one twice.

    The first letter stays. Numbers and short words, `no` and `not` among them, are unchanged.

    Args:
        text: Text of one note.
        probability: Probability that a word is misspelt.
        rng: Source of randomness.

    Example:
        >>> misspell("A fever for six days.", 1.0, np.random.default_rng(0))
        'A feer for six dyas.'
    """

    def change(match: re.Match[str]) -> str:
        word = match[0]
        u, kind = rng.random(), int(rng.integers(3))
        i = int(rng.integers(1, len(word) - (kind == 0)))
        if u >= probability:
            return word
        if kind == 0:
            return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
        return word[:i] + word[i + 1 :] if kind == 1 else word[:i] + word[i] + word[i:]

    return _LONG_WORD.sub(change, text)


def _sentences(
    patient: str, he: str, nouns: list[list[str]], adjectives: list[str], choices: RandomChoices
) -> tuple[str, list[str]]:
    """Return the opening and the other sentences that affirm findings; adjectives join a "has" or form their own."""
    more: list[str] = []
    if not nouns:
        opening = f"{patient} {join(adjectives, 'and')}." if adjectives else f"{patient} is seen."
        return opening, more
    adjectives = choices.shuffled(adjectives)
    for i, group in enumerate(nouns):
        template = choices.one_of(_MORE if i else _FIRST)
        listed = list(group)
        if adjectives and any(verb in template for verb in _BEFORE_ADJECTIVES):
            listed += adjectives
            adjectives = []
        timed = [f"{listed[0]} for {_duration(choices)}", *listed[1:]]
        more.append(template.format(patient=patient, He=he, list=join(listed, "and"), timed=join(timed, "and")))
    if adjectives:
        more.append(f"{he} {join(adjectives, 'and')}.")
    return more[0], more[1:]


def _patient(choices: RandomChoices) -> tuple[str, str]:
    """Return a patient of any age and either sex, such as `("A six-year-old boy", "He")`."""
    age = 1 + choices.below(MAX_AGE)
    male = choices.below(2) == 0
    noun = ("boy" if male else "girl") if age < 18 else ("man" if male else "woman")
    shown = number_in_words(age) if choices.below(2) else str(age)
    article = "An" if shown.startswith(("eight", "eleven", "8")) or shown in ("11", "18") else "A"
    return f"{article} {shown}-year-old {noun}", "He" if male else "She"


def _duration(choices: RandomChoices) -> str:
    number = 2 + choices.below(9)
    return f"{number_in_words(number) if choices.below(2) else number} {choices.one_of(('days', 'weeks', 'months'))}"
