"""`Diagnosis`: the answer of a model about one note, as plain values and as text."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from deepbio.diagnosis.terms import FoundTerm

BANNER = "FOR RESEARCH AND TEACHING ONLY. Not a medical device, not for the care of anybody: the model learnt from synthetic notes."


class WordWeight(NamedTuple):
    """A word of the note and its contribution to the logit of a disease: above 0 for it, below 0 against it."""

    word: str
    weight: float


@dataclass(frozen=True)
class Candidate:
    """One disease that a note could mean.

    Args:
        name: Name of the disease.
        probability: Probability, calibrated if the preset is.
        words_for, words_against: Words of the note by integrated gradients, strongest first.
        looked_at: Words by the model's attention, highest first; empty if it has none.
    """

    name: str
    probability: float
    words_for: tuple[WordWeight, ...] = ()
    words_against: tuple[WordWeight, ...] = ()
    looked_at: tuple[WordWeight, ...] = ()


@dataclass(frozen=True)
class Diagnosis:
    """The answer of a model about one note.

    Args:
        candidates: Diseases, the likeliest first.
        terms: Terms of the Human Phenotype Ontology in the note.
        doubts: Reasons to answer "none of these"; empty if there are none.
        remarks: Other information for the reader, such as that the note was cut.
        ood_score: Fraction of validation notes with a lower out-of-distribution score; `None` for an uncalibrated model.
        words: Number of words that the model has read.
        unknown: Fraction of them that the model does not know.
        model: Name of the model.
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
        """Whether the note is unlike those that the model was trained on."""
        return bool(self.doubts)

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as a JSON-able dictionary, with words of the note unless it was made with `text=False`."""
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
            lines += ["None of these: the note is unlike those that the model was trained on."]
            lines += [f"  - {doubt}" for doubt in self.doubts]
            lines += ["", "Ranking of the model all the same:" if self.candidates else "There is no ranking."]
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
            lines += ["", ood_in_words(self.ood_score)]
        lines += ["", *self.remarks] if self.remarks else []
        return "\n".join(lines) + "\n"


def ood_in_words(rank: float) -> str:
    """Return an out-of-distribution rank as a sentence.

    Example:
        >>> ood_in_words(0.25)
        '25% of the validation notes have a lower out-of-distribution score.'
    """
    return f"{rank:.0%} of the validation notes have a lower out-of-distribution score."
