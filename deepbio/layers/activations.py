"""`quick_gelu`, and normalisation across channels as AlexNet has it."""

import keras

from deepbio.layers.base import Layer, ops


@keras.saving.register_keras_serializable(package="deepbio")
def quick_gelu(x):
    """Return `x * sigmoid(1.702 * x)`, elementwise (Hendrycks and Gimpel 2016, arXiv:1606.08415).

    Example:
        >>> round(float(quick_gelu(keras.ops.array(1.0))), 4)
        0.8458
    """
    return x * ops.sigmoid(1.702 * x)


@keras.saving.register_keras_serializable(package="deepbio")
class LocalResponseNormalization(Layer):
    """Divide each value by a power of the sum of squares in the adjacent channels.

    Krizhevsky et al. 2012, doi:10.1145/3065386, section 3.3:
    `y = x / (bias + alpha * sum of squares of `width` channels) ** beta`, with the paper's constants.

    Args:
        width: Number of channels in the sum, odd.
        bias, alpha, beta: Constants of the formula.

    Input shape: `(batch, height, width, channels)`.
    Output shape: The same.

    Example:
        >>> float(LocalResponseNormalization(width=1, bias=0.0, alpha=1.0, beta=0.5)(2 * keras.ops.ones((1, 1, 1, 1)))[0, 0, 0, 0])
        1.0
    """

    def __init__(self, *, width: int = 5, bias: float = 2.0, alpha: float = 1e-4, beta: float = 0.75, **options):
        super().__init__(**options)
        self.width, self.bias, self.alpha, self.beta = width, bias, alpha, beta

    def call(self, x):
        """Normalise over the last axis."""
        channels, half = x.shape[-1], self.width // 2
        squares = ops.pad(ops.square(x), ((0, 0), (0, 0), (0, 0), (half, half)))
        total = squares[..., :channels]
        for shift in range(1, self.width):
            total = total + squares[..., shift : shift + channels]
        return x / ops.power(self.bias + self.alpha * total, self.beta)
