"""`Diagnosis`: the answer of a model about one note, as plain values and as text."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from deepbio.diagnosis.questions import Question
from deepbio.text.findings import FoundTerm

BANNER = "FOR RESEARCH AND TEACHING ONLY. Not a medical device, not for the care of anybody: the model learnt from synthetic notes."
SCHEMA = 2
_TITLES = (
    ("affirmed", "Findings"),
    ("negated", "Negated"),
    ("uncertain", "Uncertain (read as present)"),
    ("historical", "In the past (read as present)"),
    ("family", "Of relatives (not read)"),
    ("hypothetical", "Hypothetical (not read)"),
)


class WordWeight(NamedTuple):
    """A word or finding of the note and its contribution to the logit of a disease: above 0 for it, below 0 against it."""

    word: str
    weight: float


class Change(NamedTuple):
    """What would change the answer: the probability of the first disease if a finding were absent or present."""

    finding: str
    instead: str
    probability: float
    first: str


@dataclass(frozen=True)
class Candidate:
    """One disease that a note could mean.

    Args:
        name: Name of the disease.
        probability: Probability, calibrated if the preset is.
        words_for, words_against: Words or findings of the note, strongest first.
        looked_at: Words by the model's attention, highest first; empty if it has none.
        bias: Logit of the disease before the note is read; `None` if the model's evidence does not add up finding by finding.
        evidence: Every finding with its contribution: `bias` and the weights add up to the logit, and the softmax of the logits of
            all diseases are the probabilities.
    """

    name: str
    probability: float
    words_for: tuple[WordWeight, ...] = ()
    words_against: tuple[WordWeight, ...] = ()
    looked_at: tuple[WordWeight, ...] = ()
    bias: float | None = None
    evidence: tuple[WordWeight, ...] = ()


@dataclass(frozen=True)
class Diagnosis:
    """The answer of a model about one note.

    Args:
        candidates: Diseases, the likeliest first.
        terms: Findings in the note, each with its context.
        doubts: Reasons to answer "none of these"; empty if there are none.
        remarks: Other information for the reader, such as that the note was cut.
        ood_score: Fraction of validation notes with a lower out-of-distribution score; `None` for an uncalibrated model. A model that
            reads findings answers "none of these" by its own class for them, not by this score.
        words: Number of words of the note.
        unknown: Fraction of them that the model does not know.
        model: Name of the model.
        changes: What would change the answer most, the strongest first.
        questions: What to ask next to distinguish the first three diseases.
    """

    candidates: tuple[Candidate, ...] = field(repr=False)
    terms: tuple[FoundTerm, ...] = field(repr=False)
    doubts: tuple[str, ...]
    remarks: tuple[str, ...]
    ood_score: float | None
    words: int
    unknown: float
    model: str
    changes: tuple[Change, ...] = field(default=(), repr=False)
    questions: tuple[Question, ...] = field(default=(), repr=False)

    @property
    def none_of_these(self) -> bool:
        """Whether the note is about none of the model's diseases, or cannot be judged."""
        return bool(self.doubts)

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as a JSON-able dictionary, with words of the note unless it was made with `text=False`.

        The keys are those of docs/notes.md, and `schema` counts their changes.
        """
        return {
            "schema": SCHEMA,
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
                    "bias": c.bias,
                    "evidence": [list(w) for w in c.evidence],
                }
                for c in self.candidates
            ],
            "terms": [{"id": t.id, "name": t.name, "negated": t.negated, "context": t.context} for t in self.terms],
            "changes": [change._asdict() for change in self.changes],
            "questions": [question._asdict() for question in self.questions],
        }

    def to_text(self) -> str:
        """Return the answer as lines for a terminal."""
        lines = [BANNER, ""]
        if self.none_of_these:
            lines += ["None of these:", *(f"  - {doubt}" for doubt in self.doubts)]
            lines += ["", "Ranking of the model all the same:" if self.candidates else "There is no ranking."]
        for rank, c in enumerate(self.candidates, start=1):
            lines.append(f"{rank:>3}. {c.probability:>6.1%}  {c.name}")
            for title, words in (("for", c.words_for), ("against", c.words_against), ("looked at", c.looked_at)):
                if words:
                    lines.append(f"{'':>14}{title}: " + ", ".join(f"{w.word} ({w.weight:+.2f})" for w in words))
        for context, title in _TITLES:
            found = [f"{term.name} ({term.id})" for term in self.terms if term.context == context]
            if found:
                lines += ["", f"{title}: " + "; ".join(found)]
        if self.changes:
            first = self.candidates[0].name
            lines += ["", "What would change it:"]
            lines += [
                f"  - if {c.finding} were {c.instead}: {first} {c.probability:.1%}"
                + ("" if c.first == first else f", first {c.first}")
                for c in self.changes
            ]
        if self.questions:
            lines += ["", "To distinguish the first three, ask for:"]
            lines += [
                f"  - {q.name} ({q.id}): " + ", ".join(f"{name} {f:.0%}" for name, f in q.frequencies.items())
                for q in self.questions
            ]
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
