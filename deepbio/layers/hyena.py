"""Long convolutions whose filter is a small network of the position, and tokens of one base, as HyenaDNA reads them."""

import itertools
import math

import keras
import numpy as np

from deepbio.errors import ModelError
from deepbio.layers.base import Layer, ops

_BANDS = 1e-4  # lowest frequency of the position features
_FAST, _SLOW, _TARGET, _FLOOR = 0.3, 1.5, 1e-2, 0.05  # window of the filters


@keras.saving.register_keras_serializable(package="deepbio")
class BaseEmbedding(Layer):
    """Embed each base by a row of a vocabulary that has special tokens, too.

    In HyenaDNA's vocabulary of 16 rows, seven special tokens come before A, C, G, T and N. One-hot rows are multiplied, not looked
    up, so that gradients reach the bases.

    Args:
        embedding_dim: Channels of a token.
        vocabulary_size: Number of rows.
        first: Row of A; C, G, T and N follow.

    Input shape: `(batch, length, 4)` one-hot.
    Output shape: `(batch, length, embedding_dim)`.

    Example:
        >>> layer = BaseEmbedding(1)
        >>> one_hot = keras.ops.one_hot([[0, 3, -1]], 4)  # A, T and N
        >>> _ = layer(one_hot)
        >>> _ = layer.embeddings.assign(keras.ops.reshape(keras.ops.arange(16.0), (16, 1)))
        >>> layer(one_hot)[0, :, 0].numpy().tolist()
        [7.0, 10.0, 11.0]
    """

    def __init__(self, embedding_dim: int, vocabulary_size: int = 16, *, first: int = 7, **options):
        super().__init__(**options)
        self.embedding_dim, self.vocabulary_size, self.first = embedding_dim, vocabulary_size, first

    def build(self, input_shape):
        """Create the embedding."""
        shape, small = (self.vocabulary_size, self.embedding_dim), keras.initializers.RandomNormal(stddev=0.02)
        self.embeddings = self.add_weight(name="embeddings", shape=shape, initializer=small)

    def call(self, one_hot):
        """Mix the rows of the four bases, and that of N by what is left of 1."""
        table = ops.cast(self.embeddings[self.first : self.first + 5], one_hot.dtype)
        rest = 1 - ops.sum(one_hot, axis=-1, keepdims=True)
        return ops.matmul(one_hot, table[:4]) + rest * table[4]

    def compute_output_shape(self, input_shape):
        """Return `(batch, length, embedding_dim)`."""
        return (*input_shape[:2], self.embedding_dim)


@keras.saving.register_keras_serializable(package="deepbio")
class LongConvolution(Layer):
    """Convolve each channel with a causal filter as long as the window, computed from the position (Poli et al. 2023).

    The filter at a position is a network of features of that position: `position / (max_length - 1)`, and cosines and sines. Its
    layers are `sin(frequency * (features @ kernel + bias))`, and the last is linear. A window of exponential decay, faster for
    later channels, multiplies it. A skip connection scales the input by a bias of each channel. The convolution is a product of
    Fourier transforms in float32, so time grows as `length * log(length)`.

    Args:
        max_length: Length of the windows of pretraining, which scales the positions; windows are no longer.
        filter_units: Units of the hidden layers of the filter's network.
        features: Number of position features, odd.
        num_inner: Number of hidden layers after the first.
        frequency: Initial frequency of the sines.

    Input shape: `(batch, length, channels)`, length fixed.
    Output shape: The same.

    Source: Nguyen et al. 2023, arXiv:2306.15794; Poli et al. 2023, arXiv:2302.10866.
    """

    def __init__(
        self,
        max_length: int,
        *,
        filter_units: int = 64,
        features: int = 5,
        num_inner: int = 2,
        frequency: float = 10.0,
        **options,
    ):
        super().__init__(**options)
        self.max_length, self.filter_units, self.features = max_length, filter_units, features
        self.num_inner, self.frequency = num_inner, frequency
        if features < 3 or features % 2 == 0:
            raise ModelError(f"LongConvolution: features is odd and at least 3; received {features}.")

    def build(self, input_shape):
        """Create the network of the filter, and the scale of the skip connection."""
        length, channels = input_shape[1:]
        if length is None or length > self.max_length:
            raise ModelError(
                f"LongConvolution takes windows of at most max_length={self.max_length} positions; received {length}."
            )
        small = keras.initializers.RandomNormal(stddev=0.02)
        sizes = [self.features, *(self.filter_units,) * (self.num_inner + 1)]
        self.kernels, self.biases = [], []
        for i, (before, units) in enumerate(itertools.pairwise(sizes), start=1):
            self.kernels.append(self.add_weight(name=f"kernel_{i}", shape=(before, units), initializer=small))
            self.biases.append(self.add_weight(name=f"bias_{i}", shape=(units,), initializer="zeros"))
        constant = keras.initializers.Constant(self.frequency)
        self.sine_frequency = self.add_weight(name="frequency", shape=(self.filter_units,), initializer=constant)
        self.last_kernel = self.add_weight(name="kernel", shape=(self.filter_units, channels), initializer=small)
        normal = keras.initializers.RandomNormal(stddev=1.0)
        self.skip = self.add_weight(name="skip", shape=(channels,), initializer=normal)

    def filters(self, length: int):
        """Return the filters of the first `length` positions, float32 `(length, channels)`."""
        step = ops.cast(ops.expand_dims(ops.arange(length), 1), "float32")
        time = step / (self.max_length - 1)
        count = (self.features - 1) // 2
        bands = ops.convert_to_tensor(np.linspace(_BANDS, count - 1, count, dtype=np.float32)[None])
        angles = bands * (2 * math.pi * step / self.max_length)
        x = ops.concatenate([time, ops.cos(angles), -ops.sin(angles)], axis=1)
        for kernel, bias in zip(self.kernels, self.biases, strict=True):
            x = ops.matmul(x, ops.cast(kernel, "float32")) + ops.cast(bias, "float32")
            x = ops.sin(ops.cast(self.sine_frequency, "float32") * x)
        x = ops.matmul(x, ops.cast(self.last_kernel, "float32"))
        return x * (ops.exp(-time * ops.convert_to_tensor(decay_rates(x.shape[1])[None])) + _FLOOR)

    def call(self, x):
        """Multiply the Fourier transforms of input and filter, and add the scaled input."""
        length = x.shape[1]
        size = 1 << (2 * length - 1).bit_length()  # padded, so that the end does not reach the beginning
        rows = ops.transpose(ops.cast(x, "float32"), (0, 2, 1))
        real, imaginary = ops.rfft(rows, fft_length=size)
        filter_real, filter_imaginary = ops.rfft(ops.transpose(self.filters(length)), fft_length=size)
        product = (
            real * filter_real - imaginary * filter_imaginary,
            real * filter_imaginary + imaginary * filter_real,
        )
        y = ops.transpose(ops.irfft(product, fft_length=size)[..., :length], (0, 2, 1))
        return ops.cast(y, x.dtype) + x * ops.cast(self.skip, x.dtype)


def decay_rates(channels: int) -> np.ndarray:
    """Return the rates at which the filters of HyenaDNA decay, one per channel, float32.

    At the last position the slowest filter has decayed to `0.01 ** (1 / 1.5)` of its start and the fastest to `0.01 ** (1 / 0.3)`.

    Example:
        >>> [round(float(rate), 2) for rate in decay_rates(2)]
        [3.07, 15.35]
    """
    return -np.linspace(math.log(_TARGET) / _SLOW, math.log(_TARGET) / _FAST, channels, dtype=np.float32)
