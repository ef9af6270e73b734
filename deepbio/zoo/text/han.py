"""HAN: attention over the words of each sentence, then over the sentences."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import keras

from deepbio.layers import masked_softmax, text_input
from deepbio.specs import ModelInput
from deepbio.text import PADDING
from deepbio.zoo.registry import register

ops: Any = keras.ops  # its annotations name one backend's tensors only
STOPS = (".", "!", "?", ";")


@keras.saving.register_keras_serializable(package="deepbio")
class Sentences(keras.layers.Layer):
    """Lay a note's ids out as a table, one sentence a row; a sentence longer than a row goes on in the next.

    Args:
        stops: ids that end a sentence.
        rows: most rows; what does not fit is left out.
        words: of a row.

    Input shape: `(batch, tokens)` int32 ids.
    Output shape: `(batch, rows, words)` ids, 0 where there is no word.

    Example:
        >>> Sentences((9,), rows=3, words=3)(ops.array([[5, 9, 4, 3, 2, 7, 0]])).numpy().tolist()
        [[[5, 9, 0], [4, 3, 2], [7, 0, 0]]]
    """

    def __init__(self, stops: Sequence[int], rows: int, words: int, **options):
        super().__init__(**options)
        self.stops, self.rows, self.words = tuple(stops), rows, words

    def call(self, ids):
        """Find each token's row and place, and put it there."""
        tokens = ids.shape[1]
        ends = ops.zeros_like(ids)
        for stop in self.stops:
            ends = ops.maximum(ends, ops.cast(ops.equal(ids, stop), ids.dtype))
        after_end = ops.concatenate([ops.ones_like(ends[:, :1]), ends[:, :-1]], axis=1)
        number = ops.expand_dims(ops.arange(tokens, dtype=ids.dtype), 0)
        start = ops.associative_scan(ops.maximum, after_end * number, axis=1)
        column = (number - start) % self.words
        row = ops.cumsum(ops.cast(ops.equal(column, 0), ids.dtype), axis=1) - 1
        # the last row of a table one row higher takes what does not fit, and padding
        fits = ops.logical_and(ops.less(row, self.rows), ops.not_equal(ids, PADDING))
        row, column = ops.where(fits, row, self.rows), ops.where(fits, column, 0)
        note = ops.cumsum(ops.ones_like(ids), axis=0) - 1
        places = ops.reshape(ops.stack([ops.cast(x, "int32") for x in (note, row, column)], axis=-1), (-1, 3))
        values = ops.reshape(ops.where(fits, ids, PADDING), (-1,))
        table = ops.scatter(places, values, (ops.shape(ids)[0], self.rows + 1, self.words))
        return ops.reshape(table[:, : self.rows], (-1, self.rows, self.words))

    def compute_output_shape(self, input_shape):
        """Return `(batch, rows, words)`."""
        return (input_shape[0], self.rows, self.words)

    def get_config(self):
        """Return what `from_config` needs."""
        return {**super().get_config(), "stops": self.stops, "rows": self.rows, "words": self.words}


@keras.saving.register_keras_serializable(package="deepbio")
class ContextAttention(keras.layers.Layer):
    """Weigh positions by their likeness to a learnt context, and add them up (Yang et al. 2016, eq. 5 to 7).

    Args:
        units: of the context.

    Input shape: `(batch, positions, channels)`.
    Output shape: `(batch, channels)`; zeros where the mask keeps nothing.
    """

    def __init__(self, units: int, **options):
        super().__init__(**options)
        self.units = units
        self.supports_masking = True

    def build(self, input_shape):
        """Make the projection and the context."""
        self.project = self.add_weight(
            name="project", shape=(input_shape[-1], self.units), initializer="glorot_uniform"
        )
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")
        self.context = self.add_weight(name="context", shape=(self.units, 1), initializer="glorot_uniform")

    def attention(self, x, mask=None):
        """Return the weights over positions, `(batch, positions, 1)`; they add up to one."""
        scores = ops.matmul(ops.tanh(ops.matmul(x, self.project) + self.bias), self.context)
        kept = ops.ones_like(x[..., 0]) if mask is None else mask
        return masked_softmax(scores, ops.expand_dims(kept, -1), axis=1)

    def call(self, x, mask=None):
        """Add up over axis 1."""
        return ops.sum(x * self.attention(x, mask), axis=1)

    def compute_mask(self, inputs, previous_mask):
        """Return no mask: positions are gone."""
        return None

    def compute_output_shape(self, input_shape):
        """Return `(batch, channels)`."""
        return (input_shape[0], input_shape[2])

    def get_config(self):
        """Return what `from_config` needs."""
        return {**super().get_config(), "units": self.units}


@register(
    "han",
    modality="text",
    summary="Bidirectional GRU and attention over the words of each sentence, then over the sentences",
    paper="Yang et al. 2016, doi:10.18653/v1/N16-1174",
    reference={"input_shape": (512,), "outputs": 5, "vocabulary_size": 50_000},
    parameters=10_142_105,
    training={
        "optimizer": "adamw",
        "learning_rate": 0.003,
        "weight_decay": 0.01,
        "schedule": "cosine",
        "clip_norm": 1.0,
        "batch_size": 64,
        "epochs": 5,
    },
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
    """Read words into sentences and sentences into a note, weighing both.

    Sentences end at `. ! ? ;` where the input's tokenizer knows them. Without its embedding the reference form has 142,105
    parameters.

    Args:
        vocabulary_size: number of token ids; the input's tokenizer knows it.
        embedding_dim: numbers a word.
        units: of the GRU of each direction.
        attention_units: units of the attention.
        sentence_length: most words of a row; a longer sentence goes on in the next row.
        max_sentences: most rows; one for every six tokens without it. What does not fit is left out.
        dropout: of the embeddings and before the last layer.

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
    """The ids that end a sentence."""
    if input.tokenizer is None:
        return ()
    vocabulary = json.loads(input.tokenizer)["model"]["vocab"]
    return tuple(vocabulary[stop] for stop in STOPS if stop in vocabulary)
