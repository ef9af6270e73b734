"""Sharding: which part of a global batch each replica takes.

Shards are contiguous and their sizes differ by at most one, so the batch is the same for any number of replicas. No shard is
empty, because TensorFlow's convolutions return a wrong shape for an empty batch (oneDNN, TensorFlow 2.21). If a batch has fewer
examples than parts, each part takes the whole batch and each example counts that much less. The sum of the gradients and the
moments of batch normalisation stay the same.
"""

from typing import Any

import numpy as np
import tensorflow as tf


def shards(examples: int, parts: int) -> np.ndarray:
    """Return `(first, end)` of each part, int32 `(parts, 2)`.

    Example:
        >>> shards(5, 2).tolist()
        [[0, 3], [3, 5]]
        >>> shards(1, 2).tolist()
        [[0, 1], [0, 1]]
    """
    if examples < parts:
        return np.tile(np.array([0, examples], np.int32), (parts, 1))
    size, extra = divmod(examples, parts)
    k = np.arange(parts + 1)
    bounds = (k * size + np.minimum(k, extra)).astype(np.int32)
    return np.stack([bounds[:-1], bounds[1:]], axis=1)


def shard_in_graph(examples: Any, part: Any, parts: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Return `(first, end)` of one shard, as in `shards`, for numbers that are known only inside the graph."""
    size, extra = examples // parts, examples % parts
    first: Any = part * size + tf.minimum(part, extra)
    end = first + size + tf.cast(part < extra, tf.int32)
    whole = examples < parts
    return tf.where(whole, 0, first), tf.where(whole, examples, end)


def times_counted(examples: Any, parts: int) -> Any:
    """Return how many parts see each example, inside the graph: one, unless there are fewer examples than parts."""
    return tf.where(examples < parts, parts, 1)
