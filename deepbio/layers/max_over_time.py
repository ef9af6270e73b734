"""`MaxOverTime`: the largest value of each channel over the positions that a mask keeps."""

from __future__ import annotations

import keras


@keras.saving.register_keras_serializable(package="deepbio")
class MaxOverTime(keras.layers.Layer):
    """Take the largest value over positions; padding, which the mask drops, never counts.

    An example of padding alone gives zeros.

    Input shape: `(batch, positions, channels)`.
    Output shape: `(batch, channels)`.

    Example:
        >>> x = keras.ops.array([[[1.0], [5.0]]])
        >>> MaxOverTime()(x, mask=keras.ops.array([[True, False]])).numpy().tolist()
        [[1.0]]
    """

    def __init__(self, **options):
        super().__init__(**options)
        self.supports_masking = True

    def call(self, x, mask=None):
        """Take the maximum over axis 1."""
        if mask is None:
            return keras.ops.max(x, axis=1)
        kept = keras.ops.expand_dims(keras.ops.cast(mask, "bool"), -1)
        lowest = keras.ops.cast(-1e4, x.dtype)  # within float16's range, and below any value of an LSTM
        largest = keras.ops.max(keras.ops.where(kept, x, lowest), axis=1)
        return keras.ops.where(keras.ops.any(kept, axis=1), largest, keras.ops.zeros_like(largest))

    def compute_mask(self, inputs, previous_mask):
        """Return no mask: positions are gone."""
        return None

    def compute_output_shape(self, input_shape):
        """Return `(batch, channels)`."""
        return (input_shape[0], input_shape[2])
