"""Where fine-tuning starts: a model for the new data's input and task, with the trained weights in all layers that fit."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

import keras

from deepbio.datasets import Dataset
from deepbio.errors import ModelError, nearest
from deepbio.zoo import describe, get_model, weights_hash
from deepbio.zoo.build import build
from deepbio.zoo.record import ModelRecord
from deepbio.zoo.transfer import transferred

HEADS = ("new", "keep")
ADAPTERS = ("auto", "fit", "layers")


@dataclass(frozen=True, eq=False)
class Start:
    """What fine-tuning starts from.

    Args:
        model: for the new data, with the trained weights.
        record: of a model for the new data, for training one from scratch; `None` for a Keras model made elsewhere.
        trained_on: data set of the weights, where known.
        origin: name of the model and hash of its weights, for the recipe.
        fresh: layers with fresh weights, by kind and place.
    """

    model: keras.Model
    record: ModelRecord | None
    trained_on: dict[str, Any] | None
    origin: dict[str, Any]
    fresh: tuple[str, ...] = ()


def starting_point(
    model_or_name: keras.Model | str | os.PathLike[str], data: Dataset, *, head: str, adapter: str, seed: int
) -> Start:
    """Return the model that will be tuned; a model passed in is left as it is, unless deepbio cannot build it again.

    Raises:
        ModelError: another modality or vocabulary, a head that does not fit, or an input that no adapter serves.
    """
    for word, value, valid in (("head", head, HEADS), ("adapter", adapter, ADAPTERS)):
        if value not in valid:
            raise ModelError(f"Unknown {word} {value!r}. {nearest(str(value), valid)}")
    named = not isinstance(model_or_name, keras.Model)
    trained: keras.Model = get_model(model_or_name) if named else model_or_name
    record = describe(trained)
    name = os.fspath(model_or_name) if named else record.weights
    origin = {"model": name, "weights": weights_hash(trained), "head": head, "adapter": adapter}
    if record.architecture is None or record.input is None:
        if head == "new":
            raise ModelError(
                "deepbio did not build this model and cannot give it a new head. Give it a last layer for the data yourself, "
                "and pass head='keep'."
            )
        return Start(trained, None, record.dataset, origin)
    _check(record, data, head)
    wanted = ModelRecord(
        record.architecture, config=_config(trained, record, data, adapter), input=data.input, outputs=data.task.outputs,
        task=data.task, weights=record.weights, seed=seed, members=record.members,
    )  # fmt: skip
    model, fresh = transferred(trained, wanted, keep_head=head == "keep", source=name or trained.name)
    return Start(model, wanted, record.dataset, origin, tuple(fresh))


def _check(record: ModelRecord, data: Dataset, head: str) -> None:
    assert record.input is not None
    if record.input.modality != data.input.modality:
        raise ModelError(
            f"{record.architecture} here takes {record.input.modality}; {data.name} is {data.input.modality}."
        )
    if record.input.tokenizer != data.input.tokenizer:
        raise ModelError(
            f"{data.name} numbers its words in another way than the model's training data did, so the embedding does not fit. "
            "Build the data set with the tokenizer of the model: describe(model).input.tokenizer."
        )
    if record.members > 1 and head == "new":
        raise ModelError(
            f"An average of {record.members} members cannot have a new head. Tune one: finetune(get_model(..., member=1), data)."
        )
    if (
        head == "keep"
        and record.task is not None
        and (record.task.kind, record.outputs) != (data.task.kind, data.task.outputs)
    ):
        raise ModelError(
            f"head='keep' needs the task of the weights, {record.task.kind} with {record.outputs} output(s); {data.name} is "
            f"{data.task.kind} with {data.task.outputs}. Use head='new'."
        )


def _config(trained: keras.Model, record: ModelRecord, data: Dataset, adapter: str) -> dict[str, Any]:
    """The options with which the architecture takes the new input and keeps the weights."""
    assert record.input is not None
    old, new, config = record.input.shape, data.input.shape, record.config
    if old == new or config.get("network_input") is not None or adapter == "layers":
        return config
    if adapter == "auto" and _fits(trained, replace(record, input=data.input)):
        return config
    candidates = [old]
    if record.input.modality == "image" and adapter == "auto":
        candidates.insert(0, (*new[:2], old[2]))  # the new size, the channels of the weights
    for shape in candidates:
        changed = {**config, "network_input": shape}
        if _fits(trained, replace(record, input=data.input, config=changed)):
            return changed
    raise ModelError(
        f"{record.architecture} was trained on inputs of shape {old}, and {data.name} has {new}; no adapter makes one of the other. "
        "Build the data set in that shape, or pass adapter='layers' for fresh weights in the layers that do not fit."
    )


def _fits(trained: keras.Model, record: ModelRecord) -> bool:
    try:
        fresh = build(replace(record, activation_built_in=False))
    except ModelError:
        return False
    return [tuple(w.shape) for w in fresh.weights] == [tuple(w.shape) for w in trained.weights]
