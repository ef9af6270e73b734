"""A trained model on the command line: its folder, its results, the data it was trained on, and data of the user for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.cli.own_data import load_data
from deepbio.documents import read_document
from deepbio.errors import DataError, DeepbioError, nearest

if TYPE_CHECKING:
    from deepbio.datasets import Dataset, Split
    from deepbio.specs import Task
    from deepbio.zoo.record import ModelRecord


def trained(model: str) -> str:
    """Return the name or folder of a model that has weights.

    Raises:
        DeepbioError: No such model, or an architecture without weights; the message lists the nearest names.
    """
    from deepbio.zoo.get_model import preset_folder
    from deepbio.zoo.registry import list_models

    if preset_folder(model) is None:
        if model in list_models():
            raise DeepbioError(
                f"{model} is an architecture without weights. Name the folder of a run: "
                f"deepbio fit {model} DATASET writes one."
            )
        raise DeepbioError(
            f"There is no run or pretrained model {model!r}. {nearest(model, list_models(pretrained=True))}"
        )
    return model


def training_data(model: Any, origin: Mapping[str, Any] | None) -> Dataset:
    """Load the data set that a model was trained on.

    Args:
        model: Name of the model, for messages.
        origin: Name, options and fingerprint of the data set, as the preset records them.
    """
    if not origin or not origin.get("name"):
        raise DeepbioError(f"{model} has no record of the data set it was trained on. Use deepbio.evaluate in Python.")
    return load_data(origin["name"], origin.get("options", {}), fingerprint=origin.get("fingerprint"))


def read_figures(run: Path) -> dict[str, Any]:
    """Read metrics.json of a run; empty if there is none."""
    from deepbio.zoo.preset_format import MetricsFacts

    try:
        return read_document(run / "metrics.json", MetricsFacts)[0]
    except OSError:
        return {}


def choose_split(split: str, valid: tuple[str, ...] = ("train", "valid", "test")) -> str:
    """Return the name of a split.

    Raises:
        DeepbioError: An unknown split; the message has the nearest name.
    """
    if split not in valid:
        raise DeepbioError(f"Unknown split {split!r}. {nearest(split, valid)}")
    return split


def data_for_model(record: ModelRecord, name: str, options: Mapping[str, Any]) -> Dataset:
    """Build a data set of the user's files as a trained model takes it.

    Notes are numbered with the tokenizer of the model, images are resized to its input, and the columns of a table are
    those that it knows. Classes are matched by name, in any order, and some may be absent.

    Args:
        record: Record of the model.
        name: Name of the data set.
        options: Options of the data set, with its files.

    Raises:
        DataError: Another kind of input, shape or task, or classes that the model does not know.
    """
    known = record.input
    defaults: dict[str, Any] = {}
    if known is not None and "csv" in options:
        if "text" in options:
            defaults = {"tokenizer": known.tokenizer, "length": known.shape[0]}
        elif "sequence" not in options:
            defaults = {"features": list(known.features) or None}
    elif known is not None and known.modality == "image" and {"folder", "manifest"} & set(options):
        defaults = {"shape": known.shape}
    data = load_data(name, {**defaults, **options})
    if known is not None and (data.input.modality, data.input.shape) != (known.modality, known.shape):
        raise DataError(
            f"The model takes {known.modality} of shape {known.shape}; {name} is {data.input.modality} of shape "
            f"{data.input.shape}." + (f" Add --length {known.shape[0]}." if known.modality == "dna" else "")
        )
    task = record.task
    if task is None or data.task == task:
        return data
    if {task.kind, data.task.kind} <= {"binary", "multiclass"} and task.labels:
        unknown = [label for label in data.labels if label not in task.labels]
        if unknown:
            raise DataError(
                f"The model predicts {', '.join(task.labels)}; {name} also has {', '.join(unknown)}. "
                "Rename these classes in the file, or remove their examples."
            )
        index = np.array([task.labels.index(label) for label in data.labels])
        parts: dict[str, Split] = {part: replace(split, y=index[np.asarray(split.y)]) for part, split in data.splits()}
        return replace(data, task=task, **parts)
    unnamed = not (task.labels and data.labels)
    if (task.kind, task.outputs) != (data.task.kind, data.task.outputs) or not (unnamed or task.labels == data.labels):
        raise DataError(
            f"The model predicts {_in_words(task)}; {name} has {_in_words(data.task)}. "
            "Choose other columns with --label COLUMN or --data targets=[COLUMNS]."
        )
    return replace(data, task=task)


def _in_words(task: Task) -> str:
    labels = f" ({', '.join(task.labels[:20])})" if task.labels else ""
    return f"{task.kind} with {task.outputs} output(s){labels}"
