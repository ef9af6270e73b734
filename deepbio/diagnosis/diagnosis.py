"""`Diagnosis`: what a model says about one note, as plain values and as text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from deepbio.diagnosis.terms import FoundTerm

BANNER = "FOR RESEARCH AND TEACHING ONLY. Not a medical device, not for the care of anybody: the model learnt from made-up notes."


class WordWeight(NamedTuple):
    """A word of the note, and its part in the logit of a disease: above 0 speaks for it, below 0 against."""

    word: str
    weight: float


@dataclass(frozen=True)
class Candidate:
    """One disease that a note could mean.

    Args:
        name: of the label.
        probability: calibrated where the preset says how.
        words_for, words_against: of the note, strongest first, by integrated gradients.
        looked_at: words by the model's attention, strongest first; empty where it has none.
    """

    name: str
    probability: float
    words_for: tuple[WordWeight, ...] = ()
    words_against: tuple[WordWeight, ...] = ()
    looked_at: tuple[WordWeight, ...] = ()


@dataclass(frozen=True)
class Diagnosis:
    """What a model says about one note.

    Args:
        candidates: ranked, the likeliest first.
        terms: of the Human Phenotype Ontology that the note mentions.
        doubts: why the answer should be "none of these"; empty where nothing speaks for that.
        remarks: what else a reader must know, such as a note that was cut.
        ood_score: share of validation notes that looked less strange, 0 to 1; None where the preset does not know.
        words: read by the model.
        unknown: share of them that the model does not know.
        model: its name.
    """

    candidates: tuple[Candidate, ...] = field(repr=False)
    terms: tuple[FoundTerm, ...] = field(repr=False)
    doubts: tuple[str, ...]
    remarks: tuple[str, ...]
    ood_score: float | None
    words: int
    unknown: float
    model: str

    @property
    def none_of_these(self) -> bool:
        """Whether the note looks unlike those that the model was trained on."""
        return bool(self.doubts)

    def to_dict(self) -> dict[str, Any]:
        """Return everything JSON-able. Words of the note stand in it unless it was made with `text=False`."""
        return {
            "banner": BANNER,
            "model": self.model,
            "none_of_these": self.none_of_these,
            "doubts": list(self.doubts),
            "remarks": list(self.remarks),
            "ood_score": self.ood_score,
            "words": self.words,
            "unknown": self.unknown,
            "candidates": [
                {
                    "name": c.name,
                    "probability": c.probability,
                    "for": [list(w) for w in c.words_for],
                    "against": [list(w) for w in c.words_against],
                    "looked_at": [list(w) for w in c.looked_at],
                }
                for c in self.candidates
            ],
            "terms": [{"id": t.id, "name": t.name, "negated": t.negated} for t in self.terms],
        }

    def to_text(self) -> str:
        """Return the answer as lines for a terminal."""
        lines = [BANNER, ""]
        if self.none_of_these:
            lines += ["None of these: the note looks unlike those that the model was trained on."]
            lines += [f"  - {doubt}" for doubt in self.doubts]
            lines += [
                "",
                "What the model would say all the same:" if self.candidates else "The model gives no ranking.",
            ]
        for rank, c in enumerate(self.candidates, start=1):
            lines.append(f"{rank:>3}. {c.probability:>6.1%}  {c.name}")
            for title, words in (("for", c.words_for), ("against", c.words_against), ("looked at", c.looked_at)):
                if words:
                    lines.append(f"{'':>14}{title}: " + ", ".join(f"{w.word} ({w.weight:+.2f})" for w in words))
        for title, negated in (("Findings", False), ("Negated", True)):
            found = [f"{term.name} ({term.id})" for term in self.terms if term.negated is negated]
            if found:
                lines += ["", f"{title}: " + "; ".join(found)]
        if self.ood_score is not None:
            lines += ["", f"{self.ood_score:.0%} of the validation notes looked less strange to the model."]
        lines += ["", *self.remarks] if self.remarks else []
        return "\n".join(lines) + "\n"
