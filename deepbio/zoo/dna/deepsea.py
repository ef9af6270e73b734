"""DeepSEA: chromatin from 1,000 bp (Zhou and Troyanskaya 2015, doi:10.1038/nmeth.3547)."""

from __future__ import annotations

import keras

from deepbio.layers import dna_input
from deepbio.specs import ModelInput
from deepbio.zoo.dna.window_length import check_length, least_length
from deepbio.zoo.registry import register


@register(
    "deepsea",
    modality="dna",
    summary="Three wide convolutions and a very wide dense layer: 919 chromatin features from 1,000 bp",
    paper="Zhou and Troyanskaya 2015, Nature Methods, doi:10.1038/nmeth.3547",
    reference={"input_shape": (1000,), "outputs": 919},
    parameters=52_843_119,
)
def deepsea(
    input: ModelInput,
    outputs: int,
    *,
    filters: tuple[int, ...] = (320, 480, 960),
    width: int = 8,
    pool: int = 4,
    dropouts: tuple[float, ...] = (0.2, 0.2, 0.5),
    hidden: int = 925,
) -> keras.Model:
    """Stack convolutions, pooled between but not after the last, and read all positions with one dense layer.

    The published network ends in a sigmoid, which here is the link of the task.

    Args:
        filters: of each convolution.
        width: of every convolution, in bases.
        pool: size of the pooling after each convolution but the last.
        dropouts: after each convolution.
        hidden: units of the dense layer.

    Input shape: `(batch, length)` uint8 codes.
    Output shape: `(batch, outputs)` logits.
    """
    steps = [step for _ in filters[1:] for step in ((width, 1), (pool, pool))]
    check_length("deepsea", input, least_length([*steps, (width, 1)]))
    inputs, x = dna_input(input)
    for i, (n, dropout) in enumerate(zip(filters, dropouts, strict=True)):
        x = keras.layers.Conv1D(n, width, activation="relu")(x)
        if i < len(filters) - 1:
            x = keras.layers.MaxPooling1D(pool)(x)
        x = keras.layers.Dropout(dropout)(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(hidden, activation="relu")(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="deepsea")
