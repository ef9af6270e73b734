"""Dense layers of several groups of channels, each with weights of its own."""

import keras

from deepbio.errors import ModelError
from deepbio.layers.base import Layer, ops


@keras.saving.register_keras_serializable(package="deepbio")
class GroupedDense(Layer):
    """Apply one dense layer per group to the channels of that group.

    Args:
        units: Units of each group.

    Input shape: `(batch, groups, channels)`.
    Output shape: `(batch, groups, units)`.

    Example:
        >>> layer = GroupedDense(2)
        >>> layer(keras.ops.ones((1, 3, 4))).shape, layer.count_params()
        (TensorShape([1, 3, 2]), 30)
    """

    def __init__(self, units: int, **options):
        super().__init__(**options)
        self.units = units

    def build(self, input_shape):
        """Create the weights of each group."""
        groups, channels = input_shape[1:]
        if groups is None:
            raise ModelError("GroupedDense needs a fixed number of groups.")
        # the fan of a group, not of all groups
        limit = (6 / (channels + self.units)) ** 0.5
        uniform = keras.initializers.RandomUniform(-limit, limit)
        self.kernel = self.add_weight(name="kernel", shape=(groups, channels, self.units), initializer=uniform)
        self.bias = self.add_weight(name="bias", shape=(groups, self.units), initializer="zeros")

    def call(self, x):
        """Multiply each group by its weights."""
        y = ops.einsum("bgc,gcu->bgu", x, ops.cast(self.kernel, x.dtype))
        return y + ops.cast(self.bias, x.dtype)

    def compute_output_shape(self, input_shape):
        """Return `(batch, groups, units)`."""
        return (*input_shape[:2], self.units)
