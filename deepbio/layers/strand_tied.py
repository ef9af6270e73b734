"""Layers that read both strands with the same weights (Shrikumar et al. 2017, doi:10.1101/103663).

Channels come in pairs, one for each strand: channel `c` of the reverse complement is channel `channels - 1 - c` of the
sequence, read backwards, as it is for one-hot DNA in the order A C G T.
"""

from __future__ import annotations

from typing import Any

import keras

from deepbio.errors import ModelError

ops: Any = keras.ops  # its annotations name one backend's tensors only


@keras.saving.register_keras_serializable(package="deepbio")
class StrandTiedConv1D(keras.layers.Layer):
    """Convolve with filters of which the second half are the first half's reverse complements.

    If the input is replaced by its reverse complement (positions and channels turned around), so is the output.

    Args:
        filters: an even number; half of them are free.
        width: in positions.
        options: `padding` (`"same"` wants an odd width), `dilation_rate`, `activation`, `use_bias`.

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
        self, filters: int, width: int, *, padding="valid", dilation_rate=1, activation=None, use_bias=True, **options
    ):
        super().__init__(**options)
        if filters % 2:
            raise ModelError(f"Strand-tied filters come in pairs; received {filters} filters.")
        if padding == "same" and width % 2 == 0:
            raise ModelError(f"A strand-tied convolution with padding needs an odd width; received {width}.")
        self.filters, self.width, self.padding = filters, width, padding
        self.dilation_rate, self.use_bias = dilation_rate, use_bias
        self.activation = keras.activations.get(activation)
        self.lora_enabled = False

    def build(self, input_shape):
        """Make the free half of the filters."""
        half = self.filters // 2
        self._kernel = self.add_weight(shape=(self.width, input_shape[-1], half), name="kernel")
        self.bias = self.add_weight(shape=(half,), initializer="zeros", name="bias") if self.use_bias else None

    def enable_lora(self, rank: int):
        """Freeze the free filters, and let a product of matrices of `rank` learn beside them, as Keras's own layers do."""
        self._tracker.unlock()
        shapes = {"a": (*self._kernel.shape[:-1], rank), "b": (rank, self._kernel.shape[-1])}
        self.lora_kernel_a = self.add_weight(shape=shapes["a"], initializer="he_uniform", name="lora_kernel_a")
        self.lora_kernel_b = self.add_weight(shape=shapes["b"], initializer="zeros", name="lora_kernel_b")
        self._kernel.trainable = False
        self._tracker.lock()
        self.lora_enabled, self.lora_rank, self.lora_alpha = True, rank, rank

    @property
    def kernel(self):
        """The free half of the filters, with what LoRA adds to them."""
        if not self.lora_enabled:
            return self._kernel
        return self._kernel + ops.matmul(self.lora_kernel_a, self.lora_kernel_b)

    def call(self, x):
        """Convolve with both halves."""
        kernel = ops.concatenate([self.kernel, ops.flip(self.kernel, (0, 1, 2))], axis=-1)
        y = ops.conv(
            x, ops.cast(kernel, x.dtype), padding=self.padding, dilation_rate=self.dilation_rate,
            data_format="channels_last",
        )  # fmt: skip
        if self.bias is not None:
            y = y + ops.cast(ops.concatenate([self.bias, ops.flip(self.bias, 0)]), y.dtype)
        return self.activation(y)

    def compute_output_shape(self, input_shape):
        """Return `(batch, positions, filters)`."""
        lost = 0 if self.padding == "same" else (self.width - 1) * self.dilation_rate
        return (input_shape[0], None if input_shape[1] is None else input_shape[1] - lost, self.filters)

    def get_config(self):
        """Return what `from_config` needs."""
        return {
            **super().get_config(),
            "filters": self.filters, "width": self.width, "padding": self.padding, "dilation_rate": self.dilation_rate,
            "activation": keras.activations.serialize(self.activation), "use_bias": self.use_bias,
        }  # fmt: skip


@keras.saving.register_keras_serializable(package="deepbio")
class StrandTiedBatchNormalization(keras.layers.Layer):
    """Normalise the two channels of a pair by the same mean, variance, scale and shift.

    Input shape: `(batch, positions, channels)`, channels even.
    Output shape: the same.
    """

    def __init__(self, *, momentum: float = 0.99, epsilon: float = 1e-3, **options):
        super().__init__(**options)
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, input_shape):
        """Make the batch norm of half the channels."""
        self._norm = keras.layers.BatchNormalization(
            momentum=self.momentum, epsilon=self.epsilon, dtype=self.dtype_policy, name="norm"
        )
        self._norm.build((*input_shape[:-1], input_shape[-1] // 2))

    def call(self, x, training=None):
        """Lay the second strand behind the first, normalise, and lay it back."""
        positions, half = x.shape[1], x.shape[2] // 2
        stacked = ops.concatenate([x[..., :half], ops.flip(x[..., half:], 2)], axis=1)
        y = self._norm(stacked, training=training)
        return ops.concatenate([y[:, :positions], ops.flip(y[:, positions:], 2)], axis=2)

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return input_shape

    def get_config(self):
        """Return what `from_config` needs."""
        return {**super().get_config(), "momentum": self.momentum, "epsilon": self.epsilon}


@keras.saving.register_keras_serializable(package="deepbio")
class StrandMean(keras.layers.Layer):
    """Average the two channels of each pair, one read backwards: the result is the same for both strands of a sequence.

    Input shape: `(batch, positions, channels)`, channels even.
    Output shape: `(batch, positions, channels / 2)`.

    Example:
        >>> x = keras.ops.array([[[1.0, 2.0], [3.0, 4.0]]])
        >>> StrandMean()(x)[0].numpy().tolist()
        [[2.5], [2.5]]
    """

    def call(self, x):
        """Add the sequence and its reverse complement."""
        half = x.shape[2] // 2
        return (x[..., :half] + ops.flip(x[..., half:], (1, 2))) / 2

    def compute_output_shape(self, input_shape):
        """Return `(batch, positions, channels / 2)`."""
        return (*input_shape[:2], input_shape[2] // 2)
