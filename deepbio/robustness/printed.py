"""Printed photos: adversarial examples that survive being photographed, and how many do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import tensorflow as tf

from deepbio.metrics import Estimate
from deepbio.robustness.adversarial import Adversarial, fraction
from deepbio.robustness.attack import State, checked_gradient
from deepbio.robustness.gradient_sign import PGD
from deepbio.robustness.losses import attack_loss, margin
from deepbio.robustness.network import Network, network_of
from deepbio.robustness.photograph import NUMBERS, Photograph
from deepbio.training.steps.perturbation import per_example, steepest

if TYPE_CHECKING:
    import keras


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


def destruction_rate(
    model: keras.Model, found: Adversarial, *, photograph: Photograph | None = None, repeats: int = 5, seed: int = 0
) -> Estimate:
    """Return the fraction of adversarial images that are predicted rightly once they are photographed.

    Of the images that were predicted rightly, and wrongly after the attack and rounding to bytes (Kurakin et al. 2017,
    arXiv:1607.02533, equation 5). The interval is Wilson's for the number of images, each being the mean of its photographs.

    Args:
        model: Model that was attacked.
        found: Result of an untargeted attack.
        photograph: The transformation; `Photograph()` by default.
        repeats: Number of photographs of each image.
        seed: Random seed.

    Example:
        >>> from deepbio.robustness import attack_images
        >>> from deepbio.zoo import get_model
        >>> model, image = get_model("lenet5", input_shape=(28, 28, 1), outputs=3, seed=1), np.full((1, 28, 28, 1), 128, np.uint8)
        >>> found = attack_images(model, image, model(image).numpy().argmax(1), epsilon=0.3, steps=5)
        >>> 0 <= destruction_rate(model, found).value <= 1
        True
    """
    transform, network = photograph or Photograph(), network_of(model)
    chosen = found.success_as_bytes
    pixels, y = found.pixels[chosen].astype(np.float32) / np.float32(255), found.y[chosen]
    if not len(y):
        return Estimate(float("nan"), reason="no adversarial example")
    right = np.zeros(len(y))
    for k in range(repeats):
        taken = np.rint(np.asarray(transform(pixels, seed=seed + k)) * 255).astype(np.uint8)
        right += network.classes_of(taken).argmax(axis=1) == y
    return fraction(right / repeats)
