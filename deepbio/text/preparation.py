"""`Preparation`: what is done to a text before it is cut into words; kept with the tokenizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deepbio.errors import DataError
from deepbio.text.clinical import ABBREVIATIONS, normalise
from deepbio.text.negation import mark_negated


@dataclass(frozen=True)
class Preparation:
    """Uniform spelling and marked denials, both off unless asked for.

    Args:
        clinical: write dates, numbers, units, de-identification marks and abbreviations in one way; see
            `deepbio.text.normalise`.
        negation: put a mark before each word that the note denies; see `deepbio.text.mark_negated`.
        abbreviations: short form to what it stands for; used with `clinical`.

    Example:
        >>> Preparation(clinical=True, negation=True)("No SOB for 3 wks.")
        'No ¬shortness of ¬breath for ¬3 ¬weeks.'
    """

    clinical: bool = False
    negation: bool = False
    abbreviations: Mapping[str, str] = field(default_factory=lambda: dict(ABBREVIATIONS))

    def __post_init__(self) -> None:
        for short, long in self.abbreviations.items():
            if not (isinstance(short, str) and isinstance(long, str) and short.strip() and long.strip()):
                raise DataError("A table of abbreviations holds short forms and what they stand for, neither empty.")
        object.__setattr__(self, "abbreviations", {k.lower(): v for k, v in sorted(self.abbreviations.items())})

    def __call__(self, text: str) -> str:
        """Return the text as the tokenizer cuts it."""
        if self.clinical:
            text = normalise(text, abbreviations=self.abbreviations)
        return mark_negated(text) if self.negation else text

    def to_dict(self) -> dict[str, Any]:
        """Return what differs from doing nothing, JSON-able."""
        found: dict[str, Any] = {name: True for name in ("clinical", "negation") if getattr(self, name)}
        return {**found, "abbreviations": dict(self.abbreviations)} if self.clinical else found

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Preparation:
        """Build the preparation that `to_dict` described."""
        return cls(**values)
