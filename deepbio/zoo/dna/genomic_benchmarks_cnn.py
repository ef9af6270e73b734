"""The baseline of Genomic Benchmarks (Gresova et al. 2023, doi:10.1186/s12863-023-01123-8)."""

from __future__ import annotations

from typing import Any

import keras

from deepbio.errors import ModelError
from deepbio.layers import dna_input
from deepbio.specs import ModelInput
from deepbio.zoo.dna.window_length import check_length, least_length
from deepbio.zoo.registry import register

ops: Any = keras.ops  # its annotations name one backend's tensors only


@register(
    "genomic_benchmarks_cnn",
    modality="dna",
    summary="Three small pooled convolutions: the baseline of Genomic Benchmarks",
    paper="Gresova et al. 2023, BMC Genomic Data, doi:10.1186/s12863-023-01123-8",
    reference={"input_shape": (500,), "outputs": 1},
    parameters=6_409,
)
def genomic_benchmarks_cnn(
    input: ModelInput,
    outputs: int,
    *,
    filters: tuple[int, ...] = (32, 16, 4),
    width: int = 8,
    pool: int = 2,
    dropout: float = 0.3,
    symbols: int = 6,
) -> keras.Model:
    """Stack small convolutions, each with batch norm and pooling, and average over positions.

    Their one-hot is as wide as the vocabulary that their text layer finds: the four bases, N where the set has it, and
    symbols that never occur. So their published sizes differ between data sets by 256 for each symbol.

    Args:
        filters: of each convolution.
        width: of every convolution, in bases.
        pool: size of the pooling after each.
        dropout: before the average.
        symbols: channels of the input: 4 bases; the fifth is any other letter; further ones stay zero.

    Input shape: `(batch, length)` uint8 codes.
    Output shape: `(batch, outputs)` logits.
    """
    if symbols < 4:
        raise ModelError(f"genomic_benchmarks_cnn: symbols is at least 4, one for each base; received {symbols}.")
    check_length("genomic_benchmarks_cnn", input, least_length([(width, 1), (pool, pool)] * len(filters)))
    inputs, x = dna_input(input)
    if symbols > 4:
        other = 1.0 - ops.sum(x, axis=-1, keepdims=True)
        x = keras.layers.Concatenate()([x, other, *[ops.zeros_like(other)] * (symbols - 5)])
    for n in filters:
        x = keras.layers.Conv1D(n, width, activation="relu")(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.MaxPooling1D(pool)(x)
    x = keras.layers.Dropout(dropout)(x)
    x = keras.layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="genomic_benchmarks_cnn")
