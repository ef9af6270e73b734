"""A small transformer encoder for DNA windows of some tens to a few thousand bases."""

import keras

from deepbio.errors import ModelError
from deepbio.layers import RotaryAttention, dna_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import ADAMW, register


@register(
    "dna_transformer",
    modality="dna",
    summary="Convolutional tokens and a few attention layers with rotary positions",
    paper="deepbio; rotary positions after Su et al. 2021, arXiv:2104.09864",
    reference={"input_shape": (200,), "outputs": 1},
    parameters=799_745,
    training=dict(ADAMW, learning_rate=0.001, weight_decay=0.05, warmup=0.1, clip_norm=1.0, batch_size=64, epochs=30),
)
def dna_transformer(
    input: ModelInput,
    outputs: int,
    *,
    kernel_size: int = 15,
    strides: int = 4,
    embedding_dim: int = 128,
    num_layers: int = 4,
    num_heads: int = 4,
    mlp_ratio: int = 4,
    dropout: float = 0.1,
) -> keras.Model:
    """Turn bases into tokens by a strided convolution, let all tokens attend to each other, and average them.

    Args:
        kernel_size, strides: Kernel size and stride of the convolution that makes the tokens, in bases.
        embedding_dim: Channels of a token, a multiple of `2 * num_heads`.
        num_layers: Attention layers, each followed by a dense layer of `mlp_ratio * embedding_dim` units.
        num_heads: Heads of an attention layer.
        mlp_ratio: See `num_layers`.
        dropout: Rate after every attention and dense layer.

    Input shape: `(batch, length)` uint8 codes.
    Output shape: `(batch, outputs)` logits.
    """
    if embedding_dim % (2 * num_heads):
        raise ModelError(
            f"dna_transformer: embedding_dim is a multiple of 2 * num_heads, {2 * num_heads}; received {embedding_dim}."
        )
    inputs, x = dna_input(input)
    tokens = keras.layers.Conv1D(embedding_dim, kernel_size, strides, padding="same", activation="gelu", name="tokens")
    x = tokens(x)
    for _ in range(num_layers):
        attended = RotaryAttention(num_heads)(keras.layers.LayerNormalization()(x))
        x = keras.layers.Add()([x, keras.layers.Dropout(dropout)(attended)])
        y = keras.layers.Dense(mlp_ratio * embedding_dim, activation="gelu")(keras.layers.LayerNormalization()(x))
        x = keras.layers.Add()([x, keras.layers.Dropout(dropout)(keras.layers.Dense(embedding_dim)(y))])
    x = keras.layers.LayerNormalization()(x)
    x = keras.layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="dna_transformer")
