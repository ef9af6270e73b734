"""A start from a trunk that answers per position or pixel, for data with one answer per example: pooled features, a new head."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras

from deepbio.datasets import Dataset
from deepbio.errors import ModelError
from deepbio.inference.embeddings import head_input, pooled
from deepbio.layers import FitLength, OneHot
from deepbio.zoo.build import build, in_units, seeded
from deepbio.zoo.dna.one_hot_model import one_hot_model
from deepbio.zoo.record import ModelRecord, zoo_model


def needs_pooling(trained: keras.Model, data: Dataset) -> bool:
    """Return whether a model answers per position or pixel, and the data have one answer per example."""
    return len(trained.output_shape) > 2 and data.task.answers_once


def pooled_start(trained: keras.Model, record: ModelRecord, data: Dataset, *, seed: int) -> keras.Model:
    """Return a model for the data whose trunk has the trained weights, and whose head is new.

    A window of DNA is padded with N by as many bases as the network needs as context, so that it has an answer at every base of the
    window. The head sees the mean and the maximum over positions and the value in the middle (`embedding_model`).

    Raises:
        ModelError: The images have another size than those of the trunk.
    """
    assert record.input is not None
    input = data.input
    if input.modality == "dna":
        context = record.input.shape[0] - trained.output_shape[1]
        length = input.shape[0] if input.shape[0] > 2 * context else input.shape[0] + context
        network = build(replace(record, input=replace(record.input, shape=(length,)), activation_built_in=False))
        network.set_weights(trained.get_weights())
        network = one_hot_model(network)
    elif input.shape != record.input.shape:
        raise ModelError(
            f"{record.architecture} answers per pixel of images of shape {record.input.shape}; {data.name} has {input.shape}. "
            "Build the data set in that shape."
        )
    else:
        network, length = trained, 0
    trunk = keras.Model(network.input, pooled(head_input(network)))
    inputs: Any = keras.Input(input.shape, dtype=input.dtype, name=input.modality)
    x = FitLength(length, name="fit_length")(OneHot(name="one_hot")(inputs)) if length else inputs
    with seeded(seed):
        outputs = keras.layers.Dense(data.task.outputs, name="head")(trunk(x))
    model = keras.Model(inputs, outputs, name=f"{network.name}_pooled")
    if data.task.std:
        model = in_units(model, data.task)
    known = ModelRecord(None, input=input, outputs=data.task.outputs, task=data.task, weights=record.weights, seed=seed)
    return zoo_model(model, known)


def with_fresh_weights(model: keras.Model, record: ModelRecord, *, seed: int) -> keras.Model:
    """Return the same network with fresh weights."""
    with seeded(seed):
        fresh: Any = keras.models.clone_model(model)
    return zoo_model(fresh, record)
