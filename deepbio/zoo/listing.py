"""What the catalog says of pretrained weights, and the filters of `list_models`; nothing of Keras is imported."""

from __future__ import annotations

import fnmatch
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from deepbio.datasets.cards import read_card
from deepbio.documents import parse_file
from deepbio.download import cache_folder
from deepbio.errors import ModelError, WeightsError, nearest
from deepbio.specs import MODALITIES, Kind
from deepbio.zoo.published import published
from deepbio.zoo.weight_sources import downloaded_file, is_available

Range = int | tuple[int | None, int | None]


@dataclass(frozen=True)
class WeightFacts:
    """Facts of pretrained weights.

    Args:
        name: `architecture.tag`.
        task: Kind of task.
        labels: Labels, if it has classes.
        input_shape: Shape of one example.
        parameters: Number of weights.
        licence: Licence of the weights.
        trained_on: Data set of the catalog, or what the card says; empty if unknown.
        offline: Whether they load here without a connection.
        source: Where they come from: `"with deepbio"`, `"package NAME"`, `"download"` or `"user-supplied"`.
    """

    name: str
    task: str
    labels: tuple[str, ...]
    input_shape: tuple[int, ...]
    parameters: int
    licence: str
    trained_on: str
    offline: bool
    source: str


def weight_facts(folder: Path) -> WeightFacts:
    """Return the facts of a folder of the catalog; those of `preset.json` go before those of the card.

    Raises:
        WeightsError: The folder has neither.
    """
    facts = dict(_documents(folder))
    entries = facts.pop("entries")
    return WeightFacts(
        **facts, offline=bool(entries) and all(_here(entry) for entry in entries), source=_source(entries)
    )


@functools.cache
def _documents(folder: Path) -> dict[str, Any]:
    card = read_card(folder).facts
    try:
        preset: Any = parse_file(folder / "preset.json", error=WeightsError)
    except OSError:
        preset = {}
    task: Any = preset.get("task") or {"kind": card.get("task", ""), "labels": card.get("labels") or []}
    dataset = (preset.get("dataset") or {}).get("name") or card.get("dataset") or card.get("data") or ""
    input_shape = (preset.get("input") or {}).get("shape") or card.get("input_shape") or []
    return {
        "name": folder.name,
        "task": str(task["kind"]),
        "labels": tuple(str(label) for label in task.get("labels") or ()),
        "input_shape": tuple(input_shape),
        "parameters": int(preset.get("parameters") or card.get("parameters") or 0),
        "licence": str(card.get("licence", "")),
        "trained_on": str(dataset),
        "entries": preset.get("members") or ([preset["weights"]] if "weights" in preset else []),
    }


def _here(entry: dict[str, Any]) -> bool:
    if "url" in entry:
        return downloaded_file(entry["url"], entry["sha256"], cache_folder()).is_file()
    return is_available(entry)


def _source(entries: Sequence[dict[str, Any]]) -> str:
    if not entries:
        return "user-supplied"
    first = entries[0]
    if "installed" in first:
        return f"package {first['installed']['distribution']}"
    return "download" if "url" in first else "with deepbio"


@dataclass(frozen=True)
class Filters:
    """What `list_models` selects by; its docstring says what each is.

    Raises:
        ModelError: A value is unknown or a range is the wrong way round.
    """

    modality: str | None = None
    task: str | None = None
    input_length: Range | None = None
    parameters: Range | None = None
    licence: str | None = None
    offline: bool = False

    def __post_init__(self) -> None:
        for what, value, valid in (("modality", self.modality, MODALITIES), ("task", self.task, get_args(Kind))):
            if value is not None and value not in valid:
                raise ModelError(f"Unknown {what} {value!r}. {nearest(value, valid)}")
        for what, span in (("input_length", self.input_length), ("parameters", self.parameters)):
            low, high = _span(span)
            if low is not None and high is not None and low > high:
                raise ModelError(f"{what} is a number or a range (smallest, largest); received {span!r}.")

    def accept(self, modality: Sequence[str], shape: Sequence[int], parameters: int, licence: str) -> bool:
        """Return whether a model passes the filters that architectures and weights share."""
        return (
            (self.modality is None or self.modality in modality)
            and (self.input_length is None or (bool(shape) and _within(shape[0], self.input_length)))
            and (self.parameters is None or _within(parameters, self.parameters))
            and (self.licence is None or fnmatch.fnmatch(licence.lower(), self.licence.lower()))
        )

    def accept_weights(self, facts: WeightFacts) -> bool:
        """Return whether weights pass the filters that only they have."""
        return (self.task is None or facts.task == self.task) and (facts.offline or not self.offline)

    def published(self, pattern: str) -> list[str]:
        """Return the names of published weights that pass, sorted."""
        return [
            one.name
            for one in published().values()
            if fnmatch.fnmatchcase(one.name, pattern)
            and self.accept((one.modality,), one.input_shape, one.parameters, one.licence)
            and self.task in (None, one.task)
        ]


def _span(value: Range | None) -> tuple[int | None, int | None]:
    return (value, value) if isinstance(value, int) else value or (None, None)


def _within(number: int, value: Range) -> bool:
    low, high = _span(value)
    return (low is None or number >= low) and (high is None or number <= high)
