"""Attention over the words of a note: one query for all, or one for each label."""

import keras

from deepbio.layers.base import OverTime, ops
from deepbio.layers.pooling import masked_softmax


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


@keras.saving.register_keras_serializable(package="deepbio")
class LabelAttention(OverTime):
    """Average the words with weights of each label, and classify the average by a linear unit of that label.

    Args:
        labels: Number of labels.

    Input shape: `(batch, words, channels)`.
    Output shape: `(batch, labels)`; a note without words returns the biases.
    """

    def __init__(self, labels: int, **options):
        super().__init__(**options)
        self.labels = labels

    def build(self, input_shape):
        """Create a query, and a linear unit (`reading`), for each label."""
        shape = (self.labels, input_shape[-1])
        self.query = self.add_weight(name="query", shape=shape, initializer="glorot_uniform")
        self.reading = self.add_weight(name="reading", shape=shape, initializer="glorot_uniform")
        self.bias = self.add_weight(name="bias", shape=(self.labels,), initializer="zeros")

    def attention(self, x, mask=None):
        """Return each label's weights over the words, `(batch, labels, words)`, which add up to one."""
        scores = ops.einsum("btc,lc->blt", x, self.query)
        kept = ops.ones_like(x[..., 0]) if mask is None else mask
        return masked_softmax(scores, ops.expand_dims(kept, 1), axis=-1)

    def call(self, x, mask=None):
        """Average the words for each label, and classify."""
        gathered = ops.einsum("blt,btc->blc", self.attention(x, mask), x)
        return ops.sum(gathered * self.reading, axis=-1) + self.bias

    def compute_output_shape(self, input_shape):
        """Return `(batch, labels)`."""
        return (input_shape[0], self.labels)
