"""DeepSEA: chromatin from 1,000 bp (Zhou and Troyanskaya 2015, doi:10.1038/nmeth.3547)."""

import keras

from deepbio.layers import dna_input
from deepbio.specs import ModelInput
from deepbio.zoo.dna.window_length import check_length, shortest_length
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
    kernel_size: int = 8,
    pool_size: int = 4,
    dropout: tuple[float, ...] = (0.2, 0.2, 0.5),
    units: int = 925,
) -> keras.Model:
    """Stack convolutions, pooled except for the last, then one dense layer over all positions.

    The published network ends in a sigmoid, which here is the activation of the task.

    Args:
        filters: Filters of each convolution.
        kernel_size: Kernel size of every convolution, in bases.
        pool_size: Pool size after each convolution except the last.
        dropout: Rate after each convolution.
        units: Units of the dense layer.

    Input shape: `(batch, length)` uint8 codes.
    Output shape: `(batch, outputs)` logits.
    """
    steps = [step for _ in filters[1:] for step in ((kernel_size, 1), (pool_size, pool_size))]
    check_length("deepsea", input, shortest_length([*steps, (kernel_size, 1)]))
    inputs, x = dna_input(input)
    for i, (n, rate) in enumerate(zip(filters, dropout, strict=True)):
        x = keras.layers.Conv1D(n, kernel_size, activation="relu", name=f"conv_{i + 1}")(x)
        if i < len(filters) - 1:
            x = keras.layers.MaxPooling1D(pool_size)(x)
        x = keras.layers.Dropout(rate)(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(units, activation="relu", name="dense")(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="deepsea")
