"""A small LSTM over the words of a note."""

import keras

from deepbio.layers import MaxOverTime, word_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import ADAMW, register


@register(
    "note_lstm",
    modality="text",
    summary="LSTM over the words of a note, each word kept beside its context, largest value over the note",
    paper="Hochreiter, Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735; pooling as in Lai et al. 2015, doi:10.1609/aaai.v29i1.9513",
    reference={"input_shape": (128,), "outputs": 50, "vocabulary_size": 2000},
    parameters=610_226,
    training=dict(ADAMW, learning_rate=0.01, weight_decay=0.004, batch_size=64, epochs=6),
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
    """Apply an LSTM to the words, and take the largest value of each channel over the note.

    The pooled channels are the words' embeddings and the LSTM's states. So both a word by itself and a word in its context
    ("no fever") count.

    Args:
        vocabulary_size: Number of token ids; that of the input's tokenizer by default.
        embedding_dim: Length of a word's vector.
        units: Units of the LSTM.
        bidirectional: Whether a second LSTM reads backwards.
        dropout: Rate after the embedding and before the last layer.

    Input shape: `(batch, tokens)` int32 ids, 0 for padding; padding does not change the output.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, words, mask = word_input(input, embedding_dim, vocabulary_size=vocabulary_size)
    words = keras.layers.Dropout(dropout)(words)
    lstm = keras.layers.LSTM(units, return_sequences=True)
    x = keras.layers.Bidirectional(lstm)(words, mask=mask) if bidirectional else lstm(words, mask=mask)
    x = MaxOverTime()(keras.layers.Concatenate()([words, x]), mask=mask)
    x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="note_lstm")
