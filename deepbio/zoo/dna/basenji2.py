"""Basenji2: thousands of tracks along 131 kb (Kelley 2020, doi:10.1371/journal.pcbi.1008050)."""

import keras

from deepbio.layers import dna_input, quick_gelu
from deepbio.specs import ModelInput
from deepbio.zoo.dna.window_length import check_length
from deepbio.zoo.registry import register


@register(
    "basenji2",
    modality="dna",
    summary="Pooled tower and dilated residuals: 5,313 tracks in 896 bins of 128 bp, from 131 kb",
    paper="Kelley 2020, PLOS Computational Biology, doi:10.1371/journal.pcbi.1008050",
    reference={"input_shape": (131072,), "outputs": 5313},
    parameters=30_123_584,
)
def basenji2(
    input: ModelInput,
    outputs: int,
    *,
    stem_filters: int = 288,
    tower_filters: tuple[int, ...] = (339, 399, 470, 554, 652, 768),
    dilated_filters: int = 384,
    dilation_rate: tuple[int, ...] = (1, 2, 3, 4, 6, 9, 14, 21, 32, 48, 72),
    cropping: int = 64,
    head_filters: int = 1536,
) -> keras.Model:
    """Halve the sequence seven times, exchange information between bins by dilated residuals, and predict each bin.

    Each block is GELU (its sigmoid form, as in Basenji), convolution without bias, batch normalisation, dropout and pooling.
    The published network ends in a softplus; here the output is the value before it. A `counts` task reads it as a log rate, so
    its activation is `exp`. For weights from Basenji apply the softplus instead.

    Args:
        stem_filters: Filters of the first convolution.
        tower_filters: Filters of the next convolutions; each halves the sequence.
        dilated_filters: Filters of the dilated convolutions.
        dilation_rate: Dilation rate of each residual block.
        cropping: Bins removed at each end, whose context is incomplete.
        head_filters: Filters of the last convolution.

    Input shape: `(batch, length)` uint8 codes; a multiple of `2 ** (1 + len(tower_filters))`.
    Output shape: `(batch, length / 128 - 2 * cropping, outputs)` logits.
    """
    bin_size = 2 ** (1 + len(tower_filters))
    check_length("basenji2", input, (2 * cropping + 1) * bin_size, multiple=bin_size)
    inputs, x = dna_input(input)
    x = _block(x, stem_filters, 15, pool=2)
    for filters in tower_filters:
        x = _block(x, filters, 5, pool=2)
    for dilation in dilation_rate:
        branch = _block(x, dilated_filters, 3, dilation=dilation)
        # starting from zero, each residual begins as the identity
        branch = _block(branch, tower_filters[-1], 1, dropout=0.3, gamma="zeros")
        x = keras.layers.Add()([x, branch])
    x = keras.layers.Cropping1D(cropping)(x)
    x = _block(x, head_filters, 1, dropout=0.05)
    x = keras.layers.Activation(quick_gelu)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="basenji2")


def _block(x, filters: int, width: int, *, dilation: int = 1, dropout: float = 0.0, pool: int = 1, gamma: str = "ones"):
    x = keras.layers.Activation(quick_gelu)(x)
    x = keras.layers.Conv1D(filters, width, padding="same", dilation_rate=dilation, use_bias=False)(x)
    x = keras.layers.BatchNormalization(momentum=0.9, gamma_initializer=gamma)(x)
    if dropout:
        x = keras.layers.Dropout(dropout)(x)
    return keras.layers.MaxPooling1D(pool)(x) if pool > 1 else x
