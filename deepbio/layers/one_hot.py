"""`OneHot`: DNA codes to four channels, on the device."""

from __future__ import annotations

import keras


@keras.saving.register_keras_serializable(package="deepbio")
class OneHot(keras.layers.Layer):
    """Turn uint8 codes (A C G T = 0 1 2 3) into four channels; any other code becomes four zeros.

    Input shape: `(batch, length)` of integers.
    Output shape: `(batch, length, 4)` of the layer's compute dtype.

    Example:
        >>> OneHot()(keras.ops.array([[0, 3, 4]], "uint8"))[0].numpy().tolist()
        [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0]]
    """

    def call(self, codes):
        """Compare each code with the four letters."""
        letters = keras.ops.arange(4, dtype="int32")
        # a comparison, because backends disagree on one_hot of a code that is out of range
        same = keras.ops.equal(keras.ops.expand_dims(keras.ops.cast(codes, "int32"), -1), letters)
        return keras.ops.cast(same, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """Return `(batch, length, 4)`."""
        return (*input_shape, 4)
