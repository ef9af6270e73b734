"""Precision: temporary Keras dtype policies, and the loss scale that keeps float16 gradients from vanishing."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from deepbio.errors import TrainingError


@contextlib.contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Build layers under a dtype policy inside the block, and restore the user's policy after it.

    Example:
        >>> with dtype_policy("mixed_bfloat16"):
        ...     keras.layers.Dense(1).compute_dtype
        'bfloat16'
        >>> keras.layers.Dense(1).compute_dtype
        'float32'
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def check_bfloat16(policy: str) -> None:
    """Refuse to compute in bfloat16 on a processor whose convolutions are wrong in it.

    oneDNN's kernels for AMX (Intel processors since Sapphire Rapids), which TensorFlow 2.21 uses, return wrong values for some
    sizes of kernels, such as 24 bases of DNA. One such convolution is computed and compared.

    Args:
        policy: Dtype policy that the model will have.

    Raises:
        TrainingError: The convolution is wrong.

    Example:
        >>> check_bfloat16("float32")
    """
    if "bfloat16" not in policy or tf.config.list_physical_devices("GPU"):
        return
    random = np.random.default_rng(0)
    x, kernel = (random.normal(size=shape).astype(np.float32) for shape in ((1, 1, 60, 4), (1, 24, 4, 16)))
    exact, rough = (convolved(x, kernel, dtype) for dtype in (tf.float32, tf.bfloat16))
    error = float(np.abs(exact - rough).max() / np.abs(exact).max())
    if not error < 0.05:
        raise TrainingError(
            f"Expected a convolution in bfloat16 within 5% of float32; this processor's differs by {error:.0%}. Set the environment "
            "variable ONEDNN_MAX_CPU_ISA=AVX512_CORE_FP16 before Python starts, which avoids the faulty kernels of oneDNN, or use "
            "precision='float32'."
        )


def convolved(x: np.ndarray, kernel: np.ndarray, dtype: tf.DType) -> np.ndarray:
    """Return a convolution that was computed in a dtype, as float32."""
    return tf.cast(tf.nn.conv2d(tf.cast(x, dtype), tf.cast(kernel, dtype), 1, "VALID"), tf.float32).numpy()


def computes_in_float16(layers: list[Any]) -> bool:
    """Return whether any layer computes in float16, in which small gradients vanish."""
    return any(getattr(layer, "compute_dtype", None) == "float16" for layer in layers)


class LossScale:
    """A factor on the loss: halved when a gradient overflows (that step is skipped), doubled after 2,000 finite steps.

    Create and update it in cross-replica context. Source: Micikevicius et al. 2018, arXiv:1710.03740.
    """

    START = 2.0**15
    GOOD_STEPS = 2000
    MIN = 2.0**-10

    def __init__(self) -> None:
        first = tf.VariableAggregation.ONLY_FIRST_REPLICA
        self.value = tf.Variable(tf.constant(self.START), trainable=False, name="loss_scale", aggregation=first)
        self.good_steps = tf.Variable(tf.constant(0, tf.int64), trainable=False, name="good_steps", aggregation=first)

    @property
    def variables(self) -> list[tf.Variable]:
        """The variables that a checkpoint stores."""
        return [self.value, self.good_steps]

    def update(self, finite: tf.Tensor) -> None:
        """Update the scale, inside the graph, from whether a step's gradients were finite."""
        good = tf.where(finite, self.good_steps + 1, 0)
        grow = good >= self.GOOD_STEPS
        factor = tf.where(finite, tf.where(grow, 2.0, 1.0), 0.5)
        self.value.assign(tf.minimum(self.value * factor, 2.0**24))
        self.good_steps.assign(tf.where(grow, tf.zeros_like(good), good))
