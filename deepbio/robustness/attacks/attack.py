"""`Attack`: what every attack on images defines: its options, the state of one example, and one step of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from deepbio.errors import DataError, ModelError
from deepbio.robustness.attacks.losses import Loss, attack_loss, margin
from deepbio.robustness.attacks.network import Network
from deepbio.training.steps.perturbation import NORMS, Norm, per_example, project, size_of

State = dict[str, Any]
"""Tensors of a batch of examples, one row each.

Every attack has: `x0` the image, `x` the present point, `y` and `target` its classes, `epsilon` the radius, `k` the steps done,
`best` the best point so far and `score` how good that is. A score above 0 is an adversarial example inside the ball.
"""


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One attack on images. Its fields are its options; all pixels are from 0 to 1.

    Args:
        norm: Norm of the perturbation: `"linf"` or `"l2"`.
        steps: Number of steps per run.
        restarts: Number of runs per example.
        as_bytes: Whether each point is judged after rounding to bytes, towards the image, so that what is found is an adversarial
            example of an image file. An attack on floats stops at the first one, which rounding often undoes.
    """

    name: ClassVar[str] = ""
    norms: ClassVar[tuple[str, ...]] = NORMS
    smallest: ClassVar[bool] = False
    """Whether the attack looks for the smallest perturbation instead of any inside the ball."""
    stops_when_found: ClassVar[bool] = False
    """Whether a run always ends at its first adversarial example."""
    takes_target: ClassVar[bool] = True
    """Whether the attack can aim at one class."""
    norm: Norm = "linf"
    steps: int = 40
    restarts: int = 1
    as_bytes: bool = False

    def __post_init__(self) -> None:
        if self.norm not in self.norms:
            raise DataError(f"{self.name} has the norms {', '.join(self.norms)}; received norm={self.norm!r}.")
        if self.steps < 1 or self.restarts < 1:
            raise DataError(f"{self.name}: steps and restarts are at least 1; received {self.steps}, {self.restarts}.")
        if self.as_bytes and self.smallest:
            raise DataError(f"{self.name} looks for the smallest perturbation of floats: leave out as_bytes.")

    def seen(self, state: State) -> Any:
        """Return the pixels that the network sees: `x`, or `x` rounded to bytes with gradients as if it were not."""
        if not self.as_bytes:
            return state["x"]
        change = (state["x"] - state["x0"]) * 255.0
        whole = tf.sign(change) * tf.floor(tf.abs(change) + 1e-4)
        return state["x"] + tf.stop_gradient(state["x0"] + whole / 255.0 - state["x"])

    def check(self, network: Network) -> None:
        """Raise a DataError if the attack does not fit the network."""

    def runs(self, network: Network) -> int:
        """Return the number of runs per example."""
        return self.restarts

    def start(self, common: Mapping[str, np.ndarray], random: Sequence[np.random.Generator], run: np.ndarray) -> State:
        """Return the attack's own rows of new examples, and `x` if they do not start at the image.

        Args:
            common: Rows that every attack has.
            random: One generator per example, a function of seed, example and run.
            run: Number of the run of each example.
        """
        return {}

    def step(self, network: Network, state: State) -> State:
        """Judge `x`, then move it, where steps are left."""
        raise NotImplementedError

    def loss_and_gradient(self, network: Network, state: State, loss: Loss) -> tuple[Any, Any, Any]:
        """Return the logits of what the network sees, the loss that an attack raises, and its gradient."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(state["x"])
            logits = network(self.seen(state))
            value = attack_loss(loss, logits, state["y"], state["target"])
        return logits, value, checked_gradient(tape.gradient(value, state["x"]), network)

    def judged(self, state: State, logits: Any) -> State:
        """Return the state with its best point updated by `x`, whose logits these are."""
        return self.kept(state, self.score(state, margin(logits, state["y"], state["target"])))

    def ended(self, network: Network, state: State) -> State:
        """Return the state after the last step, with its last point judged."""
        return self.judged(state, network(self.seen(state)))

    def kept(self, state: State, score: Any) -> State:
        """Return the state with `x` as its best point where its score is higher."""
        better = score > state["score"]
        best = tf.where(per_example(better, state["x"]), self.seen(state), state["best"])
        return state | {"best": best, "score": tf.maximum(score, state["score"])}

    def score(self, state: State, margins: Any) -> Any:
        """Return how good `x` is: the negative margin, or for smallest perturbations 1 / (1 + size) of an adversarial one."""
        if not self.smallest:
            return -margins
        size = size_of(state["x"] - state["x0"], self.norm)
        return tf.where(margins < 0, 1.0 / (1.0 + size), -1.0 / (1.0 + tf.abs(margins)))

    def moved(self, state: State, x: Any) -> State:
        """Return the state at the next point, inside the ball; rows without steps left stay."""
        if not self.smallest:
            x = project(x, state["x0"], state["epsilon"], self.norm)
        left = per_example(state["k"] < self.steps, x)
        return state | {"x": tf.where(left, x, state["x"]), "k": tf.minimum(state["k"], self.steps) + 1}


def checked_gradient(gradient: Any, network: Network) -> Any:
    """Return a gradient if the outputs depend on the pixels by a function that TensorFlow differentiates."""
    if gradient is None:
        raise ModelError(
            f"{network.model.name} has no gradient: some layer casts its input to integers. Use the attack 'square', which needs none."
        )
    return gradient
