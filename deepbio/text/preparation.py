"""`Preparation`: what is done to a text before it is divided into words; stored with the tokenizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deepbio.errors import DataError
from deepbio.text.clinical import ABBREVIATIONS, normalise
from deepbio.text.negation import mark_negated


@dataclass(frozen=True)
class Preparation:
    """Uniform spelling and marked negation, both off by default.

    Args:
        clinical: Whether to write dates, numbers, units, de-identification marks and abbreviations in one way; see
            `deepbio.text.normalise`.
        negation: Whether to put a mark before each negated word; see `deepbio.text.mark_negated`.
        abbreviations: Short forms and their meanings, used with `clinical`.

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
                raise DataError("A table of abbreviations has short forms and their meanings, neither empty.")
        object.__setattr__(self, "abbreviations", {k.lower(): v for k, v in sorted(self.abbreviations.items())})

    def __call__(self, text: str) -> str:
        """Return the prepared text."""
        if self.clinical:
            text = normalise(text, abbreviations=self.abbreviations)
        return mark_negated(text) if self.negation else text

    def to_dict(self) -> dict[str, Any]:
        """Return the options that are on, JSON-able."""
        found: dict[str, Any] = {name: True for name in ("clinical", "negation") if getattr(self, name)}
        return {**found, "abbreviations": dict(self.abbreviations)} if self.clinical else found

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Preparation:
        """Build a preparation from the dictionary of `to_dict`."""
        return cls(**values)
