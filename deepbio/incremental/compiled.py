"""Compiled functions that several threads may call at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf


class Compiled:
    """A function compiled once for each thread that calls it at the same time.

    On a processor TensorFlow 2.21 joins a convolution, its bias and the sum that follows in one oneDNN kernel, and that kernel keeps
    where it reads and writes in its own members (`fuse_add_src_` and `fuse_add_dst_` in its `mkl_conv_ops.cc`). Two threads inside one
    kernel write into each other's outputs, or end the process. Each compiled copy has kernels of its own, so no copy is ever lent to
    two threads.

    Args:
        function: of tensors, traced without autograph.
        signature: of its tensors; nothing else is ever traced.
    """

    def __init__(self, function: Callable[..., Any], signature: Sequence[tf.TensorSpec]) -> None:
        self._function, self._signature = function, list(signature)
        self._idle: list[Any] = []  # every copy that is not at work

    def __call__(self, *tensors: Any) -> Any:
        """Compute, in a copy that no other thread uses meanwhile."""
        try:
            copy = self._idle.pop()
        except IndexError:
            copy = tf.function(self._function, input_signature=self._signature, autograph=False)
        try:
            return copy(*tensors)
        finally:
            self._idle.append(copy)
