"""Sei: 21,907 chromatin profiles from 4,096 bp, by linear and nonlinear convolutions side by side (Chen et al. 2022)."""

import keras

from deepbio.layers import SplinePooling, dna_input
from deepbio.specs import ModelInput
from deepbio.zoo.dna.window_length import check_length
from deepbio.zoo.registry import register


@register(
    "sei",
    modality="dna",
    summary="Linear and nonlinear convolutions, dilated residuals and a spline basis: 21,907 chromatin profiles from 4,096 bp",
    paper="Chen et al. 2022, Nature Genetics, doi:10.1038/s41588-022-01102-2",
    reference={"input_shape": (4096,), "outputs": 21907},
    parameters=889_979_983,
    training=dict(optimizer="sgd", momentum=0.9, learning_rate=0.1),
)
def sei(
    input: ModelInput,
    outputs: int,
    *,
    filters: tuple[int, ...] = (480, 640, 960),
    kernel_size: int = 9,
    pool_size: int = 4,
    dilated_kernel_size: int = 5,
    dilation_rate: tuple[int, ...] = (2, 4, 8, 16, 25),
    splines: int = 16,
    units: int | None = None,
    dropout: tuple[float, float, float] = (0.2, 0.1, 0.5),
) -> keras.Model:
    """Add a nonlinear branch to each linear one, widen the context by dilated residuals, and sum positions by splines.

    Each stage has two linear convolutions and, on top of them, two with ReLU; their sum is pooled for the next stage. The published
    network ends in a sigmoid, which here is the activation of the task. The authors average the probabilities of both strands.

    Args:
        filters: Filters of each stage.
        kernel_size: Kernel size of the stages.
        pool_size: Pool size between stages.
        dilated_kernel_size: Kernel size of the dilated convolutions.
        dilation_rate: Dilation rate of each residual.
        splines: Number of splines that sum the positions.
        units: Units of the dense layer before the last; as many as outputs by default.
        dropout: Rates after a pooling, before a dilated convolution and before the splines. The first stage has none.

    Input shape: `(batch, length)` uint8 codes.
    Output shape: `(batch, outputs)` logits.
    """
    layers = keras.layers
    check_length("sei", input, pool_size ** (len(filters) - 1) * splines)
    inputs, x = dna_input(input)
    nonlinear = x
    for i, n in enumerate(filters, start=1):
        if i > 1:
            x = layers.Dropout(dropout[0])(layers.MaxPooling1D(pool_size)(x))
        for part in (1, 2):
            x = layers.Conv1D(n, kernel_size, padding="same", name=f"linear_{i}_{part}")(x)
        nonlinear = layers.Dropout(dropout[0])(x) if i > 1 else x
        for part in (1, 2):
            name = f"nonlinear_{i}_{part}"
            nonlinear = layers.Conv1D(n, kernel_size, padding="same", activation="relu", name=name)(nonlinear)
        x = layers.Add()([nonlinear, x])
    for i, dilation in enumerate(dilation_rate, start=1):
        dilated = layers.Conv1D(
            filters[-1],
            dilated_kernel_size,
            padding="same",
            dilation_rate=dilation,
            activation="relu",
            name=f"dilated_{i}",
        )
        y = dilated(layers.Dropout(dropout[1])(x))
        # the first residual reads the sum and is added to the nonlinear branch alone, as published
        x = layers.Add()([nonlinear if i == 1 else x, y])
    x = SplinePooling(splines, name="splines")(layers.Dropout(dropout[2])(x))
    x = layers.Dense(units or outputs, activation="relu", name="dense")(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(outputs, name="head")(x), name="sei")
