"""Basset with its wide convolutions written as stacks of narrow ones (Wnuk et al. 2017, doi:10.1101/155382)."""

import keras

from deepbio.layers import dna_input
from deepbio.specs import ModelInput
from deepbio.zoo.dna.window_length import check_length, shortest_length
from deepbio.zoo.registry import register


@register(
    "basset_factorized",
    modality="dna",
    summary="Basset whose convolutions are stacks of narrow ones: accessibility from 1,000 bp",
    paper="Wnuk et al. 2017, bioRxiv, doi:10.1101/155382",
    reference={"input_shape": (1000,), "outputs": 1},
    parameters=6_407_303,
)
def basset_factorized(
    input: ModelInput,
    outputs: int,
    *,
    filters: tuple[int, ...] = (48, 64, 100, 150, 300, 200, 200, 200, 200),
    kernel_size: tuple[int, ...] = (3, 3, 3, 7, 7, 7, 3, 3, 7),
    pool_size: tuple[int, ...] = (1, 1, 1, 1, 3, 1, 1, 4, 4),
    units: tuple[int, ...] = (1000, 1000),
) -> keras.Model:
    """Stack padded convolutions in three stages, each pooled, then dense layers over all positions.

    The reference form is that of fastISM (Nair et al. 2022, doi:10.1093/bioinformatics/btac135), whose dense layers are normalized
    behind their ReLU and have no dropout.

    Args:
        filters, kernel_size: Filters and kernel size of each convolution.
        pool_size: Pool size after each convolution; 1 for none.
        units: Units of each dense layer.

    Input shape: `(batch, length)` uint8 codes.
    Output shape: `(batch, outputs)` logits.
    """
    layers = keras.layers
    check_length("basset_factorized", input, shortest_length([(pool, pool) for pool in pool_size]))
    inputs, x = dna_input(input)
    for i, (n, width, pool) in enumerate(zip(filters, kernel_size, pool_size, strict=True), start=1):
        x = layers.Conv1D(n, width, padding="same", name=f"conv_{i}")(x)
        x = layers.Activation("relu")(layers.BatchNormalization(name=f"conv_{i}_norm")(x))
        x = layers.MaxPooling1D(pool)(x) if pool > 1 else x
    x = layers.Flatten()(x)
    for i, n in enumerate(units, start=1):
        x = layers.Dense(n, activation="relu", name=f"dense_{i}")(x)
        x = layers.BatchNormalization(name=f"dense_{i}_norm")(x)
    return keras.Model(inputs, layers.Dense(outputs, name="head")(x), name="basset_factorized")
