"""The tab *Notes*: ranked diseases, the note with its findings marked, what would change the answer and what to ask next."""

from __future__ import annotations

from typing import Any

from deepbio.app.collection import Collection
from deepbio.app.jobs import Job
from deepbio.errors import DataError
from deepbio.text.findings import FoundTerm

MAX_CHARACTERS = 100_000


def read_note(job: Job, collection: Collection, *, model: str, note: str, top: int) -> dict[str, Any]:
    """Rank the diseases that a note could mean. Nothing of the note is logged.

    Args:
        job: Job, for progress.
        collection: Presets.
        model: Name of a text preset of diseases.
        note: Text of the note.
        top: Number of diseases.

    Returns:
        The answer of `deepbio diagnose --json`, and `marked`: the note as the model reads it, in parts with their context.

    Raises:
        DataError: The note is empty or too long.
    """
    from deepbio.diagnosis import diagnose
    from deepbio.text import Tokenizer
    from deepbio.zoo import describe

    if not note.strip():
        raise DataError("Expected a note: write or paste one.")
    if len(note) > MAX_CHARACTERS:
        raise DataError(
            f"Expected a note of at most {MAX_CHARACTERS:,} characters here; the command line reads longer ones."
        )
    if not 1 <= top <= 50:
        raise DataError(f"Expected 1 to 50 diseases; received {top}.")
    preset = collection.find(model, "text")
    with collection.using(preset, job) as built:
        job.step("Reading the note")
        found = diagnose(note, model=built, top=top)
        record = describe(built)
        assert record.input is not None
        assert record.input.tokenizer is not None
        reading = Tokenizer.from_json(record.input.tokenizer).preparation.read(note)
    answer = found.to_dict() | {"model": preset.name}
    return answer | {"marked": _marked(reading, list(found.terms))}


def _marked(text: str, terms: list[FoundTerm]) -> list[dict[str, str]]:
    """Return a text in parts: plain ones, and findings with their name and context. Of overlapping findings the first is marked."""
    parts: list[dict[str, str]] = []
    last = 0
    for term in sorted(terms, key=lambda term: (term.start, -term.end)):
        if term.start < last or term.end <= term.start:
            continue
        parts.append({"text": text[last : term.start], "context": "", "name": ""})
        parts.append({"text": text[term.start : term.end], "context": term.context, "name": f"{term.name} ({term.id})"})
        last = term.end
    parts.append({"text": text[last:], "context": "", "name": ""})
    return [part for part in parts if part["text"]]
