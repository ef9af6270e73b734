"""Outputs of a model for every example of a source, in batches through one compiled forward pass."""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from deepbio.datasets import Source
from deepbio.devices.cluster import Cluster
from deepbio.devices.graph import in_graph
from deepbio.devices.memory import available_memory, computes_on_host, fitting_batch_size
from deepbio.devices.sharding import shards

_ATTRIBUTE = "_deepbio_forward"
_TRACED = {"_dtype_policy", "_trainable", "_layers", "_trainable_variables", "_non_trainable_variables", "_lora_config"}
_OF_TRAINER = {
    "optimizer", "loss", "compiled", "history", "built", "stop_training", "stop_evaluating", "stop_predicting", "train_function",
    "test_function", "predict_function",
}  # fmt: skip
Transform = Callable[[np.ndarray], np.ndarray]


def forward_pass(model: keras.Model):
    """Return the compiled forward pass of a model in inference mode.

    It is stored on the model, and traced again once the model has changed: other layers, variables, functions, dtype policies,
    quantization, LoRA or plain attributes of a layer.
    """
    compiled, before = getattr(model, _ATTRIBUTE, (None, []))
    now = _traced_state(model)
    if compiled is None or len(before) != len(now) or not all(map(_same, before, now)):
        compiled = in_graph(lambda x: model(x, training=False))
        object.__setattr__(model, _ATTRIBUTE, (compiled, now))
    return compiled


def _traced_state(model: keras.Model) -> list[Any]:
    """Return what a trace of the model depends on. Objects are returned themselves, so that no later object has their identity."""
    state: list[Any] = []
    for layer in model._flatten_layers():
        state.append(layer)
        for name, value in list(vars(layer).items()):
            if name in _TRACED or not (name.startswith("_") or name in _OF_TRAINER):
                state += [name, *(value if isinstance(value, (list, tuple)) else (value,))]
    return state


def _same(before: Any, now: Any) -> bool:
    plain = (bool, int, float, str, np.generic)
    return before is now or (isinstance(now, plain) and type(before) is type(now) and before == now)


def model_outputs(
    model: keras.Model, x: Source, *, batch_size: int = 256, transform: Transform | None = None
) -> np.ndarray:
    """Return the outputs of a model for every example, in order.

    Args:
        model: Model with one input and one output.
        x: Source of the model's input shape.
        batch_size: Number of examples in one pass, or fewer if their activations would not fit into the memory of the host. It does
            not change the result.
        transform: Function of each batch before the model.

    Returns:
        float32 `(n, ...)`.

    Raises:
        ModelError: The activations of one example do not fit.
    """
    if (
        keras.backend.backend() != "tensorflow"
    ):  # compiled by the backend; batches of one size, so that it compiles once
        shape, batch_size = tuple(model.output_shape[1:]), min(batch_size, max(len(x), 1))
        run = partial(_padded, model, batch_size)
        return in_batches(run, x, output_shape=shape, batch_size=batch_size, transform=transform)
    signature = tf.TensorSpec((None, *x.shape[1:]), tf.as_dtype(np.dtype(x.dtype)))
    run = forward_pass(model).get_concrete_function(signature)
    if computes_on_host():
        batch_size = fitting_batch_size(run.graph, min(batch_size, max(len(x), 1)), free=available_memory())
    return in_batches(run, x, output_shape=tuple(run.output_shapes[1:]), batch_size=batch_size, transform=transform)


def _padded(model: keras.Model, size: int, x: Any) -> np.ndarray:
    """Return the outputs of a batch by Keras's own compiled pass, filled up to `size` examples with copies of the first."""
    values = np.asarray(x)
    filled = np.concatenate([values, np.repeat(values[:1], size - len(values), axis=0)])
    return np.asarray(model.predict_on_batch(filled))[: len(values)]


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
