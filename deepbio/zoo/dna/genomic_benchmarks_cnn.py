"""The baseline of Genomic Benchmarks (Gresova et al. 2023, doi:10.1186/s12863-023-01123-8)."""

import keras

from deepbio.errors import ModelError
from deepbio.layers import dna_input, ops
from deepbio.specs import ModelInput
from deepbio.zoo.dna.window_length import check_length, shortest_length
from deepbio.zoo.registry import register


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
    kernel_size: int = 8,
    pool_size: int = 2,
    dropout: float = 0.3,
    num_symbols: int = 6,
) -> keras.Model:
    """Stack small pooled convolutions with batch normalisation, and average over positions.

    The authors' one-hot is as wide as the vocabulary that their text layer finds: the four bases, N if the data set has it, and
    symbols that never occur. So their published sizes differ between data sets by 256 parameters per symbol.

    Args:
        filters: Filters of each convolution.
        kernel_size: Kernel size of every convolution, in bases.
        pool_size: Pool size after each convolution.
        dropout: Rate before the average.
        num_symbols: Channels of the input: the 4 bases, then any other symbol; further channels stay zero.

    Input shape: `(batch, length)` uint8 codes.
    Output shape: `(batch, outputs)` logits.
    """
    if num_symbols < 4:
        raise ModelError(f"genomic_benchmarks_cnn: num_symbols is at least 4, one per base; received {num_symbols}.")
    shortest = shortest_length([(kernel_size, 1), (pool_size, pool_size)] * len(filters))
    check_length("genomic_benchmarks_cnn", input, shortest)
    inputs, x = dna_input(input)
    if num_symbols > 4:
        other = 1.0 - ops.sum(x, axis=-1, keepdims=True)
        x = keras.layers.Concatenate()([x, other, *[ops.zeros_like(other)] * (num_symbols - 5)])
    for n in filters:
        x = keras.layers.Conv1D(n, kernel_size, activation="relu")(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.MaxPooling1D(pool_size)(x)
    x = keras.layers.Dropout(dropout)(x)
    x = keras.layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="genomic_benchmarks_cnn")
