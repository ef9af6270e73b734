"""EOT: PGD on the mean loss over random photographs, for adversarial examples that survive being printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from deepbio.robustness.attacks.attack import State, checked_gradient
from deepbio.robustness.attacks.gradient_sign import PGD
from deepbio.robustness.attacks.losses import attack_loss, margin
from deepbio.robustness.attacks.network import Network
from deepbio.robustness.corruptions.photograph import NUMBERS, Photograph
from deepbio.training.steps.perturbation import per_example, steepest


@dataclass(frozen=True, kw_only=True)
class EOT(PGD):
    """PGD on the mean loss over random photographs: expectation over transformation (Athalye et al. 2018, arXiv:1707.07397).

    The best point is the one with the lowest mean margin over its photographs, and an early stop waits until that is below zero. The
    result is judged as it is, unphotographed; `destruction_rate` computes how many examples a photograph destroys.

    Args:
        samples: Number of photographs per step.
        photograph: The transformation.
    """

    name: ClassVar[str] = "eot"
    samples: int = 8
    photograph: Photograph = field(default_factory=lambda: Photograph(jpeg=None))

    def start(self, common: Mapping[str, np.ndarray], random: Sequence[np.random.Generator], run: np.ndarray) -> State:
        """Return the random numbers of every photograph, and the key of its noise."""
        numbers = [one.uniform(-1, 1, (self.steps + 1, self.samples, NUMBERS)).astype(np.float32) for one in random]
        keys = np.array([one.integers(0, 2**31 - 1) for one in random], np.int32)
        return super().start(common, random, run) | {"numbers": np.stack(numbers), "key": keys}

    def step(self, network: Network, state: State) -> State:
        """Judge the photographs and move along the mean gradient over photographs."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(state["x"])
            logits, y, target = self._photographed(network, state)
            value = attack_loss(self.loss, logits, y, target)
        gradient = checked_gradient(tape.gradient(value, state["x"]), network)
        state = self.kept(state, self._mean_score(logits, y, target))
        size = (
            2.5 * state["epsilon"] / self.steps
            if self.step_size is None
            else tf.fill(tf.shape(state["k"]), self.step_size)
        )
        return self.moved(state, state["x"] + per_example(size, gradient) * steepest(gradient, self.norm))

    def ended(self, network: Network, state: State) -> State:
        """Return the state with its last point judged by its photographs."""
        return self.kept(state, self._mean_score(*self._photographed(network, state)))

    def _photographed(self, network: Network, state: State) -> tuple[Any, Any, Any]:
        """Return the logits of every photograph, and their classes and targets."""
        numbers = tf.gather(state["numbers"], tf.minimum(state["k"], self.steps), batch_dims=1)
        copies = tf.repeat(state["x"], self.samples, axis=0)
        seen = self.photograph.apply(copies, tf.reshape(numbers, (-1, NUMBERS)), self._noise(network, state))
        logits = network(tf.ensure_shape(seen, (None, *network.shape)))
        return logits, tf.repeat(state["y"], self.samples), tf.repeat(state["target"], self.samples)

    def _mean_score(self, logits: Any, y: Any, target: Any) -> Any:
        """Return the negative mean margin of the photographs of each example."""
        return -tf.reduce_mean(tf.reshape(margin(logits, y, target), (-1, self.samples)), axis=1)

    def _noise(self, network: Network, state: State) -> Any:
        """Return the noise of every photograph, a function of its example and step alone, so that no other example changes it."""
        shape = (self.samples, *network.shape)
        seeds = tf.stack([state["key"], state["k"]], axis=1)
        drawn = tf.map_fn(
            lambda seed: tf.random.stateless_normal(shape, seed),
            seeds,
            fn_output_signature=tf.TensorSpec(shape, tf.float32),
        )
        return tf.reshape(drawn, (-1, *network.shape))
