"""A small LSTM that reads clinical notes."""

from __future__ import annotations

import keras

from deepbio.layers import MaxOverTime, text_input
from deepbio.specs import InputSpec
from deepbio.zoo.registry import register


@register(
    "note_lstm",
    modality="text",
    summary="Bidirectional LSTM over the words of a note, largest value over time",
    paper="Hochreiter, Schmidhuber 1997, Neural Computation 9:1735, doi:10.1162/neco.1997.9.8.1735",
    reference={"input_shape": (128,), "outputs": 50, "vocabulary": 2000},
    parameters=0,
    training={"optimizer": "adam", "learning_rate": 0.003, "schedule": "cosine", "batch_size": 64, "epochs": 8},
)
def note_lstm(
    input: InputSpec,
    outputs: int,
    *,
    vocabulary: int | None = None,
    embedding: int = 64,
    units: int = 64,
    dropout: float = 0.3,
) -> keras.Model:
    """Embed the words, read them both ways, keep the largest value of each unit over the note.

    Args:
        vocabulary: number of token ids; the input's tokenizer knows it.

    Input shape: `(batch, tokens)` int32 ids, 0 for padding.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, ids = text_input(input)
    x = keras.layers.Embedding(vocabulary or input.vocabulary_size, embedding, mask_zero=True)(ids)
    x = keras.layers.Dropout(dropout)(x)
    x = keras.layers.Bidirectional(keras.layers.LSTM(units, return_sequences=True))(x)
    x = MaxOverTime()(x)
    x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="note_lstm")
