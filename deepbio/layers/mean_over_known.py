"""`MeanOverKnown`: the mean of each channel over the positions whose base is known."""

from __future__ import annotations

from typing import Any

import keras

ops: Any = keras.ops  # its annotations name one backend's tensors only


@keras.saving.register_keras_serializable(package="deepbio")
class MeanOverKnown(keras.layers.Layer):
    """Average over positions, leaving out those whose one-hot row is zero (N, or padding).

    An example without any known base gives zeros.

    Input shape: `[(batch, positions, channels), (batch, positions, 4)]`, features and one-hot.
    Output shape: `(batch, channels)`.

    Example:
        >>> x, one_hot = keras.ops.array([[[2.0], [9.0]]]), keras.ops.array([[[1.0, 0, 0, 0], [0, 0, 0, 0]]])
        >>> MeanOverKnown()([x, one_hot]).numpy().tolist()
        [[2.0]]
    """

    def call(self, inputs):
        """Weigh each position by the largest value of its one-hot row."""
        x, one_hot = inputs
        known = ops.max(one_hot, axis=-1, keepdims=True)
        return ops.sum(x * known, axis=1) / ops.maximum(ops.sum(known, axis=1), 1e-7)

    def compute_output_shape(self, input_shape):
        """Return `(batch, channels)`."""
        return (input_shape[0][0], input_shape[0][2])
