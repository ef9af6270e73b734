"""A small transformer encoder for notes, trained from scratch."""

from typing import Any

import keras
import numpy as np

from deepbio.errors import ModelError
from deepbio.layers import SumOverTime, ops, word_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import ADAMW, register


@register(
    "note_transformer",
    modality="text",
    summary="Two attention layers over the words with sinusoid positions, mean over the note",
    paper="Vaswani et al. 2017, arXiv:1706.03762; layers normalised first as in Xiong et al. 2020, arXiv:2002.04745",
    reference={"input_shape": (200,), "outputs": 1, "vocabulary_size": 20_000},
    parameters=2_956_929,
    training=dict(ADAMW, learning_rate=0.001, weight_decay=0.05, warmup=0.1, clip_norm=1.0, batch_size=64, epochs=8),
)
def note_transformer(
    input: ModelInput,
    outputs: int,
    *,
    vocabulary_size: int | None = None,
    embedding_dim: int = 128,
    num_layers: int = 2,
    num_heads: int = 4,
    mlp_ratio: int = 4,
    dropout: float = 0.2,
) -> keras.Model:
    """Apply self-attention to the words, and average them.

    Memory grows with the square of the number of tokens: split a long note into windows.

    Args:
        vocabulary_size: Number of token ids; that of the input's tokenizer by default.
        embedding_dim: Length of a word's vector, a multiple of `num_heads` and of 2.
        num_layers: Attention layers, each followed by a dense layer of `mlp_ratio * embedding_dim` units.
        num_heads: Heads of an attention layer.
        mlp_ratio: See `num_layers`.
        dropout: Rate after the embedding and after every attention and dense layer.

    Input shape: `(batch, tokens)` int32 ids, 0 for padding; padding does not change the output.
    Output shape: `(batch, outputs)` logits.
    """
    if embedding_dim % num_heads or embedding_dim % 2:
        raise ModelError(
            f"note_transformer: embedding_dim is even and a multiple of num_heads, {num_heads}; received {embedding_dim}."
        )
    inputs, x, mask = word_input(input, embedding_dim, vocabulary_size=vocabulary_size)
    positions: Any = sinusoids(input.shape[0], embedding_dim)
    x = keras.layers.Rescaling(embedding_dim**0.5, offset=positions, name="positions")(x)
    x = keras.layers.Dropout(dropout)(x)
    others = ops.expand_dims(mask, 1)
    for _ in range(num_layers):
        y = keras.layers.LayerNormalization()(x)
        y = keras.layers.MultiHeadAttention(num_heads, embedding_dim // num_heads)(y, y, attention_mask=others)
        x = keras.layers.Add()([x, keras.layers.Dropout(dropout)(y)])
        y = keras.layers.Dense(mlp_ratio * embedding_dim, activation="gelu")(keras.layers.LayerNormalization()(x))
        x = keras.layers.Add()([x, keras.layers.Dropout(dropout)(keras.layers.Dense(embedding_dim)(y))])
    x = SumOverTime(mean=True)(keras.layers.LayerNormalization()(x), mask=mask)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="note_transformer")


def sinusoids(positions: int, channels: int) -> np.ndarray:
    """Return sines and cosines of the positions, of wavelengths from `2 pi` to `20000 pi`, float32 `(positions, channels)`.

    Example:
        >>> sinusoids(2, 4).round(3).tolist()
        [[0.0, 0.0, 1.0, 1.0], [0.8410000205039978, 0.009999999776482582, 0.5400000214576721, 1.0]]
    """
    rates = 10_000.0 ** (-np.arange(0, channels, 2) / channels)
    angles = np.arange(positions)[:, None] * rates
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)
