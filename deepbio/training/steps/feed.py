"""Feeds: which examples make up batch `i` of an epoch, and how they reach the compiled step.

Two feeds, one order. A small split in memory is copied to the device and gathered inside the graph. Any other source is gathered
on the host in batches, ahead of time, through `tf.data`. Each worker gathers its own shard only. A third feed reads the user's own
pipeline in its order.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from deepbio.datasets import Source, Split, balanced_order, epoch_order
from deepbio.datasets.batches import StreamedSplit
from deepbio.devices.cluster import Cluster
from deepbio.devices.sharding import shard_in_graph, shards, times_counted
from deepbio.errors import TrainingError

Order = Callable[[int], np.ndarray]  # which examples an epoch visits, in order
PREFETCH = 4  # batches that are gathered ahead of the step
DEVICE_BYTES = 512 * 2**20  # size up to which cache="auto" copies a split to the device


class Batch(NamedTuple):
    """The examples of one replica in one step, or of a micro-batch of them.

    `divisor` turns the sum of the replicas' losses into the mean over the global batch; `sample_weight` is `None` without weights.
    """

    x: tf.Tensor
    y: tf.Tensor
    divisor: Any
    sample_weight: tf.Tensor | None = None


class ArrayFeed:
    """Batches gathered inside the graph from tensors on each device; the first `full_steps` have `batch_size` examples."""

    waits = False

    def __init__(self, split: Split, *, batch_size: int, order: Order, cluster: Cluster) -> None:
        self.steps, self.batch_size, self.order = steps_of(len(split), batch_size), batch_size, order
        self.full_steps = len(split) // batch_size
        arrays = [_whole(split.x), _labels(_whole(split.y))]
        if split.sample_weight is not None:
            arrays.append(split.sample_weight)
        replicated = cluster.strategy.num_replicas_in_sync > 1
        self._constants = None if replicated else tuple(map(tf.constant, arrays))
        self._copies = _on_every_device(cluster.strategy, *arrays) if replicated else ()

    def start_epoch(self, epoch: int, *, first_step: int = 0):
        """Return the state that `fetch` reads: the order of this epoch, and the data if each device has a copy."""
        return tf.constant(self.order(epoch)), self._copies

    def fetch(self, state, step: tf.Tensor):
        """Return what the replicas need for one step, inside the graph in cross-replica context."""
        return (*state, step)

    def batch(self, fetched, *, size: int | None = None, part: Any = 0, parts: int = 1):
        """Return the batch of this replica, or one of `parts` micro-batches of its shard, inside the graph.

        `size` is its number of examples where the graph is built for one size (one replica only).
        """
        order, copies, step = fetched
        start = tf.cast(step, tf.int64) * self.batch_size
        chosen = order[start : start + self.batch_size] if size is None else tf.slice(order, [start], [size])
        divisor = tf.shape(chosen)[0]
        replica = tf.distribute.get_replica_context()
        if replica is not None and replica.num_replicas_in_sync > 1:
            first, end = shard_in_graph(divisor, replica.replica_id_in_sync_group, replica.num_replicas_in_sync)
            chosen, divisor = chosen[first:end], divisor * times_counted(divisor, replica.num_replicas_in_sync)
        if parts > 1:
            own = tf.shape(chosen)[0]
            first, end = shard_in_graph(own, part, parts)
            chosen, divisor = chosen[first:end], divisor * times_counted(own, parts)
        x, y, *weight = (tf.gather(values, chosen) for values in self._constants or copies)
        return Batch(x, y, divisor, *weight)


class _HostFeed:
    """Batches that a host gathers ahead of the step, with the bounds of its replicas' shards and the divisor of the loss."""

    waits = True

    def __init__(self, cluster: Cluster) -> None:
        self._replicas = cluster.strategy.num_replicas_in_sync  # of all workers together
        self._own_replicas = self._replicas // cluster.workers
        self._first_replica = cluster.worker * self._own_replicas

    def _described(self, examples: Sequence[np.ndarray]) -> list[tuple[np.dtype, tuple[int | None, ...]]]:
        """Return the dtype and shape of what `fetch` returns: bounds, divisor, inputs, labels and weights."""
        integer = np.dtype(np.int32)
        bounds, divisor = (integer, (self._own_replicas, 2)), (integer, ())
        return [bounds, divisor, *((part.dtype, (None, *part.shape[1:])) for part in examples)]

    def _shares(self, examples: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds of this host's replicas in a batch, and the divisor."""
        own = shards(examples, self._replicas)[self._first_replica :][: self._own_replicas]
        divisor = examples * (self._replicas if examples < self._replicas else 1)
        return own, np.array(divisor, np.int32)

    def fetch(self, iterator, step: tf.Tensor):
        """Return this worker's next batch and the bounds of its replicas' shards, inside the graph."""
        return next(iterator)

    def batch(self, fetched, *, size: int | None = None, part: Any = 0, parts: int = 1):
        """Return the batch of this replica, or one of `parts` micro-batches of its shard."""
        own, divisor, *values = fetched
        if self._replicas == 1 and parts == 1:
            values = [tf.ensure_shape(one, (size, *one.shape[1:])) for one in values]
            return Batch(values[0], values[1], divisor, *values[2:])
        with tf.device("/cpu:0"):  # cut on the host, so that a device receives its own shard only
            first, end = tf.constant(0), tf.shape(values[0])[0]
            if self._replicas > 1:
                context = tf.distribute.get_replica_context()
                assert context is not None
                k = context.replica_id_in_sync_group - self._first_replica
                first, end = own[k, 0], own[k, 1]
            if parts > 1:
                low, high = shard_in_graph(end - first, part, parts)
                divisor *= times_counted(end - first, parts)
                first, end = first + low, first + high
            x, y, *weight = (part[first:end] for part in values)
            return Batch(x, y, divisor, *weight)


class StreamFeed(_HostFeed):
    """Batches gathered from a source by a few threads, some ahead of the step."""

    def __init__(self, split: Split, *, batch_size: int, order: Order, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.steps, self.batch_size, self.order = steps_of(len(split), batch_size), batch_size, order
        self.full_steps = len(split) // batch_size
        self._split = split
        self._orders: dict[int, np.ndarray] = {}
        self._specs = self._described(_parts(split, np.arange(min(1, len(split)))))

    def start_epoch(self, epoch: int, *, first_step: int = 0):
        """Return the iterator that `fetch` reads; it starts at `first_step` without gathering what comes before."""
        self._orders = {epoch: self.order(epoch)}

        def shaped(step):
            parts = tf.numpy_function(self._gather, [epoch, step], [dtype for dtype, _ in self._specs])
            for part, (_, shape) in zip(parts, self._specs, strict=True):
                part.set_shape(shape)
            return tuple(parts)

        data = tf.data.Dataset.range(first_step, self.steps)
        data = data.map(shaped, num_parallel_calls=min(4, os.cpu_count() or 1), deterministic=True)
        return iter(data.prefetch(PREFETCH))

    def _gather(self, epoch: np.ndarray, step: np.ndarray) -> list[np.ndarray]:
        # a method, because TensorFlow keeps every function passed to it, and one per epoch would keep each epoch's order
        order = self._orders.get(int(epoch))
        if order is None:  # an abandoned epoch still prefetches; nobody reads it
            order = self.order(int(epoch))
        chosen = order[int(step) * self.batch_size : (int(step) + 1) * self.batch_size]
        own, divisor = self._shares(len(chosen))
        mine = chosen[own[0, 0] : own[-1, 1]]
        return [own - own[0, 0], divisor, *_parts(self._split, mine)]


class BatchFeed(_HostFeed):
    """Batches of the user's own pipeline, read in its order.

    Attributes:
        problem: What went wrong in the pipeline when it ended too early; the step loop raises it.

    Raises:
        TrainingError: Several machines train; their pipelines need not yield the same batches.
    """

    def __init__(self, split: StreamedSplit, *, cluster: Cluster) -> None:
        if cluster.workers > 1:
            raise TrainingError(
                "Batches of your own pipeline are for one machine, because those of several need not agree. Read the examples into "
                "memory (Dataset.from_arrays), or train on one machine."
            )
        super().__init__(cluster)
        self.steps, self.problem = split.steps, None
        self.batch_size, self.full_steps = 0, 0  # known to the pipeline alone
        self._split = split
        self._specs = self._described([np.asarray(split.x), *_others(split.y, split.sample_weight)])

    def start_epoch(self, epoch: int, *, first_step: int = 0):
        """Return the iterator that `fetch` reads; it skips the batches before `first_step`."""
        self.problem: Exception | None = None
        signature = tuple(tf.TensorSpec(shape, tf.as_dtype(dtype)) for dtype, shape in self._specs)
        data = tf.data.Dataset.from_generator(lambda: self._read(first_step), output_signature=signature)
        return iter(data.prefetch(PREFETCH))

    def _read(self, first_step: int):
        try:
            for batch in islice(self._split.batches(), first_step, None):
                own, divisor = self._shares(len(batch.x))
                yield (own, divisor, batch.x, *_others(batch.y, batch.sample_weight))
        except Exception as error:  # raised by the loop: TensorFlow would only quote it
            self.problem = error


Feed = ArrayFeed | StreamFeed | BatchFeed


def make_feed(
    split: Split,
    *,
    batch_size: int,
    seed: int | None,
    sampling: str = "natural",
    cache: str = "auto",
    cluster: Cluster | None = None,
) -> Feed:
    """Return the feed that suits a split.

    Args:
        seed: Seed of the order; `None` keeps the order of the split.
        sampling: `"natural"` visits every example once per epoch; `"balanced"` visits every class equally often.
        cache: `"device"` copies the data to each device, `"host"` into memory, `"none"` leaves them in their source;
            `"auto"` copies arrays of up to `DEVICE_BYTES` to the device and leaves others where they are.
        cluster: Cluster whose replicas divide each batch; `None` for the current strategy.

    Raises:
        TrainingError: The data do not fit the device.
    """
    cluster = cluster or Cluster(tf.distribute.get_strategy())
    if isinstance(split, StreamedSplit):
        return BatchFeed(split, cluster=cluster)
    order = order_of(split, seed=seed, sampling=sampling)
    in_memory = type(split.x) is np.ndarray and isinstance(split.y, np.ndarray) and split.x.nbytes <= DEVICE_BYTES
    if cache == "device" or (cache == "auto" and in_memory):
        try:
            return ArrayFeed(split, batch_size=batch_size, order=order, cluster=cluster)
        except (tf.errors.ResourceExhaustedError, tf.errors.InternalError, MemoryError) as error:
            size = len(split) * int(np.prod(split.x.shape[1:])) * np.dtype(split.x.dtype).itemsize / 2**30
            raise TrainingError(f"cache='device': {size:.1f} GiB do not fit. Use cache='host' or 'none'.") from error
    if cache == "host":
        split = replace(split, x=_whole(split.x), y=_whole(split.y))
    return StreamFeed(split, batch_size=batch_size, order=order, cluster=cluster)


def order_of(split: Split, *, seed: int | None, sampling: str = "natural") -> Order:
    """Return the function of the epoch's number that lists the examples in the order of their visit."""
    if sampling == "balanced" and seed is not None:
        y = np.asarray(split.y)
        return lambda epoch: balanced_order(y, seed=seed, epoch=epoch)
    examples = len(split)
    return lambda epoch: epoch_order(examples, seed=seed, epoch=epoch)


def _whole(source: Source | Any, *, rows: int = 8192) -> np.ndarray:
    """Read a source into memory in chunks of rows."""
    if type(source) is np.ndarray:
        return source
    if not isinstance(source, Source):
        return np.asarray(source)
    found = np.empty(source.shape, source.dtype)
    for first in range(0, len(source), rows):
        found[first : first + rows] = source[np.arange(first, min(first + rows, len(source)))]
    return found


def steps_of(examples: int, batch_size: int) -> int:
    """Return the number of batches of an epoch."""
    return -(-examples // batch_size)


def _parts(split: Split, chosen: np.ndarray) -> list[np.ndarray]:
    """Return inputs, labels and, if there are some, weights of examples."""
    weights = None if split.sample_weight is None else split.sample_weight[chosen]
    return [np.ascontiguousarray(split.x[chosen]), *_others(split.y[chosen], weights)]


def _others(y: Any, weights: Any) -> list[np.ndarray]:
    return [_labels(y)] if weights is None else [_labels(y), np.asarray(weights, np.float32)]


def _labels(y) -> np.ndarray:
    values = np.asarray(y)
    return values.astype(np.int32 if values.dtype.kind in "iub" else np.float32)


def _on_every_device(strategy: tf.distribute.Strategy, *arrays: np.ndarray) -> tuple[Any, ...]:
    devices = strategy.extended.worker_devices

    def place(array: np.ndarray):
        def on_device(context):
            own = context.replica_id_in_sync_group % len(devices)
            with tf.device(devices[own]):
                return tf.identity(tf.constant(array))

        return strategy.experimental_distribute_values_from_function(on_device)

    return tuple(place(array) for array in arrays)
