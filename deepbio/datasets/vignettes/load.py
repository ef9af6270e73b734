"""Data set `vignettes`: synthetic notes generated from a seed, divided into three splits, as token ids."""

import inspect
import itertools
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.split import Split
from deepbio.datasets.vignettes.generator import Vignettes, simulate_vignettes
from deepbio.datasets.vignettes.selection import MIN_FINDINGS
from deepbio.datasets.vignettes.styles import NONE, simulate_notes
from deepbio.errors import DataError
from deepbio.specs import ModelInput, Task
from deepbio.text import Tokenizer

_OTHER_SEED = 1_000_003  # added to the seed for the notes of validation and test


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
    style: Literal["prose", "mixed"] = "prose",
    none: float = 0.2,
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
        style: `"prose"`, or `"mixed"` for the notes of `simulate_notes`: in many styles, with a last class "None of these". With
            `tokenizer={"findings": True}` the training notes are sets of findings, which no words are written for; the notes of the
            other splits are written in words and read.
        none: Fraction of "None of these" in mixed notes.
        tokenizer: Options of `deepbio.text.Tokenizer.fit`, such as `{"clinical": True, "negation": True}`.
        seed: Random seed of the notes.
    """
    if style not in ("prose", "mixed"):
        raise DataError(f"The style of the notes is 'prose' or 'mixed'; received {style!r}.")
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
    if style == "mixed":
        if set(how) - {"min_findings"} & {name for name, value in how.items() if value != usual[name].default}:
            raise DataError("Mixed notes take diseases, sizes, min_findings, none, length, tokenizer and seed only.")
        options = {"diseases": diseases, **sizes, "length": length, "seed": seed, "style": style, "none": none}
        options |= {"tokenizer": dict(tokenizer or {})} if tokenizer else {}
        return _mixed(card, sizes, options, dict(tokenizer or {}), min_findings)
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
    parts = [whole.take(np.arange(a, b)) for a, b in itertools.pairwise(cut)]
    return Dataset(
        card.name,
        Task.classify([disease.name for disease in notes.diseases]),
        ModelInput("text", (length,), tokenizer=words.to_json()),
        *parts,
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


def _mixed(
    card: Card, sizes: Mapping[str, int], options: dict[str, Any], tokenizer: dict[str, Any], min_findings: int
) -> Dataset:
    """Build the data set of notes in many styles, with "None of these" as its last class."""
    findings = bool(tokenizer.pop("findings", False))
    how = {"none": options["none"], "min_findings": min_findings}
    train = simulate_notes(options["diseases"], sizes["train"], seed=options["seed"], written=not findings, **how)
    rest = simulate_notes(
        options["diseases"], sizes["valid"] + sizes["test"], seed=options["seed"] + _OTHER_SEED, **how
    )
    words = Tokenizer.fit(train.texts, **tokenizer)
    train_ids = words.encode(train.texts, options["length"])
    words = words.with_findings() if findings else words
    ids = np.concatenate([train_ids, words.encode(rest.texts, options["length"])])
    texts = np.array([*train.texts, *rest.texts], dtype=object)
    y = np.concatenate([train.y, rest.y])
    whole = Split(ids, y, np.array([f"{card.name}:{i + 1}" for i in range(len(y))]), texts)
    cut = np.cumsum([0, *sizes.values()])
    parts = [whole.take(np.arange(a, b)) for a, b in itertools.pairwise(cut)]
    return Dataset(
        card.name,
        Task.classify([*(disease.name for disease in train.diseases), NONE]),
        ModelInput("text", (options["length"],), tokenizer=words.to_json()),
        *parts,
        card=card,
        options=options,
    )
