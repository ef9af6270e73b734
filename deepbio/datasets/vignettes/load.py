"""Data set `vignettes`: synthetic notes generated from a seed, divided into three splits, as token ids."""

import functools
import inspect
import itertools
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.deferred import DeferredArray
from deepbio.datasets.split import Split
from deepbio.datasets.vignettes.generator import Vignettes, simulate_vignettes
from deepbio.datasets.vignettes.selection import MIN_FINDINGS
from deepbio.datasets.vignettes.styles import NONE, StyledNotes, simulate_notes
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
    tokenizer: Mapping[str, Any] | str | None = None,
    seed: int = 0,
) -> Dataset:
    """Generate notes whose disease is to be predicted from the words.

    The notes are those of `simulate_vignettes(diseases, n, seed=seed)` in their order, without repeated texts: first the
    training split, then validation, then test. The tokenizer is fitted on the training split. `groups` contains the text of
    each note. With the tokenizer of a trained model, a split is encoded when it is read.

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
        tokenizer: Options of `deepbio.text.Tokenizer.fit`, such as `{"clinical": True, "negation": True}`, or the tokenizer of a
            trained model, `describe(model).input.tokenizer`.
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
        return _mixed(card, sizes, {**options, **_recorded(tokenizer)}, tokenizer, min_findings)
    notes, first = _distinct(diseases, sum(sizes.values()), seed, how)
    texts = [notes.texts[i] for i in first]
    words, fitted = _words(tokenizer, texts[:train])
    ids = [f"{card.name}:{i + 1}" for i in first]
    cut = np.cumsum([0, *sizes.values()])
    parts = [
        _split(words, texts[a:b], notes.y[first[a:b]], ids[a:b], length, at_once=fitted)
        for a, b in itertools.pairwise(cut)
    ]
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
            **_recorded(tokenizer),
        },
    )


def _recorded(tokenizer: Mapping[str, Any] | str | None) -> dict[str, Any]:
    """Return the tokenizer as an option of the data set."""
    return {"tokenizer": tokenizer if isinstance(tokenizer, str) else dict(tokenizer)} if tokenizer else {}


def _words(tokenizer: Mapping[str, Any] | str | None, texts: list[str]) -> tuple[Tokenizer, bool]:
    """Return the tokenizer, and whether it was fitted now."""
    if isinstance(tokenizer, str):
        return Tokenizer.from_json(tokenizer), False
    return Tokenizer.fit(texts, **(tokenizer or {})), True


def _split(words: Tokenizer, texts: list[str], y: np.ndarray, ids: list[str], length: int, *, at_once: bool) -> Split:
    """Return notes as a split, encoded at once or when they are read: encoding takes longer than writing them."""
    x = DeferredArray((len(texts), length), np.int32, lambda: words.encode(texts, length))
    notes = np.array(texts, dtype=object)
    return Split(np.asarray(x) if at_once else x, y, np.array(ids), notes, texts=notes)


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
    card: Card,
    sizes: Mapping[str, int],
    options: dict[str, Any],
    tokenizer: Mapping[str, Any] | str | None,
    min_findings: int,
) -> Dataset:
    """Build the data set of notes in many styles, with "None of these" as its last class.

    The training notes have a seed of their own. With the tokenizer of a trained model they are only drawn if they are read.
    """
    how = {"none": options["none"], "min_findings": min_findings}
    diseases, length, seed = options["diseases"], options["length"], options["seed"]
    rest = simulate_notes(diseases, sizes["valid"] + sizes["test"], seed=seed + _OTHER_SEED, **how)
    ids = [f"{card.name}:{i + 1}" for i in range(sum(sizes.values()))]

    @functools.cache
    def training(written: bool) -> StyledNotes:
        return simulate_notes(diseases, sizes["train"], seed=seed, written=written, **how)

    n, fitted = sizes["train"], not isinstance(tokenizer, str)
    if isinstance(tokenizer, str):
        words = Tokenizer.from_json(tokenizer)
        written = not words.preparation.findings
        own = words if written else words.with_findings(False)
        train = Split(
            DeferredArray((n, length), np.int32, lambda: own.encode(training(written).texts, length)),
            DeferredArray((n,), np.int64, lambda: training(written).y),
            np.array(ids[:n]),
            DeferredArray((n,), object, lambda: np.array(training(written).texts, dtype=object)),  # type: ignore[arg-type]
        )
    else:
        fit = dict(tokenizer or {})
        findings = bool(fit.pop("findings", False))
        notes = training(not findings)
        words = Tokenizer.fit(notes.texts, **fit)
        train = _split(words, notes.texts, notes.y, ids[:n], length, at_once=True)
        words = words.with_findings() if findings else words
    cut = n + np.cumsum([0, sizes["valid"], sizes["test"]])
    parts = [
        _split(words, rest.texts[a - n : b - n], rest.y[a - n : b - n], ids[a:b], length, at_once=fitted)
        for a, b in itertools.pairwise(cut)
    ]
    return Dataset(
        card.name,
        Task.classify([*(disease.name for disease in rest.diseases), NONE]),
        ModelInput("text", (length,), tokenizer=words.to_json()),
        train,
        *parts,
        card=card,
        options=options,
    )
