"""The data set `vignettes`: notes drawn from a seed, cut into three splits, as token ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.split import Split
from deepbio.datasets.vignettes.generator import Vignettes, simulate_vignettes
from deepbio.datasets.vignettes.selection import LEAST_FINDINGS
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
    chance: float = 0.05,
    stray: float = 1.0,
    denial: float = 0.15,
    typos: float = 0.0,
    fewest: int = LEAST_FINDINGS,
    tokenizer: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Dataset:
    """Draw notes about `diseases` diseases; predict the disease from the words.

    The notes are those of `simulate_vignettes(diseases, n, seed=seed)` in their order, repeated texts left out: first the
    training split, then validation, then test. The tokenizer knows the words of the training split only. `groups` holds
    the text of each note.

    Args:
        card: of the shelf.
        diseases: how many, or `"all"`.
        train, valid, test: number of notes in each split.
        length: tokens kept of a note; the longest of the default notes has 96.
        findings, chance, stray, denial, typos: how full, noisy, negative and misspelt notes are; see `simulate_vignettes`.
        fewest: findings of stated frequency that a disease must have; 1 with `"all"` takes every disease with frequencies.
        tokenizer: options of `deepbio.text.Tokenizer.fit`, such as `{"clinical": True, "negation": True}`.
        seed: of the notes.
    """
    sizes = {"train": train, "valid": valid, "test": test}
    if min(sizes.values()) < 1:
        raise DataError(f"Each split needs at least one note; received {sizes}.")
    usual = {"findings": 6.0, "chance": 0.05, "stray": 1.0, "denial": 0.15, "typos": 0.0, "fewest": LEAST_FINDINGS}
    how = {"findings": findings, "chance": chance, "stray": stray, "denial": denial, "typos": typos, "fewest": fewest}
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
            **{name: value for name, value in how.items() if value != usual[name]},
            **({"tokenizer": dict(tokenizer)} if tokenizer else {}),
        },
    )


def _distinct(
    diseases: int | Literal["all"], wanted: int, seed: int, how: dict[str, Any]
) -> tuple[Vignettes, np.ndarray]:
    """Draw until `wanted` different texts are there; more notes begin with the same notes."""
    drawn = wanted
    while True:
        notes = simulate_vignettes(diseases, drawn, seed=seed, **how)
        numbers: dict[str, int] = {}
        for i, text in enumerate(notes.texts):
            numbers.setdefault(text, i)
        if len(numbers) >= wanted:
            return notes, np.fromiter(numbers.values(), np.int64)[:wanted]
        drawn += 2 * (wanted - len(numbers)) + 10
