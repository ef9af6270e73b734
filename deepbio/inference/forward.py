"""Outputs of a model for every example of a source, in batches through one compiled forward pass."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from deepbio.datasets import Source
from deepbio.devices.cluster import Cluster
from deepbio.devices.graph import in_graph
from deepbio.devices.sharding import shards

_ATTRIBUTE = "_deepbio_forward"
Transform = Callable[[np.ndarray], np.ndarray]


def forward_pass(model: keras.Model):
    """Return the compiled forward pass of a model in inference mode. It is traced once and stored on the model."""
    compiled = getattr(model, _ATTRIBUTE, None)
    if compiled is None:
        compiled = in_graph(lambda x: model(x, training=False))
        object.__setattr__(model, _ATTRIBUTE, compiled)
    return compiled


def model_outputs(
    model: keras.Model, x: Source, *, batch_size: int = 256, transform: Transform | None = None
) -> np.ndarray:
    """Return the outputs of a model for every example, in order.

    Args:
        model: Model with one input and one output.
        x: Source of the model's input shape.
        batch_size: Number of examples in one pass. It does not change the result.
        transform: Function of each batch before the model.

    Returns:
        float32 `(n, ...)`.
    """
    signature = tf.TensorSpec((None, *x.shape[1:]), tf.as_dtype(np.dtype(x.dtype)))
    run = forward_pass(model).get_concrete_function(signature)
    return in_batches(run, x, output_shape=model.output_shape[1:], batch_size=batch_size, transform=transform)


def in_batches(
    run: Callable[[Any], Any],
    x: Source,
    *,
    output_shape: tuple[int, ...],
    batch_size: int,
    transform: Transform | None = None,
) -> np.ndarray:
    """Return the float32 outputs of `run` for every example of a source, batch by batch."""
    parts = [np.zeros((0, *output_shape), np.float32)]
    for first in range(0, len(x), batch_size):
        batch = x[np.arange(first, min(first + batch_size, len(x)))]
        batch = batch if transform is None else transform(np.asarray(batch))
        parts.append(np.asarray(run(tf.constant(np.ascontiguousarray(batch))), np.float32))
    return np.concatenate(parts)


def distributed_outputs(
    model: keras.Model, cluster: Cluster, *, batch_size: int = 256
) -> Callable[[Source], np.ndarray]:
    """Return a function like `model_outputs` that divides each batch over all replicas and gathers their outputs on all workers.

    Every worker receives the same numbers, bit for bit, so all workers make the same decisions.

    Args:
        model: Model built in the scope of the cluster's strategy.
        cluster: Cluster whose replicas compute.
        batch_size: Number of examples per replica.
    """
    strategy, replicas = cluster.strategy, cluster.strategy.num_replicas_in_sync
    if replicas == 1:
        return lambda x: model_outputs(model, x, batch_size=batch_size)
    own = replicas // cluster.workers
    first_replica = cluster.worker * own

    def each(x, bounds):
        context = tf.distribute.get_replica_context()
        assert context is not None
        k = context.replica_id_in_sync_group - first_replica
        return tf.cast(model(x[bounds[k, 0] : bounds[k, 1]], training=False), tf.float32)

    compiled = in_graph(lambda x, bounds: strategy.gather(strategy.run(each, args=(x, bounds)), axis=0))

    def outputs(x: Source) -> np.ndarray:
        run = compiled.get_concrete_function(
            tf.TensorSpec((None, *x.shape[1:]), tf.as_dtype(np.dtype(x.dtype))), tf.TensorSpec((own, 2), tf.int32)
        )
        parts = [np.zeros((0, *model.output_shape[1:]), np.float32)]
        for start in range(0, len(x), batch_size * replicas):
            chosen = np.arange(start, min(start + batch_size * replicas, len(x)))
            count = len(chosen)
            if count < replicas:  # no replica may receive an empty batch (see deepbio.devices.sharding)
                chosen = np.resize(chosen, replicas)
            bounds = shards(len(chosen), replicas)[first_replica : first_replica + own]
            batch = x[chosen[bounds[0, 0] : bounds[-1, 1]]]
            found = run(tf.constant(np.ascontiguousarray(batch)), tf.constant(bounds - bounds[0, 0]))
            parts.append(found.numpy()[:count])
        return np.concatenate(parts)

    return outputs
