"""EOT: PGD on the mean loss over random photographs, for adversarial examples that survive being printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

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
        """Return the random numbers of every photograph."""
        numbers = [one.uniform(-1, 1, (self.steps + 1, self.samples, NUMBERS)).astype(np.float32) for one in random]
        return super().start(common, random, run) | {"numbers": np.stack(numbers)}

    def step(self, network: Network, state: State) -> State:
        """Judge the photographs and move along the mean gradient over photographs."""
        numbers = tf.gather(state["numbers"], tf.minimum(state["k"], self.steps), batch_dims=1)
        shape = tf.shape(state["x"])
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(state["x"])
            copies = tf.repeat(state["x"], self.samples, axis=0)
            noise = tf.random.stateless_normal(tf.shape(copies), tf.stack([self.samples, state["k"][0]]))
            seen = self.photograph.apply(copies, tf.reshape(numbers, (-1, NUMBERS)), noise)
            logits = network(tf.ensure_shape(seen, (None, *network.shape)))
            y, target = (tf.repeat(state[key], self.samples) for key in ("y", "target"))
            value = tf.reduce_sum(
                tf.reshape(attack_loss(self.loss, logits, y, target), (shape[0], self.samples)), axis=1
            )
        gradient = checked_gradient(tape.gradient(value, state["x"]), network)
        margins = tf.reduce_mean(tf.reshape(margin(logits, y, target), (shape[0], self.samples)), axis=1)
        state = self.kept(state, -margins)
        size = 2.5 * state["epsilon"] / self.steps if self.step_size is None else tf.fill(shape[:1], self.step_size)
        return self.moved(state, state["x"] + per_example(size, gradient) * steepest(gradient, self.norm))

    def ended(self, network: Network, state: State) -> State:
        """Return the state: the last point was judged with its photographs, if at all."""
        return state
