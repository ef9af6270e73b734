"""A small attention encoder for DNA windows of some tens to a few thousand bases."""

from __future__ import annotations

import keras

from deepbio.errors import ModelError
from deepbio.layers import RotaryAttention, dna_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import register


@register(
    "dna_transformer",
    modality="dna",
    summary="Convolutional tokens and a few attention layers with rotary positions",
    paper="deepbio; rotary positions after Su et al. 2021, arXiv:2104.09864",
    reference={"input_shape": (200,), "outputs": 1},
    parameters=799_745,
    training={
        "optimizer": "adamw",
        "learning_rate": 0.001,
        "weight_decay": 0.05,
        "schedule": "cosine",
        "warmup": 0.1,
        "clip_norm": 1.0,
        "batch_size": 64,
        "epochs": 30,
    },
)
def dna_transformer(
    input: ModelInput,
    outputs: int,
    *,
    width: int = 15,
    stride: int = 4,
    channels: int = 128,
    layers: int = 4,
    heads: int = 4,
    expansion: int = 4,
    dropout: float = 0.1,
) -> keras.Model:
    """Turn bases into tokens by a strided convolution, let all tokens attend to each other, and average them.

    Args:
        width, stride: of the convolution that makes the tokens, in bases.
        channels: of a token; a multiple of `2 * heads`.
        layers: attention layers, each followed by a dense layer of `expansion * channels` units.
        heads: of an attention layer.
        dropout: after every attention and dense layer.

    Input shape: `(batch, length)` uint8 codes.
    Output shape: `(batch, outputs)` logits.
    """
    if channels % (2 * heads):
        raise ModelError(
            f"dna_transformer: channels is a multiple of twice the heads, {2 * heads}; received {channels}."
        )
    inputs, x = dna_input(input)
    x = keras.layers.Conv1D(channels, width, strides=stride, padding="same", activation="gelu", name="tokens")(x)
    for _ in range(layers):
        attended = RotaryAttention(heads)(keras.layers.LayerNormalization()(x))
        x = keras.layers.Add()([x, keras.layers.Dropout(dropout)(attended)])
        y = keras.layers.Dense(expansion * channels, activation="gelu")(keras.layers.LayerNormalization()(x))
        x = keras.layers.Add()([x, keras.layers.Dropout(dropout)(keras.layers.Dense(channels)(y))])
    x = keras.layers.LayerNormalization()(x)
    x = keras.layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="dna_transformer")
