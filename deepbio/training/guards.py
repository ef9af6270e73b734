"""Guards: the checks that stop a run, with messages that say where it went wrong and what to do."""

import contextlib
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from deepbio.augment import Augmentation
from deepbio.datasets import Dataset
from deepbio.devices.cluster import Cluster
from deepbio.devices.precision import LossScale
from deepbio.errors import LostWorkerError, ModelError, TrainingError
from deepbio.training.settings import Settings
from deepbio.zoo import describe
from deepbio.zoo.build import returns_probabilities

log = logging.getLogger("deepbio")
_LOST = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError, tf.errors.InternalError)


def check_arguments(model: Any, data: Any, seed: Any) -> int:
    """Check that `fit` received a model, a data set and a seed, and return the seed as an integer of Python.

    Raises:
        TrainingError: One of them is something else, such as the arrays that Keras takes.
    """
    if not isinstance(model, keras.Model):
        name = repr(model) if isinstance(model, str) else "..."
        raise TrainingError(
            f"Expected a Keras model; received {type(model).__name__}. Pass get_model({name}, dataset=data)."
        )
    check_dataset(data)
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise TrainingError(f"seed must be a whole number of at least 0; received {seed!r}.")
    return int(seed)


def check_dataset(data: Any) -> None:
    """Check that `fit` or `finetune` received a data set.

    Raises:
        TrainingError: It is something else, such as the arrays that Keras takes.
    """
    if not isinstance(data, Dataset):
        raise TrainingError(
            f"Expected a Dataset; received {type(data).__name__}. Dataset.from_arrays(x, y) makes one of arrays, Dataset.from_batches "
            "one of a pipeline, and load_dataset(NAME) loads one."
        )


def check_data(data: Dataset) -> None:
    """Check a data set for leakage, classes without examples and values that are not finite.

    A class that only the validation split lacks is logged as a warning, because the metrics say nothing about it.

    Raises:
        DataError: See `Dataset.check_leakage`, `check_classes` and `check_values`.
        TrainingError: The validation split is empty.
    """
    data.check_leakage(inputs=False)  # notes that share their tokens are logged when they are split
    data.check_classes()
    data.check_values()
    if len(data.valid) == 0:
        raise TrainingError(
            f"{data.name}: fit needs a validation split, and it is empty. Split again with some examples in it."
        )
    if data.task.is_classification:
        classes = data.task.num_classes
        missing = np.setdiff1d(np.arange(classes), np.asarray(data.valid.y))
        if len(missing):
            names = [data.labels[i] if data.labels else str(i) for i in missing[:10]]
            log.warning(
                "%s: the validation split lacks %s, so its metrics ignore them. Split again, stratified by class, if they matter.",
                data.name, ", ".join(names),
            )  # fmt: skip


def check_settings(data: Dataset, settings: Settings, augment: Augmentation | None) -> None:
    """Check that settings suit the training split: its task, its weights, and whether all of it is known.

    Raises:
        TrainingError: A setting does not suit it.
    """
    if settings.sampling == "balanced" and not data.task.is_classification:
        raise TrainingError(f"sampling='balanced' is for classes; the task is {data.task.kind}. Use 'natural'.")
    if data.train.sample_weight is not None and augment is not None and augment.mixes:
        raise TrainingError(
            "mixup and cutmix combine examples of different weights. Choose another augment=, or leave sample_weight out."
        )
    if data.train.examples is not None:
        if data.train.sample_weight is not None and not np.any(data.train.sample_weight):
            raise TrainingError("sample_weight is 0 for every example of training, so nothing would be learnt.")
        return
    whole = {"sampling": "balanced", "class_weight": "balanced", "loss": "logit_adjusted", "cache": ("host", "device")}
    for name, values in whole.items():
        value = getattr(settings, name)
        if isinstance(value, str) and value in (values if isinstance(values, tuple) else (values,)):
            raise TrainingError(
                f"{name}={value!r} needs the whole training split, and a stream is read batch by batch. Leave it out, or read the "
                "examples into memory (Dataset.from_arrays)."
            )


def check_order(data: Dataset) -> None:
    """Check that the order of the classes is known, for an ordinal loss: by numbers in their names, or named by the user.

    Raises:
        TrainingError: The classes are words in the order of the alphabet.
    """
    numbers = [re.fullmatch(r"\D*(\d+(?:\.\d+)?)\D*", str(label)) for label in data.labels]
    values = [float(found[1]) for found in numbers if found]
    ordered = len(values) == len(numbers) and values == sorted(values)
    if ordered or data.card is not None or "labels" in data.options or sorted(data.labels) != list(data.labels):
        return
    raise TrainingError(
        f"loss='ordinal' needs classes in order; {', '.join(data.labels)} are in the order of the alphabet. Pass labels=[...] from "
        "the lowest to the highest when the data are read (on the command line --data labels=[none,mild,severe])."
    )


def check_model(model: keras.Model, data: Dataset) -> None:
    """Check that a model takes the data's input and returns its task's logits.

    Raises:
        ModelError: The shapes differ, or Keras does not know them.
        TrainingError: The model returns probabilities.
    """
    if not model.built or not hasattr(model, "output_shape"):
        raise ModelError(
            f"{model.name} is not built, or is a subclass of keras.Model whose shapes Keras does not know. Build it with the "
            "functional API: inputs = keras.Input(shape, dtype=...); keras.Model(inputs, model(inputs))."
        )
    if describe(model).activation_built_in or returns_probabilities(model, data.task):
        raise TrainingError(
            f"{model.name} ends in a sigmoid or softmax, and fit trains logits. Leave the activation out (activation='auto' of "
            "get_model is for export); predict and evaluate apply it."
        )
    expected = tuple(model.input_shape[1:])
    if expected != data.input.shape:
        raise ModelError(
            f"The model takes input of shape {expected}; {data.name} has {data.input.shape}. Use get_model(..., dataset=...)."
        )
    ranks = {"per_position": 3, "profile": 3, "per_pixel": 4}
    if len(model.output_shape) != ranks.get(data.task.kind, 2):
        values = {2: "one row of values per example", 3: "values for each position", 4: "values for each pixel"}
        advice = " Pass head='counts' (--set head=counts), or read profiles: kind='profile' (--data kind=profile)."
        raise ModelError(
            f"{model.name} returns {values.get(len(model.output_shape), model.output_shape)}; a {data.task.kind} task has "
            f"{values[ranks.get(data.task.kind, 2)]}.{advice if model.name == 'bpnet' else ' Choose another model or task.'}"
        )
    found = model.output_shape[-1]
    if found != data.task.outputs:
        raise ModelError(
            f"The model has {found} output(s); {data.name} needs {data.task.outputs}. Use get_model(..., dataset=...)."
        )


def batch_description(data: Dataset, feed: Any, epoch: int) -> Callable[[int], str]:
    """Return a function that describes the batch of a step: the ids of its examples, and their values if they are numbers."""

    def describe_batch(step: int) -> str:
        if data.train.examples is None:
            return f"batch {step + 1} of the stream"
        chosen = feed.order(epoch)[step * feed.batch_size : (step + 1) * feed.batch_size]
        ids = data.train.names(chosen)
        text = ", ".join(ids[:8]) + (f" and {len(ids) - 8} more" if len(ids) > 8 else "")
        x = np.asarray(data.train.x[chosen])
        if x.dtype.kind == "f" and x.size:
            bad = ~np.isfinite(x.reshape(len(x), -1)).all(axis=1)
            if bad.any():
                text += f" (input not finite: {', '.join(np.asarray(ids)[bad][:4])})"
            else:
                text += f" (inputs from {x.min():.4g} to {x.max():.4g})"
        return text

    return describe_batch


def check_finite(
    losses: np.ndarray,
    *,
    epoch: int,
    first: int,
    describe_batch: Callable[[int], str] | None,
    loss_scale: LossScale | None = None,
) -> None:
    """Check that losses are finite, and that the loss scale of float16 has not collapsed.

    Args:
        losses: Losses of successive steps of an epoch, from step `first` on.
        describe_batch: Function that describes the batch of a step.

    Raises:
        TrainingError: A loss is NaN or infinite (the message names the step and its batch), or gradients overflow at any scale.
    """
    bad = np.flatnonzero(~np.isfinite(losses))
    if len(bad):
        step = first + int(bad[0])
        where = f" Its batch: {describe_batch(step)}." if describe_batch else ""
        half = " mixed_float16 overflows above 65,504: try precision='mixed_bfloat16'." if loss_scale else ""
        raise TrainingError(
            f"The loss became {float(losses[bad[0]])} at epoch {epoch + 1}, step {step + 1}.{where} Usual causes: a learning "
            f"rate that is too high, an input that is not finite, or a label out of range.{half} With several GPUs it can be a "
            "fault of TensorFlow itself (issues 90686 and 105552): train on one device to find out."
        )
    if loss_scale is not None and float(loss_scale.value.numpy()) < loss_scale.MIN:
        raise TrainingError(
            f"By epoch {epoch + 1}, step {first + len(losses)}, the gradients overflow float16 whatever the loss scale. "
            "Use precision='mixed_bfloat16' or 'float32', or a lower learning rate."
        )


@contextlib.contextmanager
def lost_workers_named(cluster: Cluster) -> Iterator[None]:
    """Replace TensorFlow's error about a lost worker by one that says what to do.

    Raises:
        LostWorkerError: Another process of the cluster is lost.
    """
    try:
        yield
    except _LOST as error:
        if cluster.workers == 1:
            raise
        raise LostWorkerError(
            f"Worker {cluster.worker} of {cluster.workers} lost contact with another worker: {str(error).splitlines()[0][:300]} "
            "Start all workers again with resume=True (--resume); `deepbio launch --restarts K` does so by itself."
        ) from error
