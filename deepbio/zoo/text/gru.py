"""A bidirectional GRU over the words of a note."""

from __future__ import annotations

import keras

from deepbio.layers import MaxOverTime, word_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import register


@register(
    "gru",
    modality="text",
    summary="Bidirectional GRU over the words, largest value of each channel over the note",
    paper="Cho et al. 2014, doi:10.3115/v1/D14-1179",
    reference={"input_shape": (200,), "outputs": 1, "vocabulary_size": 20_000},
    parameters=2_634_625,
    training={
        "optimizer": "adamw",
        "learning_rate": 0.005,
        "weight_decay": 0.01,
        "schedule": "cosine",
        "clip_norm": 1.0,
        "batch_size": 64,
        "epochs": 5,
    },
)
def gru(
    input: ModelInput,
    outputs: int,
    *,
    vocabulary_size: int | None = None,
    embedding_dim: int = 128,
    units: int = 64,
    dropout: float = 0.3,
) -> keras.Model:
    """Read the note forwards and backwards, and keep the largest value of each channel.

    Args:
        vocabulary_size: number of token ids; the input's tokenizer knows it.
        embedding_dim: numbers a word.
        units: of the GRU of each direction.
        dropout: of the embeddings and before the last layer.

    Input shape: `(batch, tokens)` int32 ids, 0 for padding; padding does not change the output.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, x, mask = word_input(input, embedding_dim, vocabulary_size=vocabulary_size)
    x = keras.layers.Dropout(dropout)(x)
    x = keras.layers.Bidirectional(keras.layers.GRU(units, return_sequences=True))(x, mask=mask)
    x = keras.layers.Dropout(dropout)(MaxOverTime()(x, mask=mask))
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="gru")
