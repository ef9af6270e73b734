"""`Preparation`: what is done to a text before it is divided into words; stored with the tokenizer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deepbio.errors import DataError
from deepbio.text.clauses import unwrap
from deepbio.text.clinical import ABBREVIATIONS, MAX_NUMBER, NOTE_ABBREVIATIONS, NUMBER, american, normalise
from deepbio.text.context import mark_context
from deepbio.text.findings import TermFinder
from deepbio.text.markup import plain_text, without_repeats
from deepbio.text.measurements import with_findings
from deepbio.text.negation import mark_negated

_SPACES = re.compile(r"[ \t]{2,}")
_WITH_DIGITS = re.compile(r"\w*\d\w*")


@dataclass(frozen=True)
class Preparation:
    """Uniform spelling, marked context, or the findings alone; all off by default.

    Args:
        clinical: Whether to write dates, numbers, units, de-identification marks and abbreviations in one way; see
            `deepbio.text.normalise`.
        negation: Whether to put a mark before each negated word and to leave out words about relatives and hypothetical cases; see
            `deepbio.text.mark_context`.
        abbreviations: Short forms and their meanings, used with `clinical`.
        mask_identifiers: Whether to write words with several digits, such as record numbers, as `xxnumber`; see
            `mask_identifiers`.
        findings: Whether to write the note's findings instead of its words, each once; see `TermFinder.tokens`. It includes the
            others.
        version: Rules by which the text is prepared: 2 for new tokenizers, 1 for those that were stored without a version.
        known: Tokens of findings that the tokenizer knows; set by it.

    Example:
        >>> Preparation(clinical=True, negation=True)("No SOB for 3 wks.")
        'No ¬shortness of ¬breath for ¬3 ¬weeks.'
    """

    clinical: bool = False
    negation: bool = False
    abbreviations: Mapping[str, str] = field(default_factory=lambda: dict(ABBREVIATIONS))
    mask_identifiers: bool = False
    findings: bool = False
    version: int = 2
    known: frozenset[str] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.version not in (1, 2):
            raise DataError(f"Text is prepared by the rules of version 1 or 2; received {self.version!r}.")
        for short, long in self.abbreviations.items():
            if not (isinstance(short, str) and isinstance(long, str) and short.strip() and long.strip()):
                raise DataError("A table of abbreviations has short forms and their meanings, neither empty.")
        object.__setattr__(self, "abbreviations", {k.lower(): v for k, v in sorted(self.abbreviations.items())})

    def __call__(self, text: str) -> str:
        """Return the prepared text."""
        if self.findings:
            return TermFinder.of_release().tokens(self.read(text), self.known)
        if self.version >= 2 and (self.clinical or self.negation):
            text = _one_form(text)
        if self.clinical:
            text = normalise(text, abbreviations=self.abbreviations)
        if self.mask_identifiers:
            text = mask_identifiers(text)
        if not self.negation:
            return text
        return mark_negated(text) if self.version == 1 else mark_context(text)

    def read(self, text: str) -> str:
        """Return the text in which findings are looked for: without HTML and repeats, values as findings, spelling uniform."""
        return normalise(american(with_findings(_one_form(text))), abbreviations=NOTE_ABBREVIATIONS)

    def to_dict(self) -> dict[str, Any]:
        """Return the options that are on, JSON-able."""
        found: dict[str, Any] = {
            name: True for name in ("clinical", "negation", "mask_identifiers", "findings") if getattr(self, name)
        }
        if found and self.version != 1:
            found["version"] = self.version
        return {**found, "abbreviations": dict(self.abbreviations)} if self.clinical else found

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Preparation:
        """Build a preparation from the dictionary of `to_dict`."""
        return cls(**{"version": 1, **values})


def _one_form(text: str) -> str:
    """Return a text without HTML, wrapped lines, repeats and runs of spaces."""
    return without_repeats(_SPACES.sub(" ", unwrap(plain_text(text))))


def mask_identifiers(text: str) -> str:
    """Return a text with `xxnumber` for numbers above 120 and for words of letters and three or more digits.

    Such words are record numbers, years, dates and codes, which identify a patient. Ages, temperatures and names like `T4` remain.

    Example:
        >>> mask_identifiers("MRN A20931, born 1954, T4 and B12 normal, 39.4 degrees.")
        'MRN xxnumber, born xxnumber, T4 and B12 normal, 39.4 degrees.'
    """
    return _WITH_DIGITS.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    word = match[0]
    digits = sum(character.isdigit() for character in word)
    small = digits < 3 or (word.isdecimal() and len(word) == 3 and int(word) <= MAX_NUMBER)
    return word if small else NUMBER


def check_texts(texts: Sequence[str]) -> None:
    """Check that `texts` is a sequence of texts. A text is never part of the message.

    Raises:
        DataError: It is one string, or an entry is no text.
    """
    if isinstance(texts, str):
        raise DataError("Expected a sequence of texts; received one string. Put it into a list.")
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise DataError(
                f"Expected text; entry {number} is {type(text).__name__}. Drop or fill missing notes first."
            )
