"""The working copy: the user's model built again where a strategy can train it, and the user's model left as it was.

One device and the model's own precision need no copy.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from deepbio.devices.cluster import Cluster
from deepbio.devices.graph import in_graph
from deepbio.devices.precision import check_bfloat16, dtype_policy
from deepbio.errors import ModelError
from deepbio.zoo import describe
from deepbio.zoo.build import build
from deepbio.zoo.record import attach


def working_copy(
    model: keras.Model,
    cluster: Cluster,
    *,
    precision: str = "float32",
    sync_batch_norm: bool = True,
    always: bool = False,
) -> keras.Model:
    """Return a model with the same weights, created in the strategy's scope and under `precision`.

    Args:
        model: Model of the user. It is returned itself if one device trains it in its own precision.
        cluster: Cluster whose strategy will train the copy.
        precision: Dtype policy of the copy.
        sync_batch_norm: Whether batch normalisation uses the global batch if there are several replicas.
        always: Whether to copy even if the model itself would do.

    Raises:
        ModelError: Keras cannot build the model again.
        TrainingError: This processor computes wrongly in that precision.
    """
    if any("Conv" in type(layer).__name__ for layer in layers_of(model)):
        check_bfloat16(precision)
    strategy = cluster.strategy
    if strategy is tf.distribute.get_strategy() and precision == "float32" and not always:
        return model
    with strategy.scope(), dtype_policy(precision):
        copy = _rebuild(model, precision)
    copy.set_weights(cluster.from_chief(model.get_weights()))
    if strategy.num_replicas_in_sync > 1 and sync_batch_norm:
        for layer in layers_of(copy):
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized = True
    return copy


def copy_weights_back(copy: keras.Model, model: keras.Model) -> None:
    """Set the weights of the user's model to those of its working copy."""
    if copy is not model:
        model.set_weights(copy.get_weights())


@contextlib.contextmanager
def restored(model: keras.Model) -> Iterator[None]:
    """Restore a model's optimizer, trainable flags and dropout states after the block. Its weights are not restored."""
    optimizer = {name: value for name, value in model.__dict__.items() if name == "optimizer"}
    # outer layers first: their setter reaches the inner ones
    layers = [(layer, layer.trainable) for layer in layers_of(model)]
    variables = [(variable, variable.trainable) for variable in model.weights]
    states = [(state, state.numpy()) for state in _dropout_states(model)]
    try:
        yield
    finally:
        model.__dict__.pop("optimizer", None)
        model.__dict__.update(optimizer)
        for part, trainable in (*layers, *variables):
            if part.trainable != trainable:
                part.trainable = trainable
        for state, value in states:
            state.assign(value)


def layers_of(model: keras.Model) -> list[Any]:
    """Return every layer of a model, including layers inside other layers."""
    return list(model._flatten_layers(include_self=False))


def seed_dropout(
    model: keras.Model, strategy: tf.distribute.Strategy, seed: int, *, counters: np.ndarray | None = None
) -> None:
    """Seed every random layer from `(seed, layer, replica)`, so that replicas differ and a run repeats.

    Args:
        counters: Number of samples that each layer has drawn already, int64 `(layers,)`; zeros at the start of a run.
    """
    states = _dropout_states(model)
    if not states:
        return
    replicas = strategy.num_replicas_in_sync
    drawn = np.zeros(len(states), np.int64) if counters is None else counters
    words = np.array([[_word(seed, i, replica) for i in range(len(states))] for replica in range(replicas)], np.int64)
    table = np.stack([words, np.broadcast_to(drawn, words.shape)], axis=-1)  # (replica, layer, word and counter)

    def start():
        context = tf.distribute.get_replica_context()
        assert context is not None
        own = tf.constant(table)[context.replica_id_in_sync_group]
        for i, state in enumerate(states):
            # the variable's own `assign`: Keras's would refuse a replica-local value that is cast from int64
            state.value.assign(tf.cast(own[i], state.value.dtype))

    in_graph(lambda: strategy.run(start))()


def dropout_counters(model: keras.Model) -> np.ndarray:
    """Return the number of samples that each random layer has drawn, int64 `(layers,)`: the same on every replica."""
    return np.array([int(np.asarray(state.numpy())[1]) for state in _dropout_states(model)], np.int64)


def _dropout_states(model: keras.Model) -> list[Any]:
    return [v for v in model.non_trainable_variables if v.path.endswith("seed_generator_state")]


def _word(seed: int, layer: int, replica: int) -> int:
    entropy = [seed, layer] if replica == 0 else [seed, layer, replica]
    return int(np.random.SeedSequence(entropy).generate_state(1)[0])


def _rebuild(model: keras.Model, precision: str) -> keras.Model:
    record = describe(model)
    if record.architecture is not None and record.input is not None:
        fresh = build(replace(record, activation_built_in=False))
        if [w.shape for w in fresh.weights] == [w.shape for w in model.weights]:
            for old, new in zip(layers_of(model), layers_of(fresh), strict=True):
                new.trainable = old.trainable
            return fresh

    def clone(layer: Any) -> Any:
        return type(layer).from_config(layer.get_config() | ({} if precision == "float32" else {"dtype": precision}))

    try:
        return attach(keras.models.clone_model(model, clone_function=clone), record)
    except (ValueError, TypeError, NotImplementedError) as error:
        raise ModelError(
            f"Several replicas and other precisions train a copy of the model, and Keras cannot copy {model.name!r}: "
            f"{str(error).splitlines()[0]} Define get_config in its layers, or train it on one device in float32."
        ) from error
