"""Activations that Keras has no name for, and normalisation across channels as AlexNet has it."""

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
def tanh_gelu(x):
    """Return GELU in its approximation by a hyperbolic tangent, elementwise (Hendrycks and Gimpel 2016, arXiv:1606.08415).

    Example:
        >>> round(float(tanh_gelu(keras.ops.array(1.0))), 4)
        0.8412
    """
    return ops.gelu(x, approximate=True)


@keras.saving.register_keras_serializable(package="deepbio")
def log_softplus(x):
    """Return `log(log(1 + exp(x)))`, elementwise: the log rate of a network whose published output is a softplus.

    Example:
        >>> [round(float(log_softplus(keras.ops.array(x))), 4) for x in (0.0, -50.0)]
        [-0.3665, -50.0]
    """
    # below -15 the two sides differ by less than 2e-7, and softplus loses digits
    return ops.where(x < -15.0, x, ops.log(ops.softplus(ops.maximum(x, -15.0))))


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
