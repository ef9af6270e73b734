"""DREAM-RNN: the recurrent core of the DREAM 2022 promoter challenge (Rafi et al. 2024, doi:10.1038/s41587-024-02414-w)."""

from __future__ import annotations

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
    """Read motifs of two widths, their order in both directions, and motifs again; each output has a head of its own.

    The authors' PyTorch LSTM has a second bias that changes nothing but the count; with it the core would have 2,560 parameters more.

    Args:
        filters: of each pair of convolutions, half for each width.
        kernel_size: of the parallel convolutions, in bases.
        units: of the LSTM in each direction.
        head_filters: filters of a head's convolution.
        dropout: after each pair of convolutions.
        head_dropout: before the heads.

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


def _parallel(x, filters: int, widths: tuple[int, ...], dropout: float):
    each = filters // len(widths)
    branches = [
        keras.layers.Dropout(dropout)(keras.layers.Conv1D(each, width, padding="same", activation="relu")(x))
        for width in widths
    ]
    return keras.layers.Concatenate()(branches)
