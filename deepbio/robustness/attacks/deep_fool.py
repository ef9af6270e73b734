"""DeepFool: the smallest perturbation of a network that were linear, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import tensorflow as tf

from deepbio.robustness.attacks.attack import Attack, State, checked_gradient
from deepbio.robustness.attacks.network import Network
from deepbio.training.steps.perturbation import Norm, per_example


@dataclass(frozen=True, kw_only=True)
class DeepFool(Attack):
    """DeepFool (Moosavi-Dezfooli et al. 2016, arXiv:1511.04599).

    Each step goes to the nearest boundary of the linearized network. An example ends once it is adversarial.

    Args:
        overshoot: Fraction by which the sum of the steps is made longer.
        candidates: Number of classes whose boundaries are looked at, from the most probable one on.
    """

    name: ClassVar[str] = "deep_fool"
    smallest: ClassVar[bool] = True
    takes_target: ClassVar[bool] = False
    stops_when_found: ClassVar[bool] = True
    norm: Norm = "l2"
    steps: int = 50
    overshoot: float = 0.02
    candidates: int = 10

    def start(self, common: Mapping[str, np.ndarray], random: Sequence[np.random.Generator], run: np.ndarray) -> State:
        """Return the sum of the steps."""
        return {"total": np.zeros_like(common["x0"])}

    def step(self, network: Network, state: State) -> State:
        """Judge, and add the step to the nearest boundary."""
        count = min(self.candidates, network.classes)
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(state["x"])
            logits = network(state["x"])
            ranked = tf.argsort(logits, axis=1, direction="DESCENDING")[:, :count]
            gaps = tf.gather(logits, ranked, batch_dims=1) - tf.gather(logits, state["y"], batch_dims=1)[:, None]
            columns = tf.unstack(gaps, num=count, axis=1)
        state = self.judged(state, logits)
        normals = tf.stack([checked_gradient(tape.gradient(one, state["x"]), network) for one in columns], axis=1)
        flat = tf.reshape(normals, (-1, count, int(np.prod(network.shape))))
        length = tf.norm(flat, ord=1 if self.norm == "linf" else 2, axis=2)
        reachable = (ranked != state["y"][:, None]) & (length > 0)
        distance = tf.where(reachable, tf.abs(gaps) / tf.maximum(length, 1e-12), 1e30)
        nearest = tf.argmin(distance, axis=1)
        size, normal, norm = (tf.gather(one, nearest, batch_dims=1) for one in (distance, flat, length))
        along = tf.sign(normal) if self.norm == "linf" else normal / tf.maximum(norm, 1e-12)[:, None]
        step = tf.where((size < 1e30)[:, None], along * (size[:, None] + 1e-6), 0.0)  # none where no gradient leads
        total = state["total"] + tf.reshape(step, tf.shape(state["x"]))
        x = tf.clip_by_value(state["x0"] + (1 + self.overshoot) * total, 0.0, 1.0)
        left = per_example(state["k"] < self.steps, x)
        return self.moved(state | {"total": tf.where(left, total, state["total"])}, x)
