"""Layers that read the token ids of a note: TF-IDF weights, and a table of sentences."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from deepbio.layers.base import Layer, ops


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
        start = after_end * number
        for step in (
            2**k for k in range((tokens - 1).bit_length())
        ):  # running maximum by doubling, which ONNX can express
            start = ops.maximum(start, ops.pad(start[:, :-step], ((0, 0), (step, 0))))
        column = (number - start) % self.words
        row = ops.cumsum(ops.cast(ops.equal(column, 0), ids.dtype), axis=1) - 1
        # padding (0) and what does not fit go to an additional last row
        fits = ops.logical_and(ops.less(row, self.rows), ops.not_equal(ids, 0))
        row, column = ops.where(fits, row, self.rows), ops.where(fits, column, 0)
        note = ops.cumsum(ops.ones_like(ids), axis=0) - 1
        indices = ops.reshape(ops.stack([ops.cast(x, "int32") for x in (note, row, column)], axis=-1), (-1, 3))
        values = ops.reshape(ops.where(fits, ids, 0), (-1,))
        table = ops.scatter(indices, values, (ops.shape(ids)[0], self.rows + 1, self.words))
        return ops.reshape(table[:, : self.rows], (-1, self.rows, self.words))

    def compute_output_shape(self, input_shape):
        """Return `(batch, rows, words)`."""
        return (input_shape[0], self.rows, self.words)


@keras.saving.register_keras_serializable(package="deepbio")
class TfIdf(keras.layers.Layer):
    """Count the words of a note, weight them by `(1 + ln count) * idf`, and scale the vector to length one.

    This is scikit-learn's `TfidfTransformer(sublinear_tf=True)`. `idf` is a weight of the layer that is not trained.

    Args:
        vocabulary: Number of ids. Id 0, padding, does not count.
        idf: Weight of each id; 1 by default.

    Input shape: `(batch, tokens)` int32 ids.
    Output shape: `(batch, vocabulary)`.
    """

    def __init__(self, vocabulary: int, *, idf: np.ndarray | None = None, **options):
        super().__init__(**options)
        self.vocabulary = vocabulary
        self._idf = idf

    def build(self, input_shape):
        """Create `idf`."""
        known: Any = np.ones(self.vocabulary, np.float32) if self._idf is None else np.asarray(self._idf, np.float32)
        values = keras.initializers.Constant(known)
        self.idf = self.add_weight(name="idf", shape=(self.vocabulary,), initializer=values, trainable=False)

    def call(self, ids):
        """Count and weight."""
        # one sum over pairs of note and word, because bincount has no fixed size under JAX
        notes = ops.shape(ids)[0]
        pairs = ops.cast(ids, "int32") + self.vocabulary * ops.expand_dims(ops.arange(notes, dtype="int32"), 1)
        ones = ops.ones_like(pairs, dtype="float32")
        counts = ops.segment_sum(ops.reshape(ones, (-1,)), ops.reshape(pairs, (-1,)), notes * self.vocabulary)
        counts = ops.reshape(counts, (-1, self.vocabulary))
        present = ops.cast(ops.greater(counts, 0), "float32") * ops.cast(ops.arange(self.vocabulary) > 0, "float32")
        weights = present * (1 + ops.log(ops.maximum(counts, 1))) * ops.cast(self.idf, "float32")
        length = ops.sqrt(ops.sum(weights * weights, axis=-1, keepdims=True))
        return ops.cast(weights / ops.maximum(length, 1e-9), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """Return `(batch, vocabulary)`."""
        return (input_shape[0], self.vocabulary)

    def get_config(self):
        """Return the arguments of the layer, except `idf`, which is saved as a weight."""
        return {**super().get_config(), "vocabulary": self.vocabulary}


@keras.saving.register_keras_serializable(package="deepbio")
class EvidenceTable(Layer):
    """Return the row of a table for each token: its evidence for each label.

    The layer has the weights `table`, zeros at first, and `rates`, one per token and one per label, ones at first. In training, the
    gradient of a value of the table is multiplied by the larger rate of its token and its label, so that what is known before training
    stays near its first value while the rest is learned fast.

    Args:
        tokens: Number of token ids; the row of padding is not used.
        labels: Number of labels.

    Input shape: `(batch, tokens)` int32 ids.
    Output shape: `(batch, tokens, labels)`.

    Example:
        >>> layer = EvidenceTable(3, 2)
        >>> layer(ops.array([[2, 1]])).numpy().tolist()
        [[[0.0, 0.0], [0.0, 0.0]]]
    """

    def __init__(self, tokens: int, labels: int, **options):
        super().__init__(**options)
        self.tokens, self.labels = tokens, labels

    def build(self, input_shape):
        """Create the table and the rates."""
        self.table = self.add_weight(name="table", shape=(self.tokens, self.labels), initializer="zeros")
        shape = (self.tokens + self.labels,)
        self.rates = self.add_weight(name="rates", shape=shape, initializer="ones", trainable=False)

    def call(self, ids, training=False):
        """Look the rows up; in training, scale their gradients."""
        rows = ops.take(self.table, ids, axis=0)
        if not training:
            return rows
        of_tokens = ops.expand_dims(ops.take(self.rates[: self.tokens], ids, axis=0), -1)
        scaled = ops.maximum(of_tokens, self.rates[self.tokens :]) * rows
        return scaled + ops.stop_gradient(rows - scaled)

    def compute_output_shape(self, input_shape):
        """Return `(batch, tokens, labels)`."""
        return (*input_shape, self.labels)


@keras.saving.register_keras_serializable(package="deepbio")
class Bias(Layer):
    """Add one number to each channel.

    Input shape: `(batch, channels)`.
    Output shape: The same.

    Example:
        >>> Bias()(ops.array([[1.0, 2.0]])).numpy().tolist()
        [[1.0, 2.0]]
    """

    def build(self, input_shape):
        """Create the numbers, zeros at first."""
        self.bias = self.add_weight(name="bias", shape=(input_shape[-1],), initializer="zeros")

    def call(self, x):
        """Add them."""
        return x + self.bias
