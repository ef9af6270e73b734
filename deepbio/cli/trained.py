"""A trained model on the command line: its folder, its results, the data it was trained on, and data of the user for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.cli.own_data import DataOptions, load_data, own_name
from deepbio.documents import read_document
from deepbio.errors import DataError, DeepbioError, nearest

if TYPE_CHECKING:
    from deepbio.datasets import Dataset, Split
    from deepbio.specs import ModelInput, Task
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


def devices_of(strategy: str) -> Any:
    """Return the devices of predictions for `--strategy`. Call it before the model is built.

    Raises:
        DeepbioError: The strategy is unknown, or one of several machines.
    """
    names = ("auto", "one", "mirrored", "cpu:N")
    if strategy not in names[:3] and not strategy.startswith("cpu:"):
        raise DeepbioError(
            f"Expected --strategy {', '.join(names[:3])} or cpu:N, the devices of one machine; received {strategy!r}."
            + (" Divide the file among the machines." if strategy in ("multiworker", "slurm") else "")
        )
    if strategy in ("auto", "one"):
        return strategy
    from deepbio.devices import choose_strategy

    return choose_strategy(strategy)


def training_data(model: Any, origin: Mapping[str, Any] | None, *, input: ModelInput | None = None) -> Dataset:
    """Load the data set that a model was trained on.

    Args:
        model: Name of the model, for messages.
        origin: Name, options and fingerprint of the data set, as the preset records them.
        input: Input of the model, by whose tokenizer notes are then encoded.
    """
    if not origin or not origin.get("name"):
        raise DeepbioError(f"{model} has no record of the data set it was trained on. Use deepbio.evaluate in Python.")
    from deepbio.datasets import list_datasets, names_files

    options = {**origin.get("options", {}), **_as_the_model_reads(input)}
    if not names_files(options) and origin["name"] not in list_datasets():
        raise DeepbioError(
            f"{model} was trained on {origin['name']!r}, which was built in Python. Name a file: deepbio evaluate {model} FILE, say."
        )
    try:
        return load_data(origin["name"], options, fingerprint=origin.get("fingerprint"))
    except DataError as error:
        if "there is none" not in str(error):
            raise
        raise DeepbioError(
            f"{error} The paths in a run are those of training: run the command in the folder of training, or name the files."
        ) from error


def _as_the_model_reads(input: ModelInput | None) -> dict[str, Any]:
    """Return the tokenizer and the length of a model of notes as options of a data set.

    A tokenizer fitted again takes minutes, and other notes have another vocabulary than the model knows.
    """
    return {"tokenizer": input.tokenizer, "length": input.shape[0]} if input is not None and input.tokenizer else {}


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


def evaluation_data(
    model: str, record: ModelRecord, dataset: str | None, data: DataOptions, split: str | None
) -> tuple[Dataset, str, list[Split]]:
    """Return the data set to evaluate a model on, the name of the split, and the examples.

    By default it is the test split of the data set that the model was trained on. The user's own files are read as those of
    training were; they are evaluated whole, or on a split if one is named.

    Args:
        model: Name of the model, for messages.
        record: Record of the model.
        dataset: Name of a data set, or path of the user's file or folder.
        data: The user's files and their options.
        split: `"train"`, `"valid"`, `"test"` or `"all"`; None for the default.
    """
    from deepbio.datasets import Dataset, list_datasets

    origin = record.dataset or {}
    path = dataset is not None and dataset not in (origin.get("name"), *list_datasets()) and Path(dataset).exists()
    if path or data.files():
        from deepbio.inference.own_files import read_labelled, source_options, warn_of_training_files
        from deepbio.inference.reading_plan import input_of

        options = source_options(input_of(record), dataset, data.of_a_path()) if path else data.read(dataset)[1]
        if split in (None, "all"):
            warn_of_training_files(record, options)
        whole, published = read_labelled(record, options)
        part = whole if split in (None, "all") else _part_of(whole, published, record, str(split))
        assert record.task is not None
        none = part.take([])
        return Dataset(own_name(options), record.task, input_of(record), none, none, part), split or "all", [part]
    name, options = data.read(dataset)
    if name in (None, origin.get("name")):
        changed = {"options": {**origin.get("options", {}), **options}, "fingerprint": None} if options else {}
        found = training_data(model, {**origin, **changed}, input=record.input)
    else:
        found = load_data(str(name), {**options, **_as_the_model_reads(record.input)})
    known = record.task
    if known is None or (found.task.kind, found.task.outputs, found.labels) != (
        known.kind,
        known.outputs,
        known.labels,
    ):
        raise DeepbioError(f"{model} predicts {_in_words(known)}; {name} has {_in_words(found.task)}.")
    wanted = split or "test"
    return found, wanted, [part for name, part in found.splits() if wanted in (name, "all")]


def _in_words(task: Task | None) -> str:
    """Return what a task predicts, as an error says it."""
    if task is None:
        return "an unknown task"
    labels = ", ".join(task.labels[:5]) + (", ..." if len(task.labels) > 5 else "")
    return f"{labels or f'{task.outputs} output(s)'} ({task.kind})"


def _part_of(whole: Split, published: Any, record: ModelRecord, split: str) -> Split:
    """Return one split of the user's files: the published one, or the one that training on these files would cut."""
    from deepbio.datasets.splitting import split_examples

    assert record.task is not None
    y = np.asarray(whole.y) if record.task.is_classification else None
    keep: Any = {} if published is None else {"duplicates": "keep"}
    return whole.take(split_examples(whole.x, y, groups=whole.groups, split=published, **keep).splits == split)
