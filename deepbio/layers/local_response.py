"""Local response normalisation across channels (Krizhevsky et al. 2012, doi:10.1145/3065386, section 3.3)."""

from __future__ import annotations

from typing import Any

import keras

ops: Any = keras.ops


@keras.saving.register_keras_serializable("deepbio")
class LocalResponseNormalization(keras.layers.Layer):
    """Divide each value by a power of the sum of squares in the channels beside it.

    `y = x / (bias + alpha * sum of squares of `width` channels around) ** beta`, with the paper's constants.

    Args:
        width: channels in the sum, odd.
        bias, alpha, beta: of the formula.

    Input shape: `(batch, height, width, channels)`; output shape the same.

    Example:
        >>> float(LocalResponseNormalization(width=1, bias=0.0, alpha=1.0, beta=0.5)(2 * keras.ops.ones((1, 1, 1, 1)))[0, 0, 0, 0])
        1.0
    """

    def __init__(
        self, *, width: int = 5, bias: float = 2.0, alpha: float = 1e-4, beta: float = 0.75, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.width, self.bias, self.alpha, self.beta = width, bias, alpha, beta

    def call(self, x):
        """Apply the layer."""
        channels, half = x.shape[-1], self.width // 2
        squares = ops.pad(ops.square(x), ((0, 0), (0, 0), (0, 0), (half, half)))
        total = squares[..., :channels]
        for shift in range(1, self.width):
            total = total + squares[..., shift : shift + channels]
        return x / ops.power(self.bias + self.alpha * total, self.beta)

    def compute_output_shape(self, input_shape):
        """Return the shape of the output."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the layer."""
        own = {"width": self.width, "bias": self.bias, "alpha": self.alpha, "beta": self.beta}
        return {**super().get_config(), **own}
