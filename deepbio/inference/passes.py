"""Outputs of a model in passes of one shape, so that neither the size of a batch nor the number of devices changes a bit of them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from deepbio.devices.cluster import Cluster
from deepbio.devices.graph import in_graph
from deepbio.errors import TrainingError
from deepbio.inference.forward import forward_pass

_MAX_VALUES = 1 << 16  # of the input of one pass
_MAX_EXAMPLES = 256


class Passes:
    """A model that computes a fixed number of examples at a time, on every replica of a strategy.

    Matrix products round otherwise for other numbers of rows. Here each pass has one shape, and the last one is filled up.

    Args:
        model: Model with one input and one output, built in the scope of the strategy.
        strategy: Strategy of one process whose replicas divide the passes.

    Raises:
        TrainingError: the strategy has several workers.
    """

    def __init__(self, model: keras.Model, strategy: tf.distribute.Strategy) -> None:
        if Cluster(strategy).workers > 1:
            raise TrainingError(
                "A genome is predicted by the devices of one machine. Divide the chromosomes among the machines: --chromosomes."
            )
        shape, dtype = tuple(model.input_shape[1:]), tf.as_dtype(model.inputs[0].dtype)
        self.size = max(1, min(_MAX_EXAMPLES, _MAX_VALUES // int(np.prod(shape))))
        """Number of examples in one pass of one replica."""
        self.replicas, self._model, self._strategy = strategy.num_replicas_in_sync, model, strategy
        if self.replicas == 1:
            self._run: Any = forward_pass(model).get_concrete_function(tf.TensorSpec((self.size, *shape), dtype))
        else:
            spec = tf.TensorSpec((self.replicas * self.size, *shape), dtype)
            self._run = in_graph(self._divided).get_concrete_function(spec)

    def _divided(self, x: tf.Tensor) -> tf.Tensor:
        def each(x: tf.Tensor) -> tf.Tensor:
            context = tf.distribute.get_replica_context()
            assert context is not None
            k = int(tf.get_static_value(context.replica_id_in_sync_group))
            return tf.cast(self._model(x[k * self.size : (k + 1) * self.size], training=False), tf.float32)

        found = self._strategy.experimental_local_results(self._strategy.run(each, args=(x,)))
        return tf.concat(found, axis=0)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the outputs of examples, float32 `(n, ...)`. `n` is best a multiple of `size * replicas`."""
        step, found = self.size * self.replicas, []
        for first in range(0, len(x), step):
            part = x[first : first + step]
            full = np.concatenate([part, np.repeat(part[-1:], step - len(part), axis=0)])
            found.append(np.asarray(self._run(tf.constant(full)), np.float32)[: len(part)])
        return np.concatenate(found)
