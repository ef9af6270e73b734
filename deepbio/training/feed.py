"""From a split to the compiled step: which examples make batch `i` of an epoch, and how they get there.

Two feeds, one order. A split that is small and in memory lies on the device and is gathered inside the graph; any other
source is gathered on the host in batches, ahead of time, through `tf.data`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from deepbio.datasets import Split, epoch_order

DEVICE_BYTES = 512 * 2**20  # what may lie on the device before a split is streamed instead


class ArrayFeed:
    """Batches gathered inside the graph from tensors that lie on the device."""

    def __init__(self, split: Split, *, batch_size: int, seed: int | None) -> None:
        self.examples = len(split)
        self.batch_size = batch_size
        self.seed = seed
        self._x = tf.constant(np.asarray(split.x))
        self._y = tf.constant(_labels(split.y))

    def start_epoch(self, epoch: int, *, first_step: int = 0) -> tf.Tensor:
        """Give the state that `batch` reads: the order of this epoch."""
        return tf.constant(epoch_order(self.examples, seed=self.seed, epoch=epoch))

    def batch(self, order: tf.Tensor, step: tf.Tensor):
        """Give `(x, y, examples in the global batch)` of this replica, inside the graph."""
        start = tf.cast(step, tf.int64) * self.batch_size
        chosen = order[start : start + self.batch_size]
        total = tf.shape(chosen)[0]
        replica = tf.distribute.get_replica_context()
        if replica is not None and replica.num_replicas_in_sync > 1:
            chosen = _replica_slice(chosen, replica.replica_id_in_sync_group, replica.num_replicas_in_sync)
        return tf.gather(self._x, chosen), tf.gather(self._y, chosen), total


class StreamFeed:
    """Batches gathered on the host, a few ahead of the step."""

    def __init__(self, split: Split, *, batch_size: int, seed: int | None, prefetch: int = 4) -> None:
        self.examples = len(split)
        self.batch_size = batch_size
        self.seed = seed
        self._split = split
        self._prefetch = prefetch
        first = np.arange(min(1, len(split)))
        x, y = np.asarray(split.x[first]), _labels(split.y[first])
        self._specs = [(x.dtype, x.shape[1:]), (y.dtype, y.shape[1:])]

    def start_epoch(self, epoch: int, *, first_step: int = 0):
        """Give the iterator that `batch` reads."""
        order = epoch_order(self.examples, seed=self.seed, epoch=epoch)
        steps = -(-self.examples // self.batch_size)

        def gather(step: np.ndarray) -> list[np.ndarray]:
            chosen = order[int(step) * self.batch_size : (int(step) + 1) * self.batch_size]
            return [np.ascontiguousarray(self._split.x[chosen]), _labels(self._split.y[chosen])]

        def shaped(step):
            parts = tf.numpy_function(gather, [step], [dtype for dtype, _ in self._specs])
            for part, (_, shape) in zip(parts, self._specs, strict=True):
                part.set_shape([None, *shape])
            return tuple(parts)

        data = tf.data.Dataset.range(first_step, steps).map(shaped, num_parallel_calls=2, deterministic=True)
        return iter(data.prefetch(self._prefetch))

    def batch(self, iterator, step: tf.Tensor):
        """Give `(x, y, examples in the global batch)`, inside the graph; `step` only counts."""
        x, y = next(iterator)
        return x, y, tf.shape(x)[0]


Feed = ArrayFeed | StreamFeed


def make_feed(split: Split, *, batch_size: int, seed: int | None) -> Feed:
    """Give the feed that suits a split: on the device where it is an array that is small enough, else streamed."""
    in_memory = type(split.x) is np.ndarray and isinstance(split.y, np.ndarray) and split.x.nbytes <= DEVICE_BYTES
    return (ArrayFeed if in_memory else StreamFeed)(split, batch_size=batch_size, seed=seed)


def _labels(y) -> np.ndarray:
    values = np.asarray(y)
    return values.astype(np.int32 if values.dtype.kind in "iub" else np.float32)


def _replica_slice(batch: tf.Tensor, replica: tf.Tensor, replicas: int) -> tf.Tensor:
    n: Any = tf.shape(batch)[0]
    size, extra = n // replicas, n % replicas
    first = replica * size + tf.minimum(replica, extra)
    return batch[first : first + size + tf.cast(replica < extra, tf.int32)]
