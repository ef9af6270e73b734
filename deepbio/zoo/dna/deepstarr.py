"""DeepSTARR: enhancer activity from 249 bp (de Almeida et al. 2022, doi:10.1038/s41588-022-01048-5)."""

import keras

from deepbio.layers import dna_input
from deepbio.specs import ModelInput
from deepbio.zoo.dna.window_length import check_length
from deepbio.zoo.registry import register


@register(
    "deepstarr",
    modality="dna",
    summary="Four pooled convolutions and two dense layers: developmental and housekeeping enhancer activity, 249 bp",
    paper="de Almeida et al. 2022, Nature Genetics, doi:10.1038/s41588-022-01048-5",
    reference={"input_shape": (249,), "outputs": 2},
    parameters=624_738,
)
def deepstarr(
    input: ModelInput,
    outputs: int,
    *,
    filters: tuple[int, ...] = (256, 60, 60, 120),
    kernel_size: tuple[int, ...] = (7, 3, 5, 3),
    pool_size: int = 2,
    units: tuple[int, ...] = (256, 256),
    dropout: float = 0.4,
) -> keras.Model:
    """Stack padded and pooled convolutions, then dense layers over all positions.

    Args:
        filters, kernel_size: Filters and kernel size of each convolution.
        pool_size: Pool size after each convolution.
        units: Units of each dense layer.
        dropout: Rate after each dense layer.

    Input shape: `(batch, length)` uint8 codes.
    Output shape: `(batch, outputs)` logits; for the paper's regression they are the log2 activities.
    """
    check_length("deepstarr", input, pool_size ** len(filters))
    inputs, x = dna_input(input)
    for i, (n, width) in enumerate(zip(filters, kernel_size, strict=True), start=1):
        x = keras.layers.Conv1D(n, width, padding="same", name=f"conv_{i}")(x)
        x = keras.layers.BatchNormalization(name=f"conv_{i}_norm")(x)
        x = keras.layers.Activation("relu")(x)
        x = keras.layers.MaxPooling1D(pool_size)(x)
    x = keras.layers.Flatten()(x)
    for i, n in enumerate(units, start=1):
        x = keras.layers.Dense(n, name=f"dense_{i}")(x)
        x = keras.layers.BatchNormalization(name=f"dense_{i}_norm")(x)
        x = keras.layers.Activation("relu")(x)
        x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="deepstarr")
