"""Malinois: activity of 200-bp elements in three cell lines, by Basset with one branch per output (Gosai et al. 2024)."""

import keras

from deepbio.layers import GroupedDense, dna_input, ops
from deepbio.specs import ModelInput
from deepbio.zoo.dna.window_length import check_length, shortest_length
from deepbio.zoo.registry import register


@register(
    "malinois",
    modality="dna",
    summary="Basset's convolutions and a small dense branch per output: reporter activity in 3 cell lines from 600 bp",
    paper="Gosai et al. 2024, Nature, doi:10.1038/s41586-024-08070-z",
    reference={"input_shape": (600,), "outputs": 3},
    parameters=4_110_583,
    training=dict(optimizer="adam", learning_rate=0.0033),
)
def malinois(
    input: ModelInput,
    outputs: int,
    *,
    filters: tuple[int, ...] = (300, 200, 200),
    kernel_size: tuple[int, ...] = (19, 11, 7),
    pool_size: tuple[int, ...] = (3, 4, 4),
    units: tuple[int, ...] = (1000,),
    branch_units: tuple[int, ...] = (140, 140, 140),
    dropout: float = 0.116,
    branch_dropout: float = 0.576,
    epsilon: float = 1e-5,
) -> keras.Model:
    """Apply padded convolutions as Basset's, shared dense layers, and dense layers of its own for each output.

    The measured element of 200 bp is in the middle of the 600; the rest is that of the reporter plasmid. The last layer of a
    branch and the output layer have no activation between them, as published. All weights are trained (4,107,183 of the
    parameters; the others are moving statistics).

    Args:
        filters, kernel_size, pool_size: Filters, kernel size and pool size of each convolution.
        units: Units of each shared dense layer.
        branch_units: Units of each dense layer of a branch.
        dropout, branch_dropout: Rates after a shared dense layer, and after one of a branch except the last.
        epsilon: Epsilon of the batch normalizations.

    Input shape: `(batch, length)` uint8 codes.
    Output shape: `(batch, outputs)` values.
    """
    layers = keras.layers
    before_padding = shortest_length([(pool, pool) for pool in pool_size[:-1]], positions=max(1, pool_size[-1] - 2))
    check_length("malinois", input, before_padding)
    inputs, x = dna_input(input)
    for i, (n, width, pool) in enumerate(zip(filters, kernel_size, pool_size, strict=True), start=1):
        x = layers.Conv1D(n, width, padding="same", name=f"conv_{i}")(x)
        x = layers.Activation("relu")(
            layers.BatchNormalization(momentum=0.9, epsilon=epsilon, name=f"conv_{i}_norm")(x)
        )
        if i == len(filters):
            x = layers.ZeroPadding1D(1)(x)
        x = layers.MaxPooling1D(pool)(x)
    x = layers.Flatten()(x)
    for i, n in enumerate(units, start=1):
        x = layers.Dense(n, name=f"dense_{i}")(x)
        x = layers.BatchNormalization(momentum=0.9, epsilon=epsilon, name=f"dense_{i}_norm")(x)
        x = layers.Dropout(dropout)(layers.Activation("relu")(x))
    x = layers.RepeatVector(outputs)(x)
    for i, n in enumerate(branch_units, start=1):
        x = GroupedDense(n, name=f"branch_{i}")(x)
        if i < len(branch_units):
            x = layers.Dropout(branch_dropout)(layers.Activation("relu")(x))
    return keras.Model(inputs, ops.squeeze(GroupedDense(1, name="head")(x), axis=-1), name="malinois")
