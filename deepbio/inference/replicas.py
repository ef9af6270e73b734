"""Batches whose examples are divided over the replicas of a strategy, for a model wherever it was built."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from deepbio.datasets import Source
from deepbio.devices import choose_strategy
from deepbio.devices.cluster import Cluster
from deepbio.devices.graph import in_graph
from deepbio.devices.sharding import shards
from deepbio.inference.kept import kept

_FUNCTIONS = "_deepbio_functions"
_MAX_KEPT = 4  # compiled functions of one model


class OverReplicas:
    """A function of a batch, of which every replica computes its part.

    A model that was not built in the scope of the strategy is not built again, so what is computed is the model as it is now,
    with changed layers, LoRA or quantization: each device keeps a copy of its variables, which its replica reads instead.

    Args:
        model: Model that the function calls.
        cluster: Cluster whose replicas compute.
        function: Function of a batch `(n, ...)` that returns one array, or a tuple of arrays, with one row per example, `(n, ...)`.
    """

    def __init__(self, model: keras.Model, cluster: Cluster, function: Callable[[Any], Any]) -> None:
        self._strategy, self._function = cluster.strategy, function
        self.replicas: int = cluster.strategy.num_replicas_in_sync
        self._own = self.replicas // cluster.workers
        self._first = cluster.worker * self._own
        self._variables = [] if _built_for(model, cluster.strategy) else list(model.variables)
        with self._strategy.scope():
            self._copies = [tf.Variable(v.numpy(), trainable=False) for v in self._variables]
        self._compiled = in_graph(self._divided)

    def _divided(self, x: Any, bounds: Any) -> Any:
        def each(x: Any, bounds: Any) -> Any:
            context = tf.distribute.get_replica_context()
            assert context is not None
            k = context.replica_id_in_sync_group - self._first
            with self._weights_of_replica():
                found = self._function(x[bounds[k, 0] : bounds[k, 1]])
                return tf.nest.map_structure(lambda one: tf.cast(one, tf.float32), found)

        found = self._strategy.run(each, args=(x, bounds))
        return tf.nest.map_structure(lambda one: self._strategy.gather(one, axis=0), found)

    def refresh(self) -> None:
        """Copy the variables of the model to the devices again, as they are now."""
        for variable, copy in zip(self._variables, self._copies, strict=True):
            copy.assign(tf.convert_to_tensor(variable.value))

    def _weights_of_replica(self) -> Any:
        if not self._variables:
            return contextlib.nullcontext()
        mapping = [(v, tf.convert_to_tensor(copy)) for v, copy in zip(self._variables, self._copies, strict=True)]
        return keras.StatelessScope(state_mapping=mapping)

    def __call__(
        self, x: Source, *, batch_size: int, transform: Callable[[np.ndarray], np.ndarray] | None = None
    ) -> Any:
        """Return the float32 arrays for every example of a source, the same on all workers.

        Args:
            x: Source of at least one example.
            batch_size: Number of examples per replica in one pass.
            transform: Function of each batch before it is divided.
        """
        bounds_of = tf.TensorSpec((self._own, 2), tf.int32)
        parts = []
        for start in range(0, len(x), batch_size * self.replicas):
            chosen = np.arange(start, min(start + batch_size * self.replicas, len(x)))
            count = len(chosen)
            if count < self.replicas:  # no replica may receive an empty batch (see deepbio.devices.sharding)
                chosen = np.resize(chosen, self.replicas)
            bounds = shards(len(chosen), self.replicas)[self._first : self._first + self._own]
            batch = np.asarray(x[chosen[bounds[0, 0] : bounds[-1, 1]]])
            batch = np.ascontiguousarray(batch if transform is None else transform(batch))
            run = self._compiled.get_concrete_function(
                tf.TensorSpec((None, *batch.shape[1:]), tf.as_dtype(batch.dtype)), bounds_of
            )
            found = run(tf.constant(batch), tf.constant(bounds - bounds[0, 0]))
            parts.append(tf.nest.map_structure(lambda one, count=count: one.numpy()[:count], found))
        return tf.nest.map_structure(lambda *each: np.concatenate(each), *parts)


def strategy_of_predictions(
    model: keras.Model, strategy: str | tf.distribute.Strategy
) -> tf.distribute.Strategy | None:
    """Return the strategy whose replicas divide the examples; None if one device computes all.

    `"auto"` is the strategy in whose scope the model was built, or every GPU that TensorFlow sees, of this process: it never waits
    for other workers, which may not call. A name is one of `deepbio.devices.choose_strategy`.
    """
    if strategy == "auto":
        own = getattr(model.variables[0].value, "distribute_strategy", None) if model.variables else None
        if own is not None and own.num_replicas_in_sync > 1:
            return own if Cluster(own).workers == 1 else None
        if len(tf.config.list_physical_devices("GPU")) < 2:
            return None
        strategy = "mirrored"
    chosen = choose_strategy(strategy)
    return chosen if chosen.num_replicas_in_sync > 1 else None


def function_of_batches(
    model: keras.Model, function: Callable[[Any], Any], *, key: Hashable = None
) -> Callable[[np.ndarray], Any]:
    """Return a compiled function of float32 arrays that calls a model, divided over all devices of `"auto"`.

    Args:
        model: Model that the function calls. Its weights are those of now.
        function: Function of a batch `(n, ...)`; see `OverReplicas`.
        key: What the function is besides the model. The function that was compiled for an equal key is used again, because
            tracing may take longer than computing; None compiles it anew.
    """
    made = {} if key is None else kept(model, _FUNCTIONS, dict)
    if key not in made:
        while len(made) >= _MAX_KEPT:
            made.pop(next(iter(made)))
        # a strategy is chosen once, because "auto" makes a new one for several GPUs at every call
        strategy = strategy_of_predictions(model, "auto")
        made[key] = in_graph(function) if strategy is None else OverReplicas(model, Cluster(strategy), function)
    elif isinstance(made[key], OverReplicas):
        made[key].refresh()
    compiled = made[key]
    if isinstance(compiled, OverReplicas):
        return lambda x: compiled(np.ascontiguousarray(x, np.float32), batch_size=-(-len(x) // compiled.replicas))

    def computed(x: np.ndarray) -> Any:
        run = compiled.get_concrete_function(tf.TensorSpec((None, *x.shape[1:]), tf.float32))
        return tf.nest.map_structure(np.asarray, run(tf.constant(np.ascontiguousarray(x, np.float32))))

    return computed


def _built_for(model: keras.Model, strategy: tf.distribute.Strategy) -> bool:
    values = [variable.value for variable in model.variables]
    return bool(values) and all(getattr(value, "distribute_strategy", None) is strategy for value in values)
