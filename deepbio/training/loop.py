"""The step loop: compiled steps, several in one call of the graph, under any `tf.distribute` strategy.

`Model.fit` is not used: it averages metrics over replicas and fails on several machines (Keras issue 20585). Here the loss
is scaled by the global batch, gradients are summed over replicas, and metrics come from gathered predictions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from deepbio.errors import TrainingError
from deepbio.training.feed import Feed
from deepbio.training.losses import Loss

CALL_SECONDS = 0.2  # how long one call of the graph should take: long enough to hide Python, short enough to watch


class StepLoop:
    """Runs training steps on one model, one optimizer and one feed.

    Args:
        model: in the strategy's scope.
        optimizer: likewise.
        loss: `(y, logits) -> (batch,)`.
        class_weight: one weight a class, or `None`.
    """

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        loss: Loss,
        feed: Feed,
        *,
        strategy: tf.distribute.Strategy,
        class_weight: Sequence[float] | None = None,
    ) -> None:
        self._feed = feed
        self._steps_in_call = 1
        self.steps = -(-feed.examples // feed.batch_size)
        weights = None if class_weight is None else tf.constant(class_weight, tf.float32)
        variables = model.trainable_variables
        replicas = strategy.num_replicas_in_sync
        optimizer.build(variables)

        def replica_step(state, step):
            x, y, examples = feed.batch(state, step)
            with tf.GradientTape() as tape:
                each = tf.cast(loss(y, model(x, training=True)), tf.float32)
                if weights is not None:
                    each *= tf.gather(weights, y)
                value = tf.reduce_sum(each) / tf.cast(examples, tf.float32)
                total = value
                if model.losses:
                    total += tf.add_n([tf.cast(penalty, tf.float32) for penalty in model.losses]) / replicas
            optimizer.apply_gradients(zip(tape.gradient(total, variables), variables, strict=True))
            return value

        @tf.function(reduce_retracing=True)
        def run(state, first: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
            losses = tf.TensorArray(tf.float32, size=count)
            for i in tf.range(count):
                value = strategy.run(replica_step, args=(state, first + i))
                losses = losses.write(i, strategy.reduce(tf.distribute.ReduceOp.SUM, value, axis=None))
            return losses.stack()

        self._run = run

    def epoch(
        self,
        epoch: int,
        *,
        callbacks: keras.callbacks.CallbackList,
        steps_per_call: int | None = None,
        watch: Callable[[int, float], None] | None = None,
        blame: Callable[[int], str] | None = None,
    ) -> np.ndarray:
        """Run one epoch and give the loss of every step, float32 `(steps,)`.

        Args:
            callbacks: their batch hooks run once a call of the graph.
            steps_per_call: steps in one call; `None` finds a number that takes about `CALL_SECONDS`.
            watch: called with the number of steps done and the mean loss so far.
            blame: describes a step's batch, for the error that a loss that is not finite raises.

        Raises:
            TrainingError: a loss is NaN or infinite.
        """
        state = self._feed.start_epoch(epoch)
        losses = np.zeros(0, np.float32)
        while len(losses) < self.steps:
            first = len(losses)
            count = min(steps_per_call or self._steps_in_call, self.steps - first)
            callbacks.on_train_batch_begin(first)
            start = time.perf_counter()
            found = self._run(state, tf.constant(first), tf.constant(count)).numpy()
            took = time.perf_counter() - start
            if not np.isfinite(found).all():
                step = first + int(np.flatnonzero(~np.isfinite(found))[0])
                raise TrainingError(_not_finite(epoch, step, float(found[step - first]), blame))
            losses = np.concatenate([losses, found])
            if steps_per_call is None:
                self._steps_in_call = _longer(self._steps_in_call, count, took)
            callbacks.on_train_batch_end(len(losses) - 1, {"loss": float(found[-1])})
            if watch is not None:
                watch(len(losses), float(losses.mean()))
        return losses


def _longer(now: int, count: int, took: float) -> int:
    if count < now:  # the short rest of an epoch says little
        return now
    wanted = int(count * CALL_SECONDS / max(took, 1e-6))
    return max(1, min(wanted, now * 8, 4096))


def _not_finite(epoch: int, step: int, loss: float, blame: Callable[[int], str] | None) -> str:
    where = f" Its batch: {blame(step)}." if blame else ""
    return (
        f"The loss became {loss} at epoch {epoch + 1}, step {step + 1}.{where} Usual causes: a learning rate that is too "
        "high, an input that is not finite, or a label out of range. With several GPUs it can be a fault of TensorFlow "
        "itself (issues 90686 and 105552): train on one device to tell."
    )
