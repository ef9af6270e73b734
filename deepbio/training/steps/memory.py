"""Refuse a training step whose tensors do not fit into the memory of the host, before it begins."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from deepbio.devices.graph import in_graph
from deepbio.devices.memory import gib, peak_bytes
from deepbio.errors import TrainingError
from deepbio.training.steps.recompute import Recomputed

_TRACED_FROM = 0.1  # of the free memory, in outputs of layers: below it a step fits whatever its kernels take


def check_step_memory(model: keras.Model, forward: Callable[[Any], Any], *, examples: int, free: int | None) -> None:
    """Check that the activations and gradients of one step fit.

    Args:
        model: Model in training.
        forward: Its forward pass in training mode.
        examples: Number of examples that are differentiated at once.
        free: Free bytes; `None` if they are not known, which checks nothing.

    Raises:
        TrainingError: They do not; the message has both numbers and what takes less.
    """
    if free is None or 4 * examples * _values_of_layers(model) < _TRACED_FROM * free:
        return
    needed = step_bytes(model, forward, examples=examples)
    if needed > free:
        smaller = [] if examples == 1 else ["a smaller batch_size, or accumulate=N"]
        smaller += [] if isinstance(forward, Recomputed) else ["recompute=True"]
        raise TrainingError(
            f"One step of {examples} example(s) needs at least {gib(needed)} of memory for activations and gradients; {gib(free)} are "
            f"free. Use {'; '.join([*smaller, 'shorter windows'])}; or precision='mixed_bfloat16'."
        )


def step_bytes(model: keras.Model, forward: Callable[[Any], Any], *, examples: int) -> int:
    """Return the largest number of bytes that the tensors of one step take at once, without weights and optimizer.

    The kernels of convolutions take more for themselves.
    """
    variables = [variable.value for variable in model.trainable_variables]

    def step(x: Any) -> Any:
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(tf.square(tf.cast(forward(x), tf.float32)))
        return [g for g in tape.gradient(total, variables) if g is not None]

    inputs = model.inputs[0]
    spec = tf.TensorSpec((examples, *inputs.shape[1:]), inputs.dtype)
    return peak_bytes(in_graph(step).get_concrete_function(spec).graph, batch_size=examples)


def _values_of_layers(model: Any) -> int:
    levels = getattr(model, "_nodes_by_depth", {}).values()
    shapes = [tensor.shape for level in levels for node in level for tensor in node.outputs]
    return sum(math.prod(n or 1 for n in shape) for shape in shapes)
