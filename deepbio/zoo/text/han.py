"""HAN: attention over the words of each sentence, then over the sentences."""

import json

import keras

from deepbio.layers import ContextAttention, Sentences, ops, text_input
from deepbio.specs import ModelInput
from deepbio.text import PADDING
from deepbio.zoo.registry import ADAMW, register

STOPS = (".", "!", "?", ";")


@register(
    "han",
    modality="text",
    summary="Bidirectional GRU and attention over the words of each sentence, then over the sentences",
    paper="Yang et al. 2016, doi:10.18653/v1/N16-1174",
    reference={"input_shape": (512,), "outputs": 5, "vocabulary_size": 50_000},
    parameters=10_142_105,
    training=dict(ADAMW, learning_rate=0.003, weight_decay=0.01, clip_norm=1.0, batch_size=64, epochs=5),
)
def han(
    input: ModelInput,
    outputs: int,
    *,
    vocabulary_size: int | None = None,
    embedding_dim: int = 200,
    units: int = 50,
    attention_units: int = 100,
    sentence_length: int = 32,
    max_sentences: int | None = None,
    dropout: float = 0.3,
) -> keras.Model:
    """Combine words to sentences and sentences to a note, each by a bidirectional GRU and attention.

    Sentences end at `. ! ? ;`, if they are in the tokenizer's vocabulary. Without its embedding the reference form has 142,105
    parameters.

    Args:
        vocabulary_size: Number of token ids; that of the input's tokenizer by default.
        embedding_dim: Length of a word's vector.
        units: Units of the GRUs in each direction.
        attention_units: Units of the attention.
        sentence_length: Words of a row; a longer sentence continues in the next row.
        max_sentences: Number of rows; one per six tokens by default. Sentences that do not fit are dropped.
        dropout: Rate after the embedding and before the last layer.

    Input shape: `(batch, tokens)` int32 ids, 0 for padding; padding does not change the output.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, ids = text_input(input)
    rows = max_sentences or -(-input.shape[0] // 6) + 1
    table = Sentences(_stops(input), rows, sentence_length)(ids)
    known = ops.not_equal(table, PADDING)
    words = keras.layers.Embedding(vocabulary_size or input.vocabulary_size, embedding_dim, name="words")(table)
    words = keras.layers.Dropout(dropout)(words)
    each = ops.reshape(known, (-1, sentence_length))
    x = ops.reshape(words, (-1, sentence_length, embedding_dim))
    x = keras.layers.Bidirectional(keras.layers.GRU(units, return_sequences=True))(x, mask=each)
    x = ContextAttention(attention_units, name="word_attention")(x, mask=each)
    x = ops.reshape(x, (-1, rows, 2 * units))
    filled = ops.any(known, axis=-1)
    x = keras.layers.Bidirectional(keras.layers.GRU(units, return_sequences=True))(x, mask=filled)
    x = ContextAttention(attention_units, name="sentence_attention")(x, mask=filled)
    x = keras.layers.Dropout(dropout)(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="han")


def _stops(input: ModelInput) -> tuple[int, ...]:
    if input.tokenizer is None:
        return ()
    vocabulary = json.loads(input.tokenizer)["model"]["vocab"]
    return tuple(vocabulary[stop] for stop in STOPS if stop in vocabulary)
