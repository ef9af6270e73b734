"""Data set `vignettes`: synthetic notes generated from a seed, divided into three splits, as token ids."""

import inspect
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.split import Split
from deepbio.datasets.vignettes.generator import Vignettes, simulate_vignettes
from deepbio.datasets.vignettes.selection import MIN_FINDINGS
from deepbio.errors import DataError
from deepbio.specs import ModelInput, Task
from deepbio.text import Tokenizer


def vignettes(
    card: Card,
    *,
    diseases: int | Literal["all"] = 50,
    train: int = 8000,
    valid: int = 1000,
    test: int = 2000,
    length: int = 96,
    findings: float = 6.0,
    complaint_probability: float = 0.05,
    distractors: float = 1.0,
    negation_probability: float = 0.15,
    typos: float = 0.0,
    min_findings: int = MIN_FINDINGS,
    tokenizer: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Dataset:
    """Generate notes whose disease is to be predicted from the words.

    The notes are those of `simulate_vignettes(diseases, n, seed=seed)` in their order, without repeated texts: first the
    training split, then validation, then test. The tokenizer is fitted on the training split. `groups` contains the text of
    each note.

    Args:
        card: Card from the catalog.
        diseases: Number of diseases, or `"all"`.
        train, valid, test: Number of notes in each split.
        length: Number of tokens kept of a note; the longest of the default notes has 96.
        findings, complaint_probability, distractors, negation_probability, typos, min_findings: See `simulate_vignettes`.
        tokenizer: Options of `deepbio.text.Tokenizer.fit`, such as `{"clinical": True, "negation": True}`.
        seed: Random seed of the notes.
    """
    sizes = {"train": train, "valid": valid, "test": test}
    if min(sizes.values()) < 1:
        raise DataError(f"Each split needs at least one note; received {sizes}.")
    how = {
        "findings": findings,
        "complaint_probability": complaint_probability,
        "distractors": distractors,
        "negation_probability": negation_probability,
        "typos": typos,
        "min_findings": min_findings,
    }
    usual = inspect.signature(vignettes).parameters
    notes, first = _distinct(diseases, sum(sizes.values()), seed, how)
    texts = [notes.texts[i] for i in first]
    words = Tokenizer.fit(texts[:train], **(tokenizer or {}))
    whole = Split(
        words.encode(texts, length),
        notes.y[first],
        np.array([f"{card.name}:{i + 1}" for i in first]),
        np.array(texts, dtype=object),
    )
    cut = np.cumsum([0, *sizes.values()])
    parts = {name: whole.take(np.arange(a, b)) for name, a, b in zip(sizes, cut, cut[1:], strict=False)}
    return Dataset(
        card.name,
        Task.classify([disease.name for disease in notes.diseases]),
        ModelInput("text", (length,), tokenizer=words.to_json()),
        **parts,
        card=card,
        options={
            "diseases": diseases,
            **sizes,
            "length": length,
            "seed": seed,
            **{name: value for name, value in how.items() if value != usual[name].default},
            **({"tokenizer": dict(tokenizer)} if tokenizer else {}),
        },
    )


def _distinct(
    diseases: int | Literal["all"], wanted: int, seed: int, how: dict[str, Any]
) -> tuple[Vignettes, np.ndarray]:
    """Return notes, and the indices of the first `wanted` different texts among them."""
    drawn = wanted
    while True:
        notes = simulate_vignettes(diseases, drawn, seed=seed, **how)
        numbers: dict[str, int] = {}
        for i, text in enumerate(notes.texts):
            numbers.setdefault(text, i)
        if len(numbers) >= wanted:
            return notes, np.fromiter(numbers.values(), np.int64)[:wanted]
        drawn += 2 * (wanted - len(numbers)) + 10
