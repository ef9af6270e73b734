"""Layers that read both strands with the same weights (Shrikumar et al. 2017, doi:10.1101/103663).

Channels come in pairs, one per strand: channel `c` of the reverse complement is channel `channels - 1 - c` of the sequence,
read backwards, as in one-hot DNA in the order A C G T.
"""

import keras

from deepbio.errors import ModelError
from deepbio.layers.base import Layer, ops


@keras.saving.register_keras_serializable(package="deepbio")
class StrandTiedConv1D(Layer):
    """Convolve with filters whose second half are the reverse complements of the first half.

    If the input is replaced by its reverse complement (positions and channels reversed), so is the output.

    Args:
        filters: Number of filters, even; half of them are free.
        kernel_size: Number of positions; odd with `padding="same"`.
        padding, dilation_rate, activation, use_bias: See `keras.layers.Conv1D`.

    Input shape: `(batch, positions, channels)`.
    Output shape: `(batch, positions, filters)`.

    Example:
        >>> x = keras.ops.array([[[1.0, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0]]])
        >>> layer = StrandTiedConv1D(2, 3, padding="same")
        >>> turned = keras.ops.flip(layer(keras.ops.flip(x, (1, 2))), (1, 2))
        >>> bool(keras.ops.all(abs(layer(x) - turned) < 1e-5))
        True
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        *,
        padding="valid",
        dilation_rate=1,
        activation=None,
        use_bias=True,
        **options,
    ):
        super().__init__(**options)
        if filters % 2:
            raise ModelError(f"Strand-tied filters come in pairs; received {filters} filters.")
        if padding == "same" and kernel_size % 2 == 0:
            raise ModelError(f"Strand-tied convolution with padding needs an odd kernel_size; received {kernel_size}.")
        self.filters, self.kernel_size, self.padding = filters, kernel_size, padding
        self.dilation_rate, self.use_bias = dilation_rate, use_bias
        self.activation = keras.activations.get(activation)
        self.lora_enabled = False

    def build(self, input_shape):
        """Create the free half of the filters."""
        half = self.filters // 2
        self._kernel = self.add_weight(shape=(self.kernel_size, input_shape[-1], half), name="kernel")
        self.bias = self.add_weight(shape=(half,), initializer="zeros", name="bias") if self.use_bias else None

    def enable_lora(self, rank: int):
        """Freeze the free filters, and add a trainable product of two matrices of `rank`, as Keras's own layers do."""
        self._tracker.unlock()
        *rows, columns = self._kernel.shape
        self.lora_kernel_a = self.add_weight(shape=(*rows, rank), initializer="he_uniform", name="lora_kernel_a")
        self.lora_kernel_b = self.add_weight(shape=(rank, columns), initializer="zeros", name="lora_kernel_b")
        self._kernel.trainable = False
        self._tracker.lock()
        self.lora_enabled, self.lora_rank, self.lora_alpha = True, rank, rank

    @property
    def kernel(self):
        """Free half of the filters, including what LoRA adds to them."""
        if not self.lora_enabled:
            return self._kernel
        return self._kernel + ops.matmul(self.lora_kernel_a, self.lora_kernel_b)

    def call(self, x):
        """Convolve with both halves."""
        kernel = ops.concatenate([self.kernel, ops.flip(self.kernel, (0, 1, 2))], axis=-1)
        shared = {"padding": self.padding, "dilation_rate": self.dilation_rate, "data_format": "channels_last"}
        y = ops.conv(x, ops.cast(kernel, x.dtype), **shared)
        if self.bias is not None:
            y = y + ops.cast(ops.concatenate([self.bias, ops.flip(self.bias, 0)]), y.dtype)
        return self.activation(y)

    def compute_output_shape(self, input_shape):
        """Return `(batch, positions, filters)`."""
        lost = 0 if self.padding == "same" else (self.kernel_size - 1) * self.dilation_rate
        return (input_shape[0], None if input_shape[1] is None else input_shape[1] - lost, self.filters)

    def get_config(self):
        """Return the arguments of the layer."""
        return {**super().get_config(), "activation": keras.activations.serialize(self.activation)}


@keras.saving.register_keras_serializable(package="deepbio")
class StrandTiedBatchNormalization(Layer):
    """Normalise both channels of a pair by the same mean, variance, scale and shift.

    Input shape: `(batch, positions, channels)`, channels even.
    Output shape: The same.
    """

    def __init__(self, *, momentum: float = 0.99, epsilon: float = 1e-3, **options):
        super().__init__(**options)
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, input_shape):
        """Create the batch normalisation of half the channels."""
        self._norm = keras.layers.BatchNormalization(
            momentum=self.momentum, epsilon=self.epsilon, dtype=self.dtype_policy, name="norm"
        )
        self._norm.build((*input_shape[:-1], input_shape[-1] // 2))

    def call(self, x, training=None):
        """Concatenate the strands along the positions, normalise, and separate them again."""
        positions, half = x.shape[1], x.shape[2] // 2
        stacked = ops.concatenate([x[..., :half], ops.flip(x[..., half:], 2)], axis=1)
        y = self._norm(stacked, training=training)
        return ops.concatenate([y[:, :positions], ops.flip(y[:, positions:], 2)], axis=2)


@keras.saving.register_keras_serializable(package="deepbio")
class StrandMean(Layer):
    """Average the two channels of each pair, one read backwards. The result is the same for both strands of a sequence.

    Input shape: `(batch, positions, channels)`, channels even.
    Output shape: `(batch, positions, channels / 2)`.

    Example:
        >>> x = keras.ops.array([[[1.0, 2.0], [3.0, 4.0]]])
        >>> StrandMean()(x)[0].numpy().tolist()
        [[2.5], [2.5]]
    """

    def call(self, x):
        """Average the sequence and its reverse complement."""
        half = x.shape[2] // 2
        return (x[..., :half] + ops.flip(x[..., half:], (1, 2))) / 2

    def compute_output_shape(self, input_shape):
        """Return `(batch, positions, channels / 2)`."""
        return (*input_shape[:2], input_shape[2] // 2)
