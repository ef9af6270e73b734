"""DeepBind: one bank of motif detectors (Alipanahi et al. 2015, doi:10.1038/nbt.3300)."""

from typing import Literal

import keras

from deepbio.errors import ModelError
from deepbio.layers import dna_input
from deepbio.specs import ModelInput
from deepbio.zoo.dna.window_length import check_length
from deepbio.zoo.registry import register


@register(
    "deepbind",
    modality="dna",
    summary="One convolution of motif detectors, their maximum, one dense layer: protein binding",
    paper="Alipanahi et al. 2015, Nature Biotechnology, doi:10.1038/nbt.3300",
    reference={"input_shape": (101,), "outputs": 1},
    parameters=2_129,
)
def deepbind(
    input: ModelInput,
    outputs: int,
    *,
    filters: int = 16,
    kernel_size: int = 24,
    units: int = 32,
    dropout: float = 0.5,
    pooling: Literal["max", "max_and_mean"] = "max",
) -> keras.Model:
    """Detect motifs, keep each detector's best match, and combine them.

    The paper tuned the sizes for each protein; the defaults are the form in common use.

    Args:
        filters: Number of motif detectors.
        kernel_size: Width of a detector, in bases.
        units: Units of the dense layer.
        dropout: Rate before the last layer.
        pooling: `"max"`, or `"max_and_mean"` as in the paper for RNA.

    Input shape: `(batch, length)` uint8 codes, at least `kernel_size` bases.
    Output shape: `(batch, outputs)` logits.
    """
    if pooling not in ("max", "max_and_mean"):
        raise ModelError(f"deepbind: pooling is 'max' or 'max_and_mean'; received {pooling!r}.")
    check_length("deepbind", input, kernel_size)
    inputs, x = dna_input(input)
    x = keras.layers.Conv1D(filters, kernel_size, activation="relu")(x)
    best = keras.layers.GlobalMaxPooling1D()(x)
    if pooling == "max_and_mean":
        best = keras.layers.Concatenate()([best, keras.layers.GlobalAveragePooling1D()(x)])
    x = keras.layers.Dense(units, activation="relu")(best)
    x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="deepbind")
