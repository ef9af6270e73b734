"""`RotaryAttention`: self-attention that knows positions by rotating queries and keys."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from deepbio.errors import ModelError

ops: Any = keras.ops  # its annotations name one backend's tensors only


@keras.saving.register_keras_serializable(package="deepbio")
class RotaryAttention(keras.layers.Layer):
    """Attend from every position to every other; the score of two depends on their distance (Su et al. 2021, arXiv:2104.09864).

    Args:
        heads: the channels are shared out among them.
        base: of the wavelengths, which run from `2 pi` to `2 pi base` positions.

    Input shape: `(batch, positions, channels)`, positions fixed, channels a multiple of `2 * heads`.
    Output shape: the same.
    """

    def __init__(self, heads: int, *, base: float = 10_000.0, **options):
        super().__init__(**options)
        self.heads, self.base = heads, base

    def build(self, input_shape):
        """Make the two dense layers and check the channels."""
        channels = input_shape[-1]
        if channels % (2 * self.heads):
            raise ModelError(
                f"RotaryAttention of {self.heads} heads needs a multiple of {2 * self.heads} channels; received {channels}."
            )
        self._project = keras.layers.Dense(3 * channels, use_bias=False, dtype=self.dtype_policy, name="project")
        self._join = keras.layers.Dense(channels, dtype=self.dtype_policy, name="join")
        self._project.build(input_shape)
        self._join.build(input_shape)

    def call(self, x):
        """Project to queries, keys and values; rotate; attend; join the heads."""
        _, positions, channels = x.shape
        size = channels // self.heads
        split = ops.reshape(self._project(x), (-1, positions, 3, self.heads, size))
        query, key, value = (ops.transpose(split[:, :, i], (0, 2, 1, 3)) for i in range(3))
        cos, sin = self._turns(positions, size, query.dtype)
        query, key = _rotate(query, cos, sin), _rotate(key, cos, sin)
        scores = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))) / size**0.5
        weights = ops.cast(ops.softmax(ops.cast(scores, "float32"), axis=-1), value.dtype)
        merge_splits = ops.transpose(ops.matmul(weights, value), (0, 2, 1, 3))
        return self._join(ops.reshape(merge_splits, (-1, positions, channels)))

    def _turns(self, positions: int, size: int, dtype: str):
        rates = self.base ** (-np.arange(0, size, 2) / size)
        angles = np.arange(positions)[:, None] * rates
        return ops.cast(np.cos(angles).astype("float32"), dtype), ops.cast(np.sin(angles).astype("float32"), dtype)

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return input_shape

    def get_config(self):
        """Return what `from_config` needs."""
        return {**super().get_config(), "heads": self.heads, "base": self.base}


def _rotate(x, cos, sin):
    """Turn each pair (channel, channel + half) by its position's angle."""
    half = x.shape[-1] // 2
    first, second = x[..., :half], x[..., half:]
    return ops.concatenate([first * cos - second * sin, first * sin + second * cos], axis=-1)
