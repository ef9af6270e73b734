"""A small modern 1D CNN for DNA."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from deepbio.layers import dna_input
from deepbio.specs import InputSpec
from deepbio.zoo.registry import register


@register(
    "dna_cnn",
    modality="dna",
    summary="Small 1D CNN for short windows of DNA",
    paper="deepbio",
    reference={"input_shape": (200,), "outputs": 1},
    parameters=0,
    training={
        "optimizer": "adamw",
        "learning_rate": 0.002,
        "weight_decay": 0.01,
        "schedule": "cosine",
        "batch_size": 64,
        "epochs": 30,
    },
)
def dna_cnn(
    input: InputSpec,
    outputs: int,
    *,
    filters: Sequence[int] = (64, 64, 64),
    widths: Sequence[int] = (11, 5, 5),
    hidden: int = 64,
    dropout: float = 0.3,
) -> keras.Model:
    """Convolve, normalise and pool; then one dense layer.

    Input shape: `(batch, length)` uint8 codes.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, x = dna_input(input)
    for n, width in zip(filters, widths, strict=True):
        x = keras.layers.Conv1D(n, width, padding="same", use_bias=False)(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.Activation("relu")(x)
        if x.shape[1] >= 2:
            x = keras.layers.MaxPooling1D(2)(x)
        x = keras.layers.Dropout(dropout)(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(hidden, activation="relu")(x)
    x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="dna_cnn")
