"""What a vision transformer adds to its patches: a class token and learned positions (Dosovitskiy et al. 2021, arXiv:2010.11929)."""

from __future__ import annotations

from typing import Any

import keras

ops: Any = keras.ops


@keras.saving.register_keras_serializable("deepbio")
class ClassTokenAndPositions(keras.layers.Layer):
    """Put a learned token before all others and add a learned vector at each place.

    Input shape: `(batch, tokens, channels)`; output shape `(batch, tokens + 1, channels)`.

    Example:
        >>> ClassTokenAndPositions()(keras.ops.zeros((2, 4, 8))).shape[1]
        5
    """

    def build(self, input_shape):
        """Make the weights."""
        _, tokens, channels = input_shape
        small = keras.initializers.TruncatedNormal(stddev=0.02)
        self.token = self.add_weight(shape=(1, 1, channels), initializer=small, name="token")
        self.positions = self.add_weight(shape=(1, tokens + 1, channels), initializer=small, name="positions")

    def call(self, x):
        """Apply the layer."""
        token = ops.broadcast_to(ops.cast(self.token, x.dtype), (ops.shape(x)[0], 1, x.shape[-1]))
        return ops.concatenate([token, x], axis=1) + ops.cast(self.positions, x.dtype)

    def compute_output_shape(self, input_shape):
        """Return the shape of the output."""
        batch, tokens, channels = input_shape
        return (batch, tokens + 1, channels)
