"""HAN: attention over the words of each sentence, then over the sentences."""

import json
from collections.abc import Sequence

import keras

from deepbio.layers import Layer, OverTime, masked_softmax, ops, text_input
from deepbio.specs import ModelInput
from deepbio.text import PADDING
from deepbio.zoo.registry import ADAMW, register

STOPS = (".", "!", "?", ";")


@keras.saving.register_keras_serializable(package="deepbio")
class Sentences(Layer):
    """Arrange a note's ids in a table with one sentence per row. A sentence longer than a row continues in the next.

    Args:
        stops: Ids that end a sentence.
        rows: Number of rows. Sentences that do not fit are dropped.
        words: Number of words of a row.

    Input shape: `(batch, tokens)` int32 ids.
    Output shape: `(batch, rows, words)` ids, 0 if there is no word.

    Example:
        >>> Sentences((9,), rows=3, words=3)(ops.array([[5, 9, 4, 3, 2, 7, 0]])).numpy().tolist()
        [[[5, 9, 0], [4, 3, 2], [7, 0, 0]]]
    """

    def __init__(self, stops: Sequence[int], rows: int, words: int, **options):
        super().__init__(**options)
        self.stops, self.rows, self.words = tuple(stops), rows, words

    def call(self, ids):
        """Compute the row and column of each token, and scatter the tokens."""
        tokens = ids.shape[1]
        ends = ops.zeros_like(ids)
        for stop in self.stops:
            ends = ops.maximum(ends, ops.cast(ops.equal(ids, stop), ids.dtype))
        after_end = ops.concatenate([ops.ones_like(ends[:, :1]), ends[:, :-1]], axis=1)
        number = ops.expand_dims(ops.arange(tokens, dtype=ids.dtype), 0)
        start = ops.associative_scan(ops.maximum, after_end * number, axis=1)
        column = (number - start) % self.words
        row = ops.cumsum(ops.cast(ops.equal(column, 0), ids.dtype), axis=1) - 1
        # padding and what does not fit go to an additional last row
        fits = ops.logical_and(ops.less(row, self.rows), ops.not_equal(ids, PADDING))
        row, column = ops.where(fits, row, self.rows), ops.where(fits, column, 0)
        note = ops.cumsum(ops.ones_like(ids), axis=0) - 1
        indices = ops.reshape(ops.stack([ops.cast(x, "int32") for x in (note, row, column)], axis=-1), (-1, 3))
        values = ops.reshape(ops.where(fits, ids, PADDING), (-1,))
        table = ops.scatter(indices, values, (ops.shape(ids)[0], self.rows + 1, self.words))
        return ops.reshape(table[:, : self.rows], (-1, self.rows, self.words))

    def compute_output_shape(self, input_shape):
        """Return `(batch, rows, words)`."""
        return (input_shape[0], self.rows, self.words)


@keras.saving.register_keras_serializable(package="deepbio")
class ContextAttention(OverTime):
    """Weight positions by their similarity to a learned context, and add them up (Yang et al. 2016, eq. 5 to 7).

    Args:
        units: Units of the context.

    Input shape: `(batch, positions, channels)`.
    Output shape: `(batch, channels)`; zeros if the mask keeps nothing.
    """

    def __init__(self, units: int, **options):
        super().__init__(**options)
        self.units = units

    def build(self, input_shape):
        """Create the projection and the context."""
        shape = (input_shape[-1], self.units)
        self.project = self.add_weight(name="project", shape=shape, initializer="glorot_uniform")
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")
        self.context = self.add_weight(name="context", shape=(self.units, 1), initializer="glorot_uniform")

    def attention(self, x, mask=None):
        """Return the weights over positions, `(batch, positions, 1)`, which add up to one."""
        scores = ops.matmul(ops.tanh(ops.matmul(x, self.project) + self.bias), self.context)
        kept = ops.ones_like(x[..., 0]) if mask is None else mask
        return masked_softmax(scores, ops.expand_dims(kept, -1), axis=1)

    def call(self, x, mask=None):
        """Return the weighted sum over axis 1."""
        return ops.sum(x * self.attention(x, mask), axis=1)


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
