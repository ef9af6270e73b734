"""Carlini and Wagner's L2 attack: the smallest perturbation by Adam on a penalty whose weight is searched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import tensorflow as tf

from deepbio.robustness.attacks.attack import Attack, State, checked_gradient
from deepbio.robustness.attacks.losses import margin
from deepbio.robustness.attacks.network import Network
from deepbio.training.steps.perturbation import Norm, per_example

_LARGEST = 1e10  # weight of the penalty above which the search ends


@dataclass(frozen=True, kw_only=True)
class CarliniWagner(Attack):
    """Carlini and Wagner's L2 attack (2017, arXiv:1608.04644).

    Pixels are `(tanh(w) + 1) / 2`, so that they stay in range. Each of `searches` rounds minimizes the squared size plus `c` times
    the margin, from the image on; `c` is bisected after a success and multiplied by 10 after failures.

    Args:
        steps: Number of steps of Adam over all rounds; a multiple of `searches`.
        searches: Number of rounds.
        learning_rate: Learning rate of Adam.
        confidence: Margin that an adversarial example must reach.
        initial_weight: First `c`.
    """

    name: ClassVar[str] = "carlini_wagner"
    norms: ClassVar[tuple[str, ...]] = ("l2",)
    smallest: ClassVar[bool] = True
    norm: Norm = "l2"
    steps: int = 900
    searches: int = 9
    learning_rate: float = 0.01
    confidence: float = 0.0
    initial_weight: float = 0.01

    def start(self, common: Mapping[str, np.ndarray], random: Sequence[np.random.Generator], run: np.ndarray) -> State:
        """Return the variable of tanh, the moments of Adam and the bounds of the search."""
        n, w = len(common["x0"]), np.arctanh((2 * common["x0"] - 1) * np.float32(0.999999))
        zeros = np.zeros_like(w)
        return {
            "w": w, "w0": w, "m": zeros, "v": zeros, "c": np.full(n, self.initial_weight, np.float32),
            "low": np.zeros(n, np.float32), "high": np.full(n, _LARGEST, np.float32), "reached": np.zeros(n, bool),
        }  # fmt: skip

    def step(self, network: Network, state: State) -> State:
        """Judge, then take one step of Adam; at the end of a round choose the next `c`."""
        per_round = max(1, self.steps // self.searches)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(state["w"])
            x = (tf.tanh(state["w"]) + 1) / 2
            logits = network(x)
            margins = margin(logits, state["y"], state["target"])
            penalty = tf.maximum(margins + self.confidence, 0.0)
            loss = tf.reduce_sum((x - state["x0"]) ** 2, axis=(1, 2, 3)) + state["c"] * penalty
        gradient = checked_gradient(tape.gradient(loss, state["w"]), network)
        state = self.judged(state | {"x": x}, logits)
        reached = state["reached"] | (margins + self.confidence < 0)
        t = per_example(tf.cast(state["k"] % per_round + 1, tf.float32), x)
        m, v = 0.9 * state["m"] + 0.1 * gradient, 0.999 * state["v"] + 0.001 * gradient**2
        w = state["w"] - self.learning_rate * (m / (1 - 0.9**t)) / (tf.sqrt(v / (1 - 0.999**t)) + 1e-8)
        end = (state["k"] + 1) % per_round == 0
        high = tf.where(end & reached, tf.minimum(state["high"], state["c"]), state["high"])
        low = tf.where(end & ~reached, tf.maximum(state["low"], state["c"]), state["low"])
        bounded = high < _LARGEST
        next_c = tf.where(bounded, (low + high) / 2, state["c"] * 10)
        again = per_example(end, x)
        state = state | {
            "w": tf.where(again, state["w0"], w), "m": tf.where(again, 0.0, m), "v": tf.where(again, 0.0, v), "low": low,
            "high": high, "c": tf.where(end, next_c, state["c"]), "reached": reached & ~end,
        }  # fmt: skip
        return self.moved(state, (tf.tanh(state["w"]) + 1) / 2)
