"""The JSON of `deepbio diagnose --json`, as typed models; docs/diagnose.schema.json is its JSON Schema.

`diagnose` itself writes plain dictionaries: importing this module is only needed to check or read an answer.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CandidateAnswer(_Closed):
    """A disease; pairs are a word or finding and its weight."""

    name: str
    probability: float
    words_for: list[tuple[str, float]] = Field(alias="for")
    words_against: list[tuple[str, float]] = Field(alias="against")
    looked_at: list[tuple[str, float]]
    bias: float | None
    evidence: list[tuple[str, float]]


class TermAnswer(_Closed):
    """A finding in the note, with what the note says about it."""

    id: str
    name: str
    negated: bool
    context: Literal["affirmed", "negated", "historical", "hypothetical", "family", "uncertain"]


class ChangeAnswer(_Closed):
    """The probability of the first disease if a finding were another way, and which disease would then be first."""

    finding: str
    instead: Literal["present", "absent", "not mentioned"]
    probability: float
    first: str


class QuestionAnswer(_Closed):
    """A finding to ask for: expected information in bits, and its frequency in each of the first three diseases."""

    id: str
    name: str
    information: float
    frequencies: dict[str, float]


class Answer(_Closed):
    """The whole answer. `schema` counts the changes of its keys."""

    version: Literal[2] = Field(alias="schema")
    banner: str
    model: str
    none_of_these: bool
    doubts: list[str]
    remarks: list[str]
    ood_score: float | None
    words: int
    unknown: float
    candidates: list[CandidateAnswer]
    terms: list[TermAnswer]
    changes: list[ChangeAnswer]
    questions: list[QuestionAnswer]


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the answer.

    Example:
        >>> json_schema()["properties"]["schema"]["const"]
        2
    """
    return Answer.model_json_schema()
