"""Borzoi: RNA-seq coverage in bins of 32 bp from 524 kb (Linder 2025, doi:10.1038/s41588-024-02053-6)."""

import keras

from deepbio.layers import RelativeAttention, dna_input, log_softplus, tanh_gelu
from deepbio.specs import ModelInput
from deepbio.zoo.dna.relative_transformer import relative_transformer
from deepbio.zoo.dna.window_length import check_length
from deepbio.zoo.registry import register

_EPSILON = 0.001  # of every normalisation


@register(
    "borzoi",
    modality="dna",
    summary="Transformer and U-shaped decoder: 7,611 tracks in 6,144 bins of 32 bp, from 524 kb",
    paper="Linder et al. 2025, Nature Genetics, doi:10.1038/s41588-024-02053-6",
    reference={"input_shape": (524288,), "outputs": 7611},
    parameters=185_917_723,
)
def borzoi(
    input: ModelInput,
    outputs: int,
    *,
    stem_filters: int = 512,
    tower_filters: tuple[int, ...] = (608, 736, 896, 1056, 1280),
    transformer_filters: int = 1536,
    num_layers: int = 8,
    num_heads: int = 8,
    key_dim: int = 64,
    value_dim: int = 192,
    position_channels: int = 32,
    cropping: int = 5120,
    head_filters: int = 1920,
    dropout: float = 0.2,
    attention_dropout: float = 0.05,
    position_dropout: float = 0.01,
    softplus: bool = True,
) -> keras.Model:
    """Pool the sequence to bins of 128 bp, let all bins attend to each other, and decode to bins of 32 bp.

    The decoder doubles the positions twice and adds the features of the tower at each resolution. The reference form is the human
    one, of 185,892,699 trainable parameters. Human and mouse heads read the same features, so both together are
    `outputs=7611 + 2608` (190,902,667 trainable), human tracks first.

    The authors trained on transformed coverage: power 3/4, and a square root above a limit. Their inverse is applied to the
    rates, after `exp`.

    Args:
        stem_filters: Filters of the first convolution.
        tower_filters: Filters of the next convolutions; each follows a pool. The last one's positions are the output bins.
        transformer_filters: Filters of the transformer and of the decoder.
        num_layers: Transformer layers.
        num_heads: Heads of each attention layer.
        key_dim, value_dim: Channels of a query or key, and of a value, of one head.
        position_channels: Features of the distance between two bins (central masks); an even number.
        cropping: Output bins removed at each end, whose context is incomplete.
        head_filters: Filters of the last convolution.
        dropout: Dropout rate of the transformer layers. That of the last features is half of it.
        attention_dropout, position_dropout: Dropout rates of the attention weights and of the position features.
        softplus: Whether outputs are `log(softplus(x))`, so that the rates of a `counts` task (`exp` of the outputs) are the
            softplus of the paper. False leaves them linear, for other tasks.

    Input shape: `(batch, length)` uint8 codes; a multiple of `2 ** (2 + len(tower_filters))`.
    Output shape: `(batch, length / 32 - 2 * cropping, outputs)` logits.
    """
    layers, bin_size = keras.layers, 2 ** len(tower_filters)
    check_length("borzoi", input, (2 * cropping + 1) * bin_size, multiple=4 * bin_size)
    inputs, x = dna_input(input)
    x = layers.Conv1D(stem_filters, 15, padding="same", name="stem_conv")(x)
    for i, filters in enumerate(tower_filters):
        x = _conv_block(layers.MaxPooling1D(2)(x), f"tower_{i}", filters, 5)
    fine = x
    x = middle = _conv_block(layers.MaxPooling1D(2)(x), "deep", transformer_filters, 5)
    x = layers.MaxPooling1D(2)(x)
    for i in range(num_layers):
        attention = RelativeAttention(
            num_heads, key_dim, value_dim, features=position_channels, kinds=("scaled_central_mask",),
            dropout=attention_dropout, position_dropout=position_dropout, name=f"transformer_{i}_attention",
        )  # fmt: skip
        x = relative_transformer(x, f"transformer_{i}", attention=attention, epsilon=_EPSILON, dropout=dropout)
    for name, skipped in (("decoder_1", middle), ("decoder_0", fine)):
        x = layers.UpSampling1D(2)(_conv_block(x, f"{name}_up", transformer_filters, 1))
        x = layers.Add()([x, _conv_block(skipped, f"{name}_skip", transformer_filters, 1)])
        x = layers.SeparableConv1D(transformer_filters, 3, padding="same", name=f"{name}_separable")(x)
    x = layers.Cropping1D(cropping)(x)
    x = layers.Dropout(dropout / 2)(_conv_block(x, "final", head_filters, 1))
    x = layers.Activation(tanh_gelu, name="features")(x)
    x = layers.Dense(outputs, name="head")(x)
    if softplus:
        x = layers.Activation(log_softplus, dtype="float32", name="log_softplus")(x)
    return keras.Model(inputs, x, name="borzoi")


def _conv_block(x, name: str, filters: int, kernel_size: int):
    x = keras.layers.BatchNormalization(momentum=0.9, epsilon=_EPSILON, name=f"{name}_norm")(x)
    x = keras.layers.Activation(tanh_gelu)(x)
    return keras.layers.Conv1D(filters, kernel_size, padding="same", name=f"{name}_conv")(x)
