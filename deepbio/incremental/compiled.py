"""What runs inside a compiled graph: operations of a network, and functions that several threads may call at a time."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from deepbio.incremental.network import Node
from deepbio.specs import KERAS_ACTIVATIONS, Activation


class Compiled:
    """A function of tensors, compiled once for each thread that calls it at the same time.

    On a processor, TensorFlow 2.21 fuses a convolution, its bias and the sum that follows into one oneDNN kernel, and that kernel
    keeps where it reads and writes in its own members (`fuse_add_src_` and `fuse_add_dst_` in its `mkl_conv_ops.cc`). Two threads
    inside one kernel write into each other's outputs, or end the process. Each compiled copy has kernels of its own, so no copy is
    ever used by two threads at a time.

    Args:
        function: Function of tensors, traced without autograph.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._idle: dict[tuple[tf.TensorSpec, ...], list[Any]] = {}  # every copy that no thread uses, by signature

    def __call__(self, signature: Sequence[tf.TensorSpec], *tensors: Any) -> Any:
        """Run the function on tensors of a signature, in a copy that no other thread uses meanwhile."""
        idle = self._idle.setdefault(tuple(signature), [])
        try:
            copy = idle.pop()
        except IndexError:
            copy = tf.function(self._function, input_signature=list(signature), autograph=False)
        try:
            return copy(*tensors)
        finally:
            idle.append(copy)

    @property
    def traces(self) -> int:
        """Number of graphs that were traced for the copies that are not in use."""
        return sum(copy.experimental_get_tracing_count() for idle in self._idle.values() for copy in idle)


def apply(node: Node, weights, inputs):
    """Compute a node from exactly the positions of its inputs that it sees, each `(batch, 1, positions, channels)`."""
    if node.kind == "convolution":
        y = tf.nn.conv2d(inputs[0], weights[0][None], 1, "VALID", dilations=(1, node.dilation))
        return tf.nn.bias_add(y, weights[1])
    if node.kind == "scale":
        return inputs[0] * weights[0] + weights[1]
    if node.kind == "add":
        return tf.add_n(inputs)
    if node.kind == "pool":
        pool = tf.nn.max_pool2d if node.activation == "max" else tf.nn.avg_pool2d
        return pool(inputs[0], (1, node.left + node.right + 1), (1, node.stride), "VALID")
    return inputs[0] if node.activation == "linear" else getattr(tf.nn, node.activation)(inputs[0])


def apply_activation(activation: Activation, logits):
    """Turn logits `(..., positions, outputs)` into probabilities, rates or values."""
    name, axis = KERAS_ACTIVATIONS[activation]
    if name == "softmax":
        return tf.nn.softmax(logits, axis=axis)
    return {"sigmoid": tf.nn.sigmoid, "exponential": tf.exp, "linear": tf.identity}[name](logits)


def one_hot(codes):
    """Return codes as one-hot floats, N as zeros."""
    return tf.one_hot(tf.cast(codes, tf.int32), 4)
