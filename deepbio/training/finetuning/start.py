"""Where fine-tuning starts: a model for the new data with the trained weights in all layers that fit, and a check of overlap.

Overlap means examples of the new data that the weights were trained on: metrics on them are too good.
"""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import keras
import numpy as np

from deepbio.datasets import Dataset, Split, dataset_card, identical, load_dataset
from deepbio.datasets.fetch import availability
from deepbio.errors import DeepbioError, ModelError, nearest
from deepbio.training.finetuning.pooled_start import needs_pooling, pooled_start, with_fresh_weights
from deepbio.training.finetuning.rules import Facts, decide
from deepbio.zoo import describe, get_model, list_models, weights_hash
from deepbio.zoo.build import build
from deepbio.zoo.record import ModelRecord
from deepbio.zoo.transfer import transferred

HEADS = ("new", "keep")
ADAPTERS = ("auto", "fit", "layers")

log = logging.getLogger("deepbio")


@dataclass(frozen=True, eq=False)
class Start:
    """What fine-tuning starts from.

    Args:
        model: Model for the new data, with the trained weights.
        record: Record of a model for the new data, for training from scratch; `None` for a Keras model built elsewhere.
        trained_on: Data set of the weights, if known.
        origin: Name of the model and hash of its weights, for the recipe.
        fresh: Names of the layers with fresh weights, by kind and rank.
        scratch: Function that returns the same network with fresh weights; `None` for a Keras model built elsewhere.
    """

    model: keras.Model
    record: ModelRecord | None
    trained_on: dict[str, Any] | None
    origin: dict[str, Any]
    fresh: tuple[str, ...] = ()
    scratch: Callable[[], keras.Model] | None = None


def starting_point(
    model_or_name: keras.Model | str | os.PathLike[str],
    data: Dataset,
    *,
    head: str,
    adapter: str,
    seed: int,
    member: int | None = None,
) -> Start:
    """Return the model that will be fine-tuned. A model passed in is not changed, unless deepbio cannot build it again.

    Raises:
        ModelError: The name is that of an architecture without trained weights, or the modality, vocabulary, head or input does not
            fit.
    """
    for word, value, valid in (("head", head, HEADS), ("adapter", adapter, ADAPTERS)):
        if value not in valid:
            raise ModelError(f"Unknown {word} {value!r}. {nearest(str(value), valid)}")
    named = not isinstance(model_or_name, keras.Model)
    if named and not isinstance(model_or_name, (str, os.PathLike)):
        raise ModelError(
            f"Expected a Keras model, or the name or folder of one; received {type(model_or_name).__name__}. Pass the model first, "
            "then the data."
        )
    if member is not None and not named:
        raise ModelError(
            "member chooses from the ensemble of a name; received a model. Pass get_model(NAME, member=...)."
        )
    chosen: dict[str, Any] = {} if member is None else {"member": member}
    trained: keras.Model = get_model(model_or_name, **chosen) if named else model_or_name
    record = describe(trained)
    if named and record.weights is None:
        raise ModelError(_untrained(os.fspath(model_or_name)))
    name = os.fspath(model_or_name) if named else record.weights
    origin = {"model": name, "weights": weights_hash(trained), "head": head, "adapter": adapter, **chosen}
    if record.architecture is None or record.input is None:
        if head == "new":
            raise ModelError(
                "deepbio did not build this model and cannot replace its head. Add a last layer for the data yourself, and pass "
                "head='keep'."
            )
        return Start(trained, None, record.dataset, origin)
    _check(record, data, head)
    if head == "new" and needs_pooling(trained, data):
        model = pooled_start(trained, record, data, seed=seed)
        scratch = partial(with_fresh_weights, model, describe(model), seed=seed)
        return Start(model, None, record.dataset, origin, scratch=scratch)
    task = data.task
    if head == "keep" and task.kind == "regression" and record.task is not None:  # the kept head learnt this scale
        task = replace(task, mean=record.task.mean, std=record.task.std)
    wanted = ModelRecord(
        record.architecture, config=_config(trained, record, data, adapter), input=data.input, outputs=data.task.outputs,
        task=task, weights=record.weights, seed=seed, members=record.members,
    )  # fmt: skip
    model, fresh = transferred(trained, wanted, keep_head=head == "keep", source=name or trained.name)
    return Start(model, wanted, record.dataset, origin, tuple(fresh), partial(build, wanted))


def _untrained(name: str) -> str:
    tags = list_models(f"{name}.*", pretrained=True)
    known = (
        f"Trained weights of it: {', '.join(tags)}." if tags else "`deepbio models --pretrained` lists trained ones."
    )
    return f"{name} is an architecture without trained weights: there is nothing to fine-tune. {known} To train it, use fit."


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
            f"An ensemble of {record.members} members cannot have a new head. Choose one: member=1 (on the command line --member 1)."
        )
    old, new = record.task, data.task
    if head == "keep" and old is not None and (old.kind, record.outputs) != (new.kind, new.outputs):
        raise ModelError(
            f"head='keep' needs the task of the weights, {old.kind} with {record.outputs} output(s); {data.name} is "
            f"{new.kind} with {new.outputs}. Use head='new'."
        )


def _config(trained: keras.Model, record: ModelRecord, data: Dataset, adapter: str) -> dict[str, Any]:
    """Return the options with which the architecture takes the new input and keeps the weights."""
    assert record.input is not None
    old, new, config = record.input.shape, data.input.shape, record.config
    if old == new or config.get("network_input") is not None or adapter == "layers":
        return config
    image = record.input.modality == "image"
    enlarged = image and (new[0] < old[0] or new[1] < old[1])
    as_trained = decide("input_size", Facts(enlarged=enlarged)) == "trunk"
    if adapter == "auto" and not as_trained and _fits(trained, replace(record, input=data.input)):
        return config
    candidates = [old]
    if image and adapter == "auto" and not as_trained:
        candidates.insert(0, (*new[:2], old[2]))  # the new size, the channels of the weights
    for shape in candidates:
        changed = {**config, "network_input": shape}
        if _fits(trained, replace(record, input=data.input, config=changed)):
            return changed
    raise ModelError(
        f"{record.architecture} was trained on inputs of shape {old}, and {data.name} has {new}; no adapter converts between them. "
        "Build the data set in that shape, or pass adapter='layers' for fresh weights in the layers that do not fit."
    )


def _fits(trained: keras.Model, record: ModelRecord) -> bool:
    try:
        fresh = build(replace(record, activation_built_in=False))
    except ModelError:
        return False
    return [tuple(w.shape) for w in fresh.weights] == [tuple(w.shape) for w in trained.weights]


def overlap(trained_on: dict[str, Any] | None, data: Dataset) -> str | None:
    """Describe what the new data have in common with the training split of the weights; `None` if nothing is known.

    The old data are compared if they are on this machine; nothing is downloaded.

    Args:
        trained_on: Name, options and fingerprint of a data set, as a preset stores them.
        data: New data.
    """
    if not trained_on or not trained_on.get("name"):
        return None
    name = trained_on["name"]
    old = _local_dataset(name, trained_on.get("options") or {})
    if trained_on.get("fingerprint") == data.fingerprint():
        return f"{data.name} is the very data set that the weights were trained on"
    if old is None or tuple(old.input.shape) != tuple(data.input.shape):
        return f"the weights were trained on {name} too, with other options or files" if name == data.name else None
    counts = [(part, len(split), _shared(old.train, split)) for part, split in data.splits()]
    seen = [f"{n} of {total} examples of the {part} split" for part, total, n in counts if n]
    return f"{', '.join(seen)} are in the training split of {name}, which the weights were trained on" if seen else None


def warn_of_overlap(trained_on: dict[str, Any] | None, data: Dataset) -> None:
    """Log what `overlap` finds, and what it means."""
    if (found := overlap(trained_on, data)) is not None:
        log.warning(
            "Fine-tuning on data that the weights may know: %s. Metrics on such examples are too good; test on others.",
            found,
        )


def _local_dataset(name: str, options: dict[str, Any]) -> Dataset | None:
    try:
        return None if availability(dataset_card(name)) == "internet" else load_dataset(name, **options)
    except DeepbioError:
        return None  # user-supplied, or not on this machine: only the name is known


def _shared(old: Split, new: Split) -> int:
    """Count the examples of `new` whose bytes are in `old`."""
    if not len(new):
        return 0
    both = np.concatenate([np.asarray(split.x[np.arange(len(split))]) for split in (old, new)])
    return int((identical(both)[len(old) :] < len(old)).sum())
