"""Parts of transformers: attention with rotary positions, and the class token and positions of a vision transformer."""

import keras
import numpy as np

from deepbio.errors import ModelError
from deepbio.layers.base import Layer, ops


@keras.saving.register_keras_serializable(package="deepbio")
class RotaryAttention(Layer):
    """Self-attention whose scores depend on the distance of two positions (Su et al. 2021, arXiv:2104.09864).

    Args:
        num_heads: Number of heads, which share the channels.
        base: Constant of the wavelengths, which run from `2 pi` to `2 pi base` positions. `None` leaves positions out, for a
            network that adds them to its tokens.
        use_bias: Whether queries, keys and values have biases.
        dropout: Dropout rate of the attention weights.

    Input shape: `(batch, positions, channels)`, positions fixed, channels a multiple of `2 * num_heads`.
    Output shape: The same.
    """

    def __init__(
        self,
        num_heads: int,
        *,
        base: float | None = 10_000.0,
        use_bias: bool = False,
        dropout: float = 0.0,
        **options,
    ):
        super().__init__(**options)
        self.num_heads, self.base, self.use_bias, self.dropout = num_heads, base, use_bias, dropout
        self._drop = keras.layers.Dropout(dropout)

    def build(self, input_shape):
        """Build the two dense layers."""
        channels = input_shape[-1]
        if channels % (2 * self.num_heads):
            raise ModelError(
                f"RotaryAttention of {self.num_heads} heads needs a multiple of {2 * self.num_heads} channels; "
                f"received {channels}."
            )
        self._project = keras.layers.Dense(
            3 * channels, use_bias=self.use_bias, dtype=self.dtype_policy, name="project"
        )
        self._join = keras.layers.Dense(channels, dtype=self.dtype_policy, name="join")
        self._project.build(input_shape)
        self._join.build(input_shape)

    def call(self, x, training=False):
        """Project to queries, keys and values; rotate; attend; combine the heads."""
        _, positions, channels = x.shape
        size = channels // self.num_heads
        split = ops.reshape(self._project(x), (-1, positions, 3, self.num_heads, size))
        query, key, value = (ops.transpose(split[:, :, i], (0, 2, 1, 3)) for i in range(3))
        if self.base is not None:
            angles = np.arange(positions)[:, None] * self.base ** (-np.arange(0, size, 2) / size)
            cos, sin = (ops.cast(f(angles).astype("float32"), query.dtype) for f in (np.cos, np.sin))
            query, key = _rotate(query, cos, sin), _rotate(key, cos, sin)
        scores = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))) / size**0.5
        weights = ops.cast(ops.softmax(ops.cast(scores, "float32"), axis=-1), value.dtype)
        if self.dropout:
            weights = self._drop(weights, training=training)
        heads = ops.transpose(ops.matmul(weights, value), (0, 2, 1, 3))
        return self._join(ops.reshape(heads, (-1, positions, channels)))


def _rotate(x, cos, sin):
    """Rotate each pair (channel, channel + half) by the angle of its position."""
    half = x.shape[-1] // 2
    first, second = x[..., :half], x[..., half:]
    return ops.concatenate([first * cos - second * sin, first * sin + second * cos], axis=-1)


@keras.saving.register_keras_serializable(package="deepbio")
class ClassTokenAndPositions(Layer):
    """Prepend a learned token and add a learned vector at each position (Dosovitskiy et al. 2021, arXiv:2010.11929).

    Input shape: `(batch, tokens, channels)`.
    Output shape: `(batch, tokens + 1, channels)`.

    Example:
        >>> ClassTokenAndPositions()(keras.ops.zeros((2, 4, 8))).shape[1]
        5
    """

    def build(self, input_shape):
        """Create the token and the vectors of the positions."""
        _, tokens, channels = input_shape
        small = keras.initializers.TruncatedNormal(stddev=0.02)
        self.token = self.add_weight(shape=(1, 1, channels), initializer=small, name="token")
        self.positions = self.add_weight(shape=(1, tokens + 1, channels), initializer=small, name="positions")

    def call(self, x):
        """Prepend the token, and add the positions."""
        token = ops.broadcast_to(ops.cast(self.token, x.dtype), (ops.shape(x)[0], 1, x.shape[-1]))
        return ops.concatenate([token, x], axis=1) + ops.cast(self.positions, x.dtype)

    def compute_output_shape(self, input_shape):
        """Return `(batch, tokens + 1, channels)`."""
        return (input_shape[0], input_shape[1] + 1, input_shape[2])
