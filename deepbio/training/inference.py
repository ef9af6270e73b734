"""Logits of every example of a source, in batches through one compiled forward pass."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from deepbio.datasets import Source

_ATTRIBUTE = "_deepbio_forward"


def forward_pass(model: keras.Model):
    """Give the compiled forward pass of a model (inference mode), traced once and kept with the model."""
    compiled = getattr(model, _ATTRIBUTE, None)
    if compiled is None:
        compiled = tf.function(lambda x: model(x, training=False), reduce_retracing=True)
        object.__setattr__(model, _ATTRIBUTE, compiled)
    return compiled


def model_outputs(model: keras.Model, x: Source, *, batch_size: int = 256) -> np.ndarray:
    """Give the outputs of a model for every example, in order.

    Args:
        x: a source of the model's input shape.
        batch_size: examples in one pass; it does not change the result.

    Returns:
        float32 `(n, ...)`.
    """
    shape = (None, *x.shape[1:])
    forward = forward_pass(model)
    signature = tf.TensorSpec(shape, tf.as_dtype(np.dtype(x.dtype)))
    run = forward.get_concrete_function(signature)
    parts = []
    for first in range(0, len(x), batch_size):
        batch = x[np.arange(first, min(first + batch_size, len(x)))]
        parts.append(np.asarray(run(tf.constant(np.ascontiguousarray(batch))), np.float32))
    if not parts:
        return np.zeros((0, *model.output_shape[1:]), np.float32)
    return np.concatenate(parts)
