"""Enformer: thousands of tracks from attention over 197 kb (Avsec 2021, doi:10.1038/s41592-021-01252-x)."""

import keras

from deepbio.layers import AttentionPooling1D, RelativeAttention, dna_input, log_softplus, quick_gelu
from deepbio.specs import ModelInput
from deepbio.zoo.dna.relative_transformer import relative_transformer
from deepbio.zoo.dna.window_length import check_length
from deepbio.zoo.registry import register


@register(
    "enformer",
    modality="dna",
    summary="Attention pools and 11 transformer layers: 5,313 tracks in 896 bins of 128 bp, from 197 kb",
    paper="Avsec et al. 2021, Nature Methods, doi:10.1038/s41592-021-01252-x",
    reference={"input_shape": (196608,), "outputs": 5313},
    parameters=246_202_049,
)
def enformer(
    input: ModelInput,
    outputs: int,
    *,
    stem_filters: int = 768,
    tower_filters: tuple[int, ...] = (768, 896, 1024, 1152, 1280, 1536),
    num_layers: int = 11,
    num_heads: int = 8,
    key_dim: int = 64,
    value_dim: int = 192,
    position_channels: int = 192,
    gamma: str = "gamma",
    cropping: int = 320,
    head_filters: int = 3072,
    dropout: float = 0.4,
    attention_dropout: float = 0.05,
    position_dropout: float = 0.01,
    softplus: bool = True,
) -> keras.Model:
    """Halve the sequence seven times by attention pools, let all bins attend to each other, and predict each bin.

    The reference form is the human one, of 246,172,353 trainable parameters. Human and mouse heads read the same features, so
    both together are `outputs=5313 + 1643` (251,221,292 trainable), human tracks first. Without a head there are 229,845,504.

    Args:
        stem_filters: Filters of the first convolution.
        tower_filters: Filters of the next convolutions; each is followed by a residual and a pool.
        num_layers: Transformer layers.
        num_heads: Heads of each attention layer.
        key_dim, value_dim: Channels of a query or key, and of a value, of one head.
        position_channels: Features of the distance between two bins, a third of each kind; a multiple of 6.
        gamma: `"gamma"` as in the paper; `"gamma_by_position"` for weights trained by enformer-pytorch without `use_tf_gamma`.
        cropping: Bins removed at each end, whose context is incomplete.
        head_filters: Filters of the last convolution.
        dropout: Dropout rate of the transformer layers. That of the last features is an eighth of it.
        attention_dropout, position_dropout: Dropout rates of the attention weights and of the position features.
        softplus: Whether outputs are `log(softplus(x))`, so that the rates of a `counts` task (`exp` of the outputs) are the
            softplus of the paper. False leaves them linear, for other tasks.

    Input shape: `(batch, length)` uint8 codes; a multiple of `2 ** (1 + len(tower_filters))`.
    Output shape: `(batch, length / 128 - 2 * cropping, outputs)` logits.
    """
    bin_size = 2 ** (1 + len(tower_filters))
    check_length("enformer", input, (2 * cropping + 1) * bin_size, multiple=bin_size)
    inputs, x = dna_input(input)
    x = keras.layers.Conv1D(stem_filters, 15, padding="same", name="stem_conv")(x)
    x = _residual_and_pool(x, "stem")
    for i, filters in enumerate(tower_filters):
        x = _residual_and_pool(_conv_block(x, f"tower_{i}", filters, 5), f"tower_{i}")
    for i in range(num_layers):
        attention = RelativeAttention(
            num_heads, key_dim, value_dim, features=position_channels, kinds=("exponential", "central_mask", gamma),
            dropout=attention_dropout, position_dropout=position_dropout, name=f"transformer_{i}_attention",
        )  # fmt: skip
        x = relative_transformer(x, f"transformer_{i}", attention=attention, epsilon=1e-5, dropout=dropout)
    x = keras.layers.Cropping1D(cropping)(x)
    x = keras.layers.Dropout(dropout / 8)(_conv_block(x, "final", head_filters, 1))
    x = keras.layers.Activation(quick_gelu, name="features")(x)
    x = keras.layers.Dense(outputs, name="head")(x)
    if softplus:
        x = keras.layers.Activation(log_softplus, dtype="float32", name="log_softplus")(x)
    return keras.Model(inputs, x, name="enformer")


def _conv_block(x, name: str, filters: int, kernel_size: int):
    # momentum and epsilon as in the authors' Sonnet layers
    x = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_norm")(x)
    x = keras.layers.Activation(quick_gelu)(x)
    return keras.layers.Conv1D(filters, kernel_size, padding="same", name=f"{name}_conv")(x)


def _residual_and_pool(x, name: str):
    x = keras.layers.Add()([x, _conv_block(x, f"{name}_residual", x.shape[-1], 1)])
    return AttentionPooling1D(name=f"{name}_pool")(x)
