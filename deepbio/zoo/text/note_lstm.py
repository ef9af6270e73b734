"""A small LSTM that reads clinical notes."""

from __future__ import annotations

import keras

from deepbio.layers import MaxOverTime, word_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import register


@register(
    "note_lstm",
    modality="text",
    summary="LSTM over the words of a note, each word kept beside its context, largest value over the note",
    paper="Hochreiter, Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735; pooling as in Lai et al. 2015, doi:10.1609/aaai.v29i1.9513",
    reference={"input_shape": (128,), "outputs": 50, "vocabulary_size": 2000},
    parameters=610_226,
    training={
        "optimizer": "adamw",
        "learning_rate": 0.01,
        "weight_decay": 0.004,
        "schedule": "cosine",
        "batch_size": 64,
        "epochs": 6,
    },
)
def note_lstm(
    input: ModelInput,
    outputs: int,
    *,
    vocabulary_size: int | None = None,
    embedding_dim: int = 256,
    units: int = 64,
    bidirectional: bool = False,
    dropout: float = 0.4,
) -> keras.Model:
    """Embed the words, read them in order, and keep the largest value of each channel over the note.

    The pooled channels are the words' embeddings and the LSTM's states, so that a telling word counts as it is and a word
    in its context ("no fever") counts as well.

    Args:
        vocabulary_size: number of token ids; the input's tokenizer knows it.
        embedding_dim: numbers a word.
        units: of the LSTM.
        bidirectional: read backwards too.
        dropout: of the embeddings and before the last layer.

    Input shape: `(batch, tokens)` int32 ids, 0 for padding; padding does not change the output.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, words, mask = word_input(input, embedding_dim, vocabulary_size=vocabulary_size)
    words = keras.layers.Dropout(dropout)(words)
    read = keras.layers.LSTM(units, return_sequences=True)
    x = keras.layers.Bidirectional(read)(words, mask=mask) if bidirectional else read(words, mask=mask)
    x = MaxOverTime()(keras.layers.Concatenate()([words, x]), mask=mask)
    x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="note_lstm")
