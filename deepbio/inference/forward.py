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
from deepbio.errors import DataError, TrainingError
from deepbio.inference.kept import kept
from deepbio.inference.replicas import OverReplicas, strategy_of_predictions

_ATTRIBUTE, _REPLICATED = "_deepbio_forward", "_deepbio_replicated"
Transform = Callable[[np.ndarray], np.ndarray]


def forward_pass(model: keras.Model):
    """Return the compiled forward pass of a model in inference mode.

    It is stored on the model, and traced again once the model has changed: other layers, variables, functions, dtype policies,
    quantization, LoRA or plain attributes of a layer.
    """
    return kept(model, _ATTRIBUTE, lambda: in_graph(lambda x: model(x, training=False)))


def _over_replicas(model: keras.Model, strategy: str | tf.distribute.Strategy) -> OverReplicas | None:
    """Return the forward pass by the replicas of a strategy, with the weights of now; None if one device computes it."""
    made = kept(model, _REPLICATED, dict)
    if strategy not in made:
        chosen = strategy_of_predictions(model, strategy)
        over = None if chosen is None else OverReplicas(model, Cluster(chosen), lambda x: model(x, training=False))
        made[strategy] = over
    elif made[strategy] is not None:
        made[strategy].refresh()
    return made[strategy]


def model_outputs(
    model: keras.Model,
    x: Source,
    *,
    batch_size: int = 256,
    transform: Transform | None = None,
    strategy: str | tf.distribute.Strategy = "one",
) -> np.ndarray:
    """Return the outputs of a model for every example, in order.

    Args:
        model: Model with one input and one output.
        x: Source of the model's input shape.
        batch_size: Number of examples in one pass, or fewer if their activations would not fit into the memory of the host. It does
            not change the result.
        transform: Function of each batch before the model.
        strategy: Which devices compute; see `deepbio.inference.replicas.strategy_of_predictions`.

    Returns:
        float32 `(n, ...)`.

    Raises:
        TrainingError: The strategy is unknown, or needs TensorFlow where another backend computes.
        ModelError: The activations of one example do not fit.
        DataError: `batch_size` is no whole number of at least 1.
    """
    if isinstance(batch_size, bool) or not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise DataError(f"batch_size must be a whole number of at least 1; received {batch_size!r}.")
    if (
        keras.backend.backend() != "tensorflow"
    ):  # compiled by the backend; batches of one size, so that it compiles once
        shape, batch_size = tuple(model.output_shape[1:]), min(batch_size, max(len(x), 1))
        run = partial(_padded, model, batch_size)
        if strategy not in ("auto", "one"):
            raise TrainingError(
                f"Strategies are those of TensorFlow; received {strategy!r} on {keras.backend.backend()}. Leave strategy out."
            )
        return in_batches(run, x, output_shape=shape, batch_size=batch_size, transform=transform)
    over = None if strategy == "one" else _over_replicas(model, strategy)
    if over is not None and len(x):
        return over(x, batch_size=batch_size, transform=transform)
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
    if cluster.strategy.num_replicas_in_sync == 1:
        return lambda x: model_outputs(model, x, batch_size=batch_size)
    over = OverReplicas(model, cluster, lambda x: model(x, training=False))
    return lambda x: over(x, batch_size=batch_size) if len(x) else np.zeros((0, *model.output_shape[1:]), np.float32)
