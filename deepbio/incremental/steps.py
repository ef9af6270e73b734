"""One step of a model read as a program, and the arithmetic of steps that see a window of positions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "input", "convolution", "pool", "pointwise", "shift", "flip", "flatten", "dense", "global_mean", "global_max", "whole",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a model.

    Args:
        name: Name of the layer or operation.
        kind: How its values depend on positions. `"convolution"`, `"pool"` and `"shift"` see a window of positions, `"pointwise"`
            the same position of every input, `"whole"` everything.
        inputs: Indices of the steps whose values it takes.
        call: Function of those values.
        shape: Shape of its values without the batch.
        linear: Whether `call` is linear, or linear plus a constant, in all inputs together.
        elementwise: Whether each value depends on one value of one input.
        left: Position `p` sees from `p * stride - left` on; of a shift, the positions by which the input moves right.
        span: Number of positions that one position sees.
        stride: Stride of a convolution or pool.
        dilation: Dilation of a convolution.
        pool: `"max"` or `"average"`.
        weights: Function that returns kernel and bias, which may be None.
        factor: Function that returns the factor and the term of a scale of each channel.
        operation: `"add"` or `"relu"` if that is what `call` does.
    """

    name: str
    kind: Kind
    inputs: tuple[int, ...]
    call: Callable[..., Any] = field(repr=False)
    shape: tuple[int, ...] = ()
    linear: bool = False
    elementwise: bool = False
    left: int = 0
    span: int = 1
    stride: int = 1
    dilation: int = 1
    pool: str = ""
    weights: Callable[[], tuple[Any, Any]] | None = field(default=None, repr=False)
    factor: Callable[[], tuple[Any, Any]] | None = field(default=None, repr=False)
    operation: str = ""

    @property
    def is_positional(self) -> bool:
        """Whether the values are `(positions, channels)`."""
        return len(self.shape) == 2


def convolve(x: Any, kernel: Any, bias: Any, *, stride: int = 1, dilation: int = 1) -> Any:
    """Convolve positions `(batch, positions, channels)` without padding."""
    import tensorflow as tf

    y = tf.nn.conv2d(x[:, None], kernel[None], (1, stride), "VALID", dilations=(1, dilation))
    return (y if bias is None else tf.nn.bias_add(y, bias))[:, 0]


def dilated_convolution(x: Any, kernel: Any, bias: Any, dilation: int) -> Any:
    """Convolve with dilation; its gradient is a convolution too, because TensorFlow has none of its own on processors."""
    import tensorflow as tf

    @tf.custom_gradient
    def function(x):
        def gradient(upstream):
            span = (kernel.shape[0] - 1) * dilation
            padded = tf.pad(upstream, ((0, 0), (span, span), (0, 0)))
            return convolve(padded, tf.transpose(kernel[::-1], (0, 2, 1)), None, dilation=dilation)

        return convolve(x, kernel, None, dilation=dilation), gradient

    y: Any = function(x)
    return y if bias is None else tf.nn.bias_add(y, bias)


def pooled(x: Any, *, size: int, stride: int, pool: str) -> Any:
    """Pool positions `(batch, positions, channels)` without padding."""
    import tensorflow as tf

    function = tf.nn.max_pool2d if pool == "max" else tf.nn.avg_pool2d
    return function(x[:, None], (1, size), (1, stride), "VALID")[:, 0]


def padding_of(padding: str, length: int, span: int, stride: int) -> tuple[int, int]:
    """Return the positions that TensorFlow adds before and after."""
    if padding == "valid":
        return 0, 0
    if padding == "causal":
        return span - 1, 0
    total = max((-(-length // stride) - 1) * stride + span - length, 0)
    return total // 2, total - total // 2


def factor_and_term(layer: Any) -> tuple[Any, Any]:
    """Return batch normalization in inference as a factor and a term of each channel."""
    import tensorflow as tf

    mean, variance = tf.convert_to_tensor(layer.moving_mean), tf.convert_to_tensor(layer.moving_variance)
    factor = tf.math.rsqrt(variance + layer.epsilon)
    if layer.scale:
        factor = factor * layer.gamma
    term = -mean * factor
    return factor, term + layer.beta if layer.center else term
