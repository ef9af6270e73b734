"""DREAM-RNN: the recurrent core of the DREAM 2022 promoter challenge (Rafi et al. 2024, doi:10.1038/s41587-024-02414-w)."""

import keras

from deepbio.layers import dna_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import register


@register(
    "dream_rnn",
    modality="dna",
    summary="Convolutions of two widths before and after a bidirectional LSTM: regulatory activity",
    paper="Rafi et al. 2024, Nature Biotechnology, doi:10.1038/s41587-024-02414-w",
    reference={"input_shape": (249,), "outputs": 2},
    parameters=4_279_426,
)
def dream_rnn(
    input: ModelInput,
    outputs: int,
    *,
    filters: int = 320,
    kernel_size: tuple[int, ...] = (9, 15),
    units: int = 320,
    head_filters: int = 256,
    dropout: float = 0.2,
    head_dropout: float = 0.5,
) -> keras.Model:
    """Detect motifs of two widths, read their order in both directions, and detect motifs again. Each output has its own head.

    The authors' PyTorch LSTM has a second bias, redundant with the first: the core would have 2,560 parameters more with it.

    Args:
        filters: Filters of each set of parallel convolutions, shared equally.
        kernel_size: Kernel sizes of the parallel convolutions, in bases.
        units: Units of the LSTM in each direction.
        head_filters: Filters of a head's convolution.
        dropout: Rate after each convolution.
        head_dropout: Rate before the heads.

    Input shape: `(batch, length)` uint8 codes.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, x = dna_input(input)
    x = _parallel(x, filters, kernel_size, dropout)
    x = keras.layers.Bidirectional(keras.layers.LSTM(units, return_sequences=True))(x)
    x = _parallel(x, filters, kernel_size, dropout)
    x = keras.layers.Dropout(head_dropout)(x)
    heads = []
    for i in range(1, outputs + 1):
        y = keras.layers.Conv1D(head_filters, 1, name=f"head_{i}_conv")(x)
        y = keras.layers.GlobalAveragePooling1D(name=f"head_{i}_mean")(y)
        heads.append(keras.layers.Dense(1, name=f"head_{i}")(y))
    x = heads[0] if outputs == 1 else keras.layers.Concatenate(name="heads")(heads)
    return keras.Model(inputs, x, name="dream_rnn")


def _parallel(x, filters: int, kernel_size: tuple[int, ...], dropout: float):
    n = filters // len(kernel_size)
    branches = [
        keras.layers.Dropout(dropout)(keras.layers.Conv1D(n, width, padding="same", activation="relu")(x))
        for width in kernel_size
    ]
    return keras.layers.Concatenate()(branches)
