"""A bidirectional GRU over the words of a note."""

import keras

from deepbio.layers import MaxOverTime, word_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import ADAMW, register


@register(
    "gru",
    modality="text",
    summary="Bidirectional GRU over the words, largest value of each channel over the note",
    paper="Cho et al. 2014, doi:10.3115/v1/D14-1179",
    reference={"input_shape": (200,), "outputs": 1, "vocabulary_size": 20_000},
    parameters=2_634_625,
    training=dict(ADAMW, learning_rate=0.005, weight_decay=0.01, clip_norm=1.0, batch_size=64, epochs=5),
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
    """Apply a GRU in both directions, and take the largest value of each channel over the note.

    Args:
        vocabulary_size: Number of token ids; that of the input's tokenizer by default.
        embedding_dim: Length of a word's vector.
        units: Units of the GRU in each direction.
        dropout: Rate after the embedding and before the last layer.

    Input shape: `(batch, tokens)` int32 ids, 0 for padding; padding does not change the output.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, x, mask = word_input(input, embedding_dim, vocabulary_size=vocabulary_size)
    x = keras.layers.Dropout(dropout)(x)
    x = keras.layers.Bidirectional(keras.layers.GRU(units, return_sequences=True))(x, mask=mask)
    x = keras.layers.Dropout(dropout)(MaxOverTime()(x, mask=mask))
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="gru")
