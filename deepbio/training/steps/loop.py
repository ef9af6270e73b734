"""The step loop: compiled steps, several in one call of the graph, under any `tf.distribute` strategy.

`Model.fit` is not used: it averages metrics over replicas and fails on several machines (Keras issue 20585). Here the loss is
divided by the global batch, gradients are summed over replicas, and metrics are computed from gathered predictions.
"""

import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from deepbio.devices.cluster import Cluster
from deepbio.devices.graph import in_graph
from deepbio.training.guards import check_finite, lost_workers_named
from deepbio.training.steps.step import Step

CALL_SECONDS = 0.2  # per call of the graph: long enough to hide Python, short enough for a smooth progress bar


class StepLoop:
    """Runs one training step over the batches of its feed.

    Args:
        step: Step to run. The loop must be created in the scope of its strategy.

    Attributes:
        steps: Number of steps per epoch.
        waited: Seconds of the current epoch in which steps waited for data.
    """

    def __init__(self, step: Step) -> None:
        self._feed, self.loss_scale = step.feed, step.loss_scale
        self._cluster = Cluster(step.strategy)
        self._steps_in_call = 1
        self._sized = step.sized_steps
        self._size = step.feed.batch_size
        self.steps = step.feed.steps
        self.waited = 0.0
        # one at a time if steps wait for data, so that the clock measures waiting only; 10 is TensorFlow's own number
        at_once = 1 if step.feed.waits else 10

        def run(state, epoch: tf.Tensor, first: tf.Tensor, count: tf.Tensor, size: int | None):
            losses = tf.TensorArray(tf.float32, size=count)
            waited = tf.constant(0.0, tf.float64)
            for i in tf.range(count):
                tf.autograph.experimental.set_loop_options(parallel_iterations=at_once)
                value, wait = step(state, epoch, first + i, size)
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
        after_call: Callable[[np.ndarray], bool] | None = None,
        describe_batch: Callable[[int], str] | None = None,
    ) -> np.ndarray:
        """Run one epoch and return the loss of every step, float32 `(steps,)`.

        Args:
            callbacks: Callbacks; their batch hooks run once per call of the graph.
            steps_per_call: Steps in one call; `None` finds a number that takes about `CALL_SECONDS`.
            done: Losses of the steps that an interrupted run has done already; the epoch continues after them.
            pause_every: Number of steps whose multiples no call crosses.
            after_call: Function of the losses so far, called after each call of the graph. It returns whether to end the epoch there.
            describe_batch: Function that describes a step's batch, for the error that a loss which is not finite raises.

        Raises:
            TrainingError: A loss is NaN or infinite, or another worker was lost.
        """
        losses = np.zeros(0, np.float32) if done is None else done
        state = self._feed.start_epoch(epoch, first_step=len(losses))
        self.waited = 0.0
        while len(losses) < self.steps:
            first = len(losses)
            sized = first < self._sized
            count = min(steps_per_call or self._steps_in_call, (self._sized if sized else self.steps) - first)
            if pause_every is not None:
                count = min(count, pause_every - first % pause_every)
            callbacks.on_train_batch_begin(first)
            start = time.perf_counter()
            try:
                with lost_workers_named(self._cluster):
                    place = tf.constant(epoch), tf.constant(first), tf.constant(count)
                    found, waited = self._run(state, *place, self._size if sized else None)
                    found, self.waited = found.numpy(), self.waited + float(waited)
            except tf.errors.OutOfRangeError:
                raise getattr(self._feed, "problem", None) or RuntimeError("The feed ended early.") from None
            took = time.perf_counter() - start
            check_finite(found, epoch=epoch, first=first, describe_batch=describe_batch, loss_scale=self.loss_scale)
            losses = np.concatenate([losses, found])
            if steps_per_call is None and count == self._steps_in_call:  # the short rest of an epoch says little
                wanted = int(count * CALL_SECONDS / max(took, 1e-6))
                wanted = max(1, min(wanted, count * 8, 4096))
                self._steps_in_call = int(self._cluster.highest([wanted])[0])  # the same on all workers
            callbacks.on_train_batch_end(len(losses) - 1, {"loss": float(found[-1])})
            if after_call is not None and after_call(losses):
                break
        return losses
