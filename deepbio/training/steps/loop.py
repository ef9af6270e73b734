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

from deepbio.augment import Augmentation
from deepbio.devices.cluster import Cluster
from deepbio.devices.graph import in_graph
from deepbio.training.guards import check_finite, lost_workers_named
from deepbio.training.steps.feed import Feed
from deepbio.training.steps.losses import Loss
from deepbio.training.steps.step import Step

CALL_SECONDS = 0.2  # how long one call of the graph should take: long enough to hide Python, short enough to watch


class StepLoop:
    """Runs training steps on one model, one optimizer and one feed.

    Args:
        model: in the strategy's scope.
        optimizer: likewise.
        loss: `(y, logits) -> (batch,)`.
        class_weight: one weight a class, or `None`.
        augment, augmented_epochs, seed, accumulate, jit_compile: see `deepbio.training.steps.step.Step`.
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
        augment: Augmentation | None = None,
        augmented_epochs: int | None = None,
        seed: int = 0,
        accumulate: int = 1,
        jit_compile: bool = False,
    ) -> None:
        self._feed = feed
        self._steps_in_call = 1
        self._cluster = Cluster(strategy)
        self.steps = -(-feed.examples // feed.batch_size)
        self.waited = 0.0  # seconds of this epoch in which the step waited for data
        step = Step(
            model, optimizer, loss, feed, strategy=strategy, class_weight=class_weight, augment=augment,
            augmented_epochs=augmented_epochs, seed=seed, accumulate=accumulate, jit_compile=jit_compile,
        )  # fmt: skip
        self.loss_scale = step.loss_scale
        at_once = (
            1 if feed.waits else 10
        )  # one at a time, so that the clock sees waiting only; 10 is TensorFlow's own number

        def run(state, epoch: tf.Tensor, first: tf.Tensor, count: tf.Tensor):
            losses = tf.TensorArray(tf.float32, size=count)
            waited = tf.constant(0.0, tf.float64)
            for i in tf.range(count):
                tf.autograph.experimental.set_loop_options(parallel_iterations=at_once)
                value, wait = step(state, epoch, first + i)
                losses = losses.write(i, value)
                waited += wait
            return losses.stack(), waited

        self._run = in_graph(run)

    def epoch(
        self,
        epoch: int,
        *,
        callbacks: keras.callbacks.CallbackList,
        steps_per_call: int | None = None,
        done: np.ndarray | None = None,
        pause_every: int | None = None,
        after_call: Callable[[np.ndarray], None] | None = None,
        blame: Callable[[int], str] | None = None,
    ) -> np.ndarray:
        """Run one epoch and give the loss of every step, float32 `(steps,)`.

        Args:
            callbacks: their batch hooks run once a call of the graph.
            steps_per_call: steps in one call; `None` finds a number that takes about `CALL_SECONDS`.
            done: losses of the steps that an interrupted run has done already; the epoch goes on after them.
            pause_every: let no call run past a multiple of so many steps.
            after_call: called with the losses so far, after each call of the graph.
            blame: describes a step's batch, for the error that a loss that is not finite raises.

        Raises:
            TrainingError: a loss is NaN or infinite, or another worker was lost.
        """
        losses = np.zeros(0, np.float32) if done is None else done
        state = self._feed.start_epoch(epoch, first_step=len(losses))
        self.waited = 0.0
        while len(losses) < self.steps:
            first = len(losses)
            count = min(steps_per_call or self._steps_in_call, self.steps - first)
            if pause_every is not None:
                count = min(count, pause_every - first % pause_every)
            callbacks.on_train_batch_begin(first)
            start = time.perf_counter()
            with lost_workers_named(self._cluster):
                found, waited = self._run(state, tf.constant(epoch), tf.constant(first), tf.constant(count))
                found, self.waited = found.numpy(), self.waited + float(waited)
            took = time.perf_counter() - start
            check_finite(found, epoch=epoch, first=first, blame=blame, loss_scale=self.loss_scale)
            losses = np.concatenate([losses, found])
            if steps_per_call is None:
                wanted = _longer(self._steps_in_call, count, took)
                self._steps_in_call = int(self._cluster.highest([wanted])[0])  # the same call everywhere
            callbacks.on_train_batch_end(len(losses) - 1, {"loss": float(found[-1])})
            if after_call is not None:
                after_call(losses)
        return losses


def _longer(now: int, count: int, took: float) -> int:
    if count < now:  # the short rest of an epoch says little
        return now
    wanted = int(count * CALL_SECONDS / max(took, 1e-6))
    return max(1, min(wanted, now * 8, 4096))
