"""Pooling over positions: the maximum, sum or mean of each channel, and a softmax, over the positions that a mask keeps."""

import keras

from deepbio.layers.base import Layer, OverTime, ops


@keras.saving.register_keras_serializable(package="deepbio")
class MaxOverTime(OverTime):
    """Return the largest value of each channel over the positions that the mask keeps; zeros if it keeps none.

    Input shape: `(batch, positions, channels)`.
    Output shape: `(batch, channels)`.

    Example:
        >>> x = keras.ops.array([[[1.0], [5.0]]])
        >>> MaxOverTime()(x, mask=keras.ops.array([[True, False]])).numpy().tolist()
        [[1.0]]
    """

    def call(self, x, mask=None):
        """Return the maximum over axis 1."""
        if mask is None:
            return ops.max(x, axis=1)
        kept = ops.expand_dims(ops.cast(mask, "bool"), -1)
        lowest = ops.cast(-1e4, x.dtype)  # within float16's range, and below any value of an LSTM
        largest = ops.max(ops.where(kept, x, lowest), axis=1)
        return ops.where(ops.any(kept, axis=1), largest, ops.zeros_like(largest))


@keras.saving.register_keras_serializable(package="deepbio")
class SumOverTime(OverTime):
    """Return the sum of each channel over the positions that the mask keeps; zeros if it keeps none.

    Args:
        mean: Whether to divide by the number of positions.

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

    def call(self, x, mask=None):
        """Return the sum over axis 1."""
        kept = ops.ones_like(x[..., :1]) if mask is None else ops.expand_dims(ops.cast(mask, x.dtype), -1)
        total = ops.sum(x * kept, axis=1)
        return total / ops.maximum(ops.sum(kept, axis=1), 1) if self.mean else total


@keras.saving.register_keras_serializable(package="deepbio")
class MeanOverKnown(Layer):
    """Return the mean of each channel over the positions whose base is known: their one-hot row is not zero.

    An example without a known base returns zeros.

    Input shape: `[(batch, positions, channels), (batch, positions, 4)]`, features and one-hot.
    Output shape: `(batch, channels)`.

    Example:
        >>> x, one_hot = keras.ops.array([[[2.0], [9.0]]]), keras.ops.array([[[1.0, 0, 0, 0], [0, 0, 0, 0]]])
        >>> MeanOverKnown()([x, one_hot]).numpy().tolist()
        [[2.0]]
    """

    def call(self, inputs):
        """Weight each position by the largest value of its one-hot row."""
        x, one_hot = inputs
        known = ops.max(one_hot, axis=-1, keepdims=True)
        return ops.sum(x * known, axis=1) / ops.maximum(ops.sum(known, axis=1), 1e-7)

    def compute_output_shape(self, input_shape):
        """Return `(batch, channels)`."""
        return (input_shape[0][0], input_shape[0][2])


def masked_softmax(scores, mask, *, axis: int):
    """Return weights that add up to one over the positions that the mask keeps, and to zero if it keeps none.

    Args:
        scores: Tensor of any shape.
        mask: True for the positions to keep; broadcast to the scores.
        axis: Axis of the positions.

    Example:
        >>> masked_softmax(ops.array([[0.0, 0.0, 9.0]]), ops.array([[True, True, False]]), axis=1).numpy().tolist()
        [[0.5, 0.5, 0.0]]
    """
    exact = ops.cast(scores, "float32")
    kept = ops.broadcast_to(ops.cast(mask, "bool"), ops.shape(exact))
    weights = ops.softmax(ops.where(kept, exact, -1e9), axis=axis)
    return ops.cast(ops.where(kept, weights, ops.zeros_like(weights)), scores.dtype)
