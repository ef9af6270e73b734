"""DanQ: a convolution and a bidirectional LSTM (Quang and Xie 2016, doi:10.1093/nar/gkw226)."""

import keras

from deepbio.layers import dna_input
from deepbio.specs import ModelInput
from deepbio.zoo.dna.window_length import check_length, shortest_length
from deepbio.zoo.registry import register


@register(
    "danq_jaspar",
    modality="dna",
    summary="DanQ in its larger form, whose first layer the paper starts from JASPAR motifs",
    paper="Quang and Xie 2016, Nucleic Acids Research, doi:10.1093/nar/gkw226",
    reference={"input_shape": (1000,), "outputs": 919},
    parameters=67_892_175,
    defaults={"filters": 1024, "kernel_size": 30, "pool_size": 15, "lstm_units": 512},
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
    kernel_size: int = 26,
    pool_size: int = 13,
    lstm_units: int = 320,
    dropout: tuple[float, float] = (0.2, 0.5),
    units: int = 925,
) -> keras.Model:
    """Detect motifs, pool them, read them in both directions, then apply one dense layer to all positions.

    The published network ends in a sigmoid, which here is the activation of the task. `danq_jaspar` starts from random weights.

    Args:
        filters, kernel_size: Filters and kernel size of the convolution.
        pool_size: Pool size.
        lstm_units: Units of the LSTM in each direction.
        dropout: Rates before and after the LSTM.
        units: Units of the dense layer.

    Input shape: `(batch, length)` uint8 codes.
    Output shape: `(batch, outputs)` logits.
    """
    check_length("danq", input, shortest_length([(kernel_size, 1), (pool_size, pool_size)]))
    inputs, x = dna_input(input)
    x = keras.layers.Conv1D(filters, kernel_size, activation="relu")(x)
    x = keras.layers.MaxPooling1D(pool_size)(x)
    x = keras.layers.Dropout(dropout[0])(x)
    x = keras.layers.Bidirectional(keras.layers.LSTM(lstm_units, return_sequences=True))(x)
    x = keras.layers.Dropout(dropout[1])(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(units, activation="relu")(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="danq")
