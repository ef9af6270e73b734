"""Basset: accessibility from 600 bp (Kelley et al. 2016, doi:10.1101/gr.200535.115)."""

import keras

from deepbio.layers import dna_input
from deepbio.specs import ModelInput
from deepbio.zoo.dna.window_length import check_length, shortest_length
from deepbio.zoo.registry import register


@register(
    "basset",
    modality="dna",
    summary="Three pooled convolutions and two wide dense layers: accessibility in 164 cell types from 600 bp",
    paper="Kelley et al. 2016, Genome Research, doi:10.1101/gr.200535.115",
    reference={"input_shape": (600,), "outputs": 164},
    parameters=4_140_464,
)
def basset(
    input: ModelInput,
    outputs: int,
    *,
    filters: tuple[int, ...] = (300, 200, 200),
    kernel_size: tuple[int, ...] = (19, 11, 7),
    pool_size: tuple[int, ...] = (3, 4, 4),
    units: tuple[int, ...] = (1000, 1000),
    dropout: float = 0.3,
    epsilon: float = 1e-3,
) -> keras.Model:
    """Stack pooled convolutions with batch normalisation, then dense layers over all positions.

    The published network ends in a sigmoid, which here is the activation of the task.

    Args:
        filters, kernel_size, pool_size: Filters, kernel size and pool size of each convolution.
        units: Units of each dense layer.
        dropout: Rate after each dense layer.
        epsilon: Epsilon of the batch normalizations; 1e-5 in the published network.

    Input shape: `(batch, length)` uint8 codes.
    Output shape: `(batch, outputs)` logits.
    """
    steps = [step for width, pool in zip(kernel_size, pool_size, strict=True) for step in ((width, 1), (pool, pool))]
    check_length("basset", input, shortest_length(steps))
    inputs, x = dna_input(input)
    for i, (n, width, pool) in enumerate(zip(filters, kernel_size, pool_size, strict=True), start=1):
        x = keras.layers.Conv1D(n, width, name=f"conv_{i}")(x)
        x = keras.layers.BatchNormalization(epsilon=epsilon, name=f"conv_{i}_norm")(x)
        x = keras.layers.Activation("relu")(x)
        x = keras.layers.MaxPooling1D(pool)(x)
    x = keras.layers.Flatten()(x)
    for i, n in enumerate(units, start=1):
        x = keras.layers.Dense(n, name=f"dense_{i}")(x)
        x = keras.layers.BatchNormalization(epsilon=epsilon, name=f"dense_{i}_norm")(x)
        x = keras.layers.Activation("relu")(x)
        x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="basset")
