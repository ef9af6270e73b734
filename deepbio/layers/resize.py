"""`FitLength` and `FitImage`: fit windows and images of any size to a network that takes one size."""

from collections.abc import Sequence

import keras

from deepbio.layers.base import Layer, ops


@keras.saving.register_keras_serializable(package="deepbio")
class FitLength(Layer):
    """Crop one-hot DNA to its middle `length` bases, or pad it on both sides with unknown bases (zeros).

    If the two sides cannot be equal, the right one is longer by one base.

    Input shape: `(batch, positions, 4)`.
    Output shape: `(batch, length, 4)`.

    Example:
        >>> FitLength(2)(keras.ops.ones((1, 5, 4))).shape, FitLength(4)(keras.ops.ones((1, 1, 4)))[0, :, 0].numpy().tolist()
        (TensorShape([1, 2, 4]), [0.0, 1.0, 0.0, 0.0])
    """

    def __init__(self, length: int, **options):
        super().__init__(**options)
        self.length = length

    def call(self, x):
        """Crop or pad."""
        missing = self.length - x.shape[1]
        if missing <= 0:
            first = -missing // 2
            return x[:, first : first + self.length]
        return ops.pad(x, [(0, 0), (missing // 2, missing - missing // 2), (0, 0)])

    def compute_output_shape(self, input_shape):
        """Return `(batch, length, 4)`."""
        return (input_shape[0], self.length, input_shape[2])


@keras.saving.register_keras_serializable(package="deepbio")
class FitImage(Layer):
    """Resize images, repeat grey as red, green and blue, and convert colour to brightness.

    Resizing is bilinear with antialiasing. Brightness is 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601).

    Args:
        shape: Height, width and channels that the network takes.
        keep_aspect: Whether both sides are scaled alike and padded with black, instead of stretched.

    Input shape: `(batch, height, width, channels)` uint8 pixels.
    Output shape: `(batch, *shape)` uint8 pixels.

    Example:
        >>> FitImage((2, 2, 3))(keras.ops.full((1, 4, 4, 1), 7, dtype="uint8"))[0, 0, 0].numpy().tolist()
        [7, 7, 7]
    """

    def __init__(self, shape: Sequence[int], *, keep_aspect: bool = False, **options):
        super().__init__(**options)
        self.shape, self.keep_aspect = tuple(shape), keep_aspect

    def call(self, x):
        """Resize, repeat or combine the channels, and round to bytes."""
        return ops.cast(ops.clip(ops.round(self.resized(x)), 0, 255), "uint8")

    def resized(self, x):
        """Return the floats before they are rounded to bytes, through which gradients flow."""
        height, width, channels = self.shape
        x = ops.cast(x, "float32")
        if tuple(x.shape[1:3]) != (height, width):
            x = ops.image.resize(
                x, (height, width), antialias=True, pad_to_aspect_ratio=self.keep_aspect, data_format="channels_last"
            )
        if x.shape[-1] == 1 and channels > 1:
            x = ops.repeat(x, channels, axis=-1)
        elif x.shape[-1] == 3 and channels == 1:
            x = ops.sum(x * ops.convert_to_tensor([0.299, 0.587, 0.114], "float32"), axis=-1, keepdims=True)
        return x

    def compute_output_shape(self, input_shape):
        """Return `(batch, height, width, channels)`."""
        return (input_shape[0], *self.shape)

    def compute_output_spec(self, x):
        """Return a uint8 tensor, whatever the layer's policy."""
        return keras.KerasTensor(self.compute_output_shape(x.shape), dtype="uint8")
