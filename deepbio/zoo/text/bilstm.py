"""Two stacked bidirectional LSTMs over the words of a note."""

import keras

from deepbio.layers import word_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import ADAMW, register


@register(
    "bilstm",
    modality="text",
    summary="Two bidirectional LSTMs over the words; the last state of each direction",
    paper="Schuster, Paliwal 1997, doi:10.1109/78.650093; Hochreiter, Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735",
    reference={"input_shape": (200,), "outputs": 1, "vocabulary_size": 20_000},
    parameters=2_757_761,
    training=dict(ADAMW, learning_rate=0.003, weight_decay=0.01, clip_norm=1.0, batch_size=64, epochs=5),
)
def bilstm(
    input: ModelInput,
    outputs: int,
    *,
    vocabulary_size: int | None = None,
    embedding_dim: int = 128,
    units: int = 64,
    num_layers: int = 2,
    dropout: float = 0.3,
) -> keras.Model:
    """Apply bidirectional LSTMs, and classify by the last state of each direction.

    Args:
        vocabulary_size: Number of token ids; that of the input's tokenizer by default.
        embedding_dim: Length of a word's vector.
        units: Units of an LSTM in each direction.
        num_layers: Number of LSTMs.
        dropout: Rate after the embedding and before the last layer.

    Input shape: `(batch, tokens)` int32 ids, 0 for padding; padding does not change the output.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, x, mask = word_input(input, embedding_dim, vocabulary_size=vocabulary_size)
    x = keras.layers.Dropout(dropout)(x)
    for layer in range(num_layers):
        lstm = keras.layers.LSTM(units, return_sequences=layer < num_layers - 1)
        x = keras.layers.Bidirectional(lstm)(x, mask=mask)
    x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="bilstm")
