"""`SumOverTime`: the sum, or the mean, of each channel over the positions that a mask keeps."""

from __future__ import annotations

from typing import Any

import keras

ops: Any = keras.ops  # its annotations name one backend's tensors only


@keras.saving.register_keras_serializable(package="deepbio")
class SumOverTime(keras.layers.Layer):
    """Add up over positions; padding, which the mask drops, never counts.

    An example of padding alone gives zeros.

    Args:
        mean: divide by the number of positions that count.

    Input shape: `(batch, positions, channels)`.
    Output shape: `(batch, channels)`.

    Example:
        >>> x = keras.ops.array([[[1.0], [5.0], [9.0]]])
        >>> SumOverTime(mean=True)(x, mask=keras.ops.array([[True, True, False]])).numpy().tolist()
        [[3.0]]
    """

    def __init__(self, *, mean: bool = False, **options):
        super().__init__(**options)
        self.mean = mean
        self.supports_masking = True

    def call(self, x, mask=None):
        """Sum over axis 1."""
        kept = ops.ones_like(x[..., :1]) if mask is None else ops.expand_dims(ops.cast(mask, x.dtype), -1)
        total = ops.sum(x * kept, axis=1)
        return total / ops.maximum(ops.sum(kept, axis=1), 1) if self.mean else total

    def compute_mask(self, inputs, previous_mask):
        """Return no mask: positions are gone."""
        return None

    def compute_output_shape(self, input_shape):
        """Return `(batch, channels)`."""
        return (input_shape[0], input_shape[2])

    def get_config(self):
        """Return what `from_config` needs."""
        return {**super().get_config(), "mean": self.mean}
