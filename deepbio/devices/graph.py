"""`in_graph`: `tf.function`, without TensorFlow's note that a process which fits many models traces often."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def in_graph(function: Callable[..., Any], *, jit_compile: bool | None = None) -> Any:
    """Compile a function to a graph, traced anew for other dtypes or ranks only.

    Example:
        >>> float(in_graph(lambda x: x * 2)(tf.constant(3.0)))
        6.0
    """
    compiled: Any = tf.function(function, reduce_retracing=True, jit_compile=jit_compile)
    compiled._omit_frequent_tracing_warning = True
    return compiled
