"""DanQ: a convolution and a bidirectional LSTM (Quang and Xie 2016, doi:10.1093/nar/gkw226)."""

from __future__ import annotations

import keras

from deepbio.layers import dna_input
from deepbio.specs import ModelInput
from deepbio.zoo.dna.window_length import check_length, least_length
from deepbio.zoo.registry import register


@register(
    "danq_jaspar",
    modality="dna",
    summary="DanQ in its larger form, whose first layer the paper starts from JASPAR motifs",
    paper="Quang and Xie 2016, Nucleic Acids Research, doi:10.1093/nar/gkw226",
    reference={"input_shape": (1000,), "outputs": 919},
    parameters=67_892_175,
    defaults={"filters": 1024, "width": 30, "pool": 15, "units": 512},
)
@register(
    "danq",
    modality="dna",
    summary="Motif convolution, pooling and a bidirectional LSTM: 919 chromatin features from 1,000 bp",
    paper="Quang and Xie 2016, Nucleic Acids Research, doi:10.1093/nar/gkw226",
    reference={"input_shape": (1000,), "outputs": 919},
    parameters=46_926_479,
)
def danq(
    input: ModelInput,
    outputs: int,
    *,
    filters: int = 320,
    width: int = 26,
    pool: int = 13,
    units: int = 320,
    dropouts: tuple[float, float] = (0.2, 0.5),
    hidden: int = 925,
) -> keras.Model:
    """Detect motifs, pool them, read their grammar in both directions, and read all positions with one dense layer.

    The published network ends in a sigmoid, which here is the link of the task. `danq_jaspar` starts from random weights.

    Args:
        filters, width: of the convolution.
        pool: size of the pooling.
        units: of the LSTM in each direction.
        dropouts: before and after the LSTM.
        hidden: units of the dense layer.

    Input shape: `(batch, length)` uint8 codes.
    Output shape: `(batch, outputs)` logits.
    """
    check_length("danq", input, least_length([(width, 1), (pool, pool)]))
    inputs, x = dna_input(input)
    x = keras.layers.Conv1D(filters, width, activation="relu")(x)
    x = keras.layers.MaxPooling1D(pool)(x)
    x = keras.layers.Dropout(dropouts[0])(x)
    x = keras.layers.Bidirectional(keras.layers.LSTM(units, return_sequences=True))(x)
    x = keras.layers.Dropout(dropouts[1])(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(hidden, activation="relu")(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="danq")
