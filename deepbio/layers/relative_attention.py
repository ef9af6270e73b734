"""Parts of Enformer and Borzoi: attention with relative position features, and pooling by attention (Avsec et al. 2021)."""

import math

import keras
import numpy as np

from deepbio.errors import ModelError
from deepbio.layers.base import Layer, ops


def position_features(length: int, channels: int, *, kinds: tuple[str, ...]) -> np.ndarray:
    """Return features of the distances from `-(length - 1)` to `length - 1` between two positions.

    Each kind has as many features as the others. They are features of the distance without its sign, followed by the same ones
    times the sign. In float64 throughout; the features recorded from the authors' float32 program differ by rounding, up to
    0.0025 in the gamma kind.

    Args:
        length: Number of positions.
        channels: Number of features, a multiple of `2 * len(kinds)`.
        kinds: `"exponential"` decays with half-lives from 8 positions to `length`; `"central_mask"` is 1 within `2**i - 1`
            positions; `"scaled_central_mask"` within `(length + 1) ** (i / n) - 1`; `"gamma"` is a gamma density over distance,
            divided by its largest value; `"gamma_by_position"` is divided by the largest density at each distance instead, as
            enformer-pytorch does unless `use_tf_gamma` is on.

    Returns:
        float32 `(2 * length - 1, channels)`.

    Raises:
        ModelError: The number of features does not divide, or a kind is unknown.

    Example:
        >>> position_features(3, 2, kinds=("scaled_central_mask",)).tolist()
        [[1.0, -1.0], [1.0, -1.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0]]
    """
    if unknown := set(kinds) - _KINDS.keys():
        raise ModelError(f"Position features are of the kinds {', '.join(_KINDS)}; received {sorted(unknown)[0]!r}.")
    if not kinds or channels % (2 * len(kinds)):
        raise ModelError(
            f"Position features of {len(kinds)} kinds are a multiple of {2 * len(kinds)}; received {channels}."
        )
    count, signed = channels // (2 * len(kinds)), np.arange(-length + 1, length, dtype=np.float64)
    distance = np.abs(signed)[:, None]
    features = np.concatenate([_KINDS[kind](distance, count, length) for kind in kinds], axis=1)
    return np.concatenate([features, np.sign(signed)[:, None] * features], axis=1).astype(np.float32)


def _exponential(distance: np.ndarray, count: int, length: int) -> np.ndarray:
    half_life = 2.0 ** np.linspace(3.0, math.log2(length), count)
    return 0.5 ** (distance / half_life)


def _central_mask(distance: np.ndarray, count: int, length: int) -> np.ndarray:
    return (2.0 ** np.arange(1, count + 1) - 1 > distance).astype(np.float64)


def _scaled_central_mask(distance: np.ndarray, count: int, length: int) -> np.ndarray:
    return ((length + 1.0) ** (np.arange(1, count + 1) / count) - 1 > distance).astype(np.float64)


def _gamma_density(distance: np.ndarray, count: int, length: int) -> np.ndarray:
    std, mean = length / (2 * count), np.linspace(length / count, length, count)
    shape, rate = (mean / std) ** 2, mean / std**2
    # the densities have a shape above 1, so all are 0 at distance 0
    log = (shape - 1) * np.log(np.maximum(distance, 1e-300)) - rate * distance
    constant = np.array([math.lgamma(value) for value in shape]) - shape * np.log(rate)
    return np.where(distance > 0, np.exp(log - constant), 0.0) + 1e-8


def _gamma(distance: np.ndarray, count: int, length: int) -> np.ndarray:
    density = _gamma_density(distance, count, length)
    return density / density.max(axis=0, keepdims=True)


def _gamma_by_position(distance: np.ndarray, count: int, length: int) -> np.ndarray:
    density = _gamma_density(distance, count, length)
    return density / density.max(axis=1, keepdims=True)


_KINDS = {
    "exponential": _exponential,
    "central_mask": _central_mask,
    "gamma": _gamma,
    "gamma_by_position": _gamma_by_position,
    "scaled_central_mask": _scaled_central_mask,
}


@keras.saving.register_keras_serializable(package="deepbio")
class RelativeAttention(Layer):
    """Self-attention whose scores add a learned function of the distance (Avsec et al. 2021, doi:10.1038/s41592-021-01252-x).

    The score of a query and a key is `(q + u) k + (q + v) W f(distance)`, with `f` the position features, `q` divided by the root
    of `key_dim`, and learned `u`, `v` and `W` of each head (Dai et al. 2019, arXiv:1901.02860).

    Args:
        num_heads: Number of heads.
        key_dim, value_dim: Channels of a query or key, and of a value, of one head.
        features: Number of position features.
        kinds: Kinds of the features; see `position_features`.
        dropout: Dropout rate of the attention weights.
        position_dropout: Dropout rate of the position features.

    Input shape: `(batch, positions, channels)`, positions fixed.
    Output shape: The same.
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int,
        *,
        features: int,
        kinds: tuple[str, ...],
        dropout: float = 0.0,
        position_dropout: float = 0.0,
        **options,
    ):
        super().__init__(**options)
        self.num_heads, self.key_dim, self.value_dim = num_heads, key_dim, value_dim
        self.features, self.kinds = features, tuple(kinds)
        self.dropout, self.position_dropout = dropout, position_dropout
        self._drop, self._drop_positions = keras.layers.Dropout(dropout), keras.layers.Dropout(position_dropout)

    def build(self, input_shape):
        """Create the projections and the two biases of the scores."""
        *_, channels = input_shape
        keys, values = self.num_heads * self.key_dim, self.num_heads * self.value_dim
        plain = {"use_bias": False, "dtype": self.dtype_policy}
        self._query, self._key = (keras.layers.Dense(keys, name=name, **plain) for name in ("query", "key"))
        self._value = keras.layers.Dense(values, name="value", **plain)
        self._position = keras.layers.Dense(keys, name="position", **plain)
        # starting from zero, each residual begins as the identity
        self._join = keras.layers.Dense(channels, kernel_initializer="zeros", dtype=self.dtype_policy, name="join")
        for layer in (self._query, self._key, self._value):
            layer.build(input_shape)
        self._position.build((None, self.features))
        self._join.build((*input_shape[:-1], values))
        shape, normal = (self.num_heads, 1, self.key_dim), keras.initializers.HeNormal()
        self.content_bias = self.add_weight(name="content_bias", shape=shape, initializer=normal)
        self.position_bias = self.add_weight(name="position_bias", shape=shape, initializer=normal)

    def call(self, x, training=False):
        """Compute the scores from content and distance, attend, and combine the heads."""
        length = x.shape[1]
        query = self._heads(self._query(x)) / self.key_dim**0.5
        key, value = self._heads(self._key(x)), self._heads(self._value(x))
        features = ops.cast(position_features(length, self.features, kinds=self.kinds), x.dtype)
        positions = self._position(self._drop_positions(features, training=training))
        positions = ops.transpose(ops.reshape(positions, (2 * length - 1, self.num_heads, self.key_dim)), (1, 2, 0))
        scores = ops.matmul(query + ops.cast(self.content_bias, x.dtype), ops.transpose(key, (0, 1, 3, 2)))
        by_distance = ops.matmul(query + ops.cast(self.position_bias, x.dtype), ops.expand_dims(positions, 0))
        scores = ops.cast(scores + _by_key(by_distance), "float32")
        weights = self._drop(ops.cast(ops.softmax(scores, axis=-1), x.dtype), training=training)
        heads = ops.transpose(ops.matmul(weights, value), (0, 2, 1, 3))
        return self._join(ops.reshape(heads, (-1, length, self.num_heads * self.value_dim)))

    def _heads(self, x):
        split = ops.reshape(x, (-1, x.shape[1], self.num_heads, x.shape[2] // self.num_heads))
        return ops.transpose(split, (0, 2, 1, 3))


def _by_key(x):
    """Turn scores by distance, `(batch, heads, n, 2n - 1)`, into scores by key, `(batch, heads, n, n)`.

    Query `i` sees key `j` at distance `j - i`, which is column `n - 1 + j - i`. Written in rows that are one longer, all columns
    of one key line up.
    """
    _, heads, n, distances = x.shape
    x = ops.pad(x, ((0, 0), (0, 0), (0, 0), (1, 0)))
    x = ops.reshape(x, (-1, heads, distances + 1, n))[:, :, 1:]
    return ops.reshape(x, (-1, heads, n, distances))[..., :n]


@keras.saving.register_keras_serializable(package="deepbio")
class AttentionPooling1D(Layer):
    """Pool adjacent positions by weights that each channel learns from all channels (Avsec et al. 2021).

    The weights are a softmax over the positions of a pool, of the positions times a square matrix. The matrix starts as twice the
    identity, so that pooling starts between the mean and the maximum.

    Args:
        pool_size: Number of positions of a pool.

    Input shape: `(batch, positions, channels)`, positions a multiple of `pool_size`.
    Output shape: `(batch, positions / pool_size, channels)`.

    Example:
        >>> pooled = AttentionPooling1D()(keras.ops.array([[[0.0], [1.0]]]))
        >>> round(float(pooled[0, 0, 0]), 4)
        0.8808
    """

    def __init__(self, pool_size: int = 2, **options):
        super().__init__(**options)
        self.pool_size = pool_size

    def build(self, input_shape):
        """Create the matrix."""
        channels, twice = input_shape[-1], keras.initializers.Identity(gain=2.0)
        self.kernel = self.add_weight(name="kernel", shape=(channels, channels), initializer=twice)

    def call(self, x):
        """Return the weighted mean of each pool."""
        _, positions, channels = x.shape
        scores = ops.matmul(x, ops.cast(self.kernel, x.dtype))
        pools = (-1, positions // self.pool_size, self.pool_size, channels)
        weights = ops.softmax(ops.cast(ops.reshape(scores, pools), "float32"), axis=2)
        return ops.sum(ops.reshape(x, pools) * ops.cast(weights, x.dtype), axis=2)

    def compute_output_shape(self, input_shape):
        """Return `(batch, positions / pool_size, channels)`."""
        return (input_shape[0], input_shape[1] // self.pool_size, input_shape[2])
