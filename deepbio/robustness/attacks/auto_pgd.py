"""APGD: projected gradient descent that sets its own step size, the strongest part of AutoAttack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from deepbio.robustness.attacks.attack import Attack, State
from deepbio.robustness.attacks.gradient_sign import check_loss, start_offset
from deepbio.robustness.attacks.losses import Loss
from deepbio.robustness.attacks.network import Network
from deepbio.training.steps.perturbation import per_example, project, steepest

_MOMENTUM = 0.75
_ENOUGH = 0.75  # fraction of steps since a checkpoint that must raise the loss


@dataclass(frozen=True, kw_only=True)
class APGD(Attack):
    """Auto-PGD (Croce and Hein 2020, arXiv:2003.01690): momentum, and a step that is halved where progress stalls.

    At checkpoints that come ever closer, the step of an example is halved, and the example goes on from its best point, if fewer than
    three quarters of the steps since the last checkpoint raised the loss, or neither step nor best loss has changed.

    Args:
        loss: `"cross_entropy"`, `"dlr"` or `"margin"`.
        targets: Number of classes to aim at, one run for each, from the most probable wrong class on; 0 for an untargeted attack.
    """

    name: ClassVar[str] = "apgd"
    steps: int = 100
    loss: Loss = "cross_entropy"
    targets: int = 0

    def check(self, network: Network) -> None:
        """Refuse a loss that needs more classes."""
        check_loss(self.loss, network, targeted=self.targets > 0)

    def runs(self, network: Network) -> int:
        """Return the number of restarts or of targets."""
        return min(self.targets, network.classes - 1) if self.targets else self.restarts

    def start(self, common: Mapping[str, np.ndarray], random: Sequence[np.random.Generator], run: np.ndarray) -> State:
        """Return a random start on the ball, and what an example remembers between steps."""
        x0, n = common["x0"], len(common["x0"])
        offset = np.stack(
            [start_offset(one, x0.shape[1:], self.norm, r) for one, r in zip(random, common["epsilon"], strict=True)]
        )
        x = np.clip(x0 + offset, 0, 1)
        return {
            "x": x, "before": x, "top": x, "top_gradient": np.zeros_like(x), "top_loss": np.full(n, -np.inf, np.float32),
            "last_loss": np.full(n, -np.inf, np.float32), "size": 2 * common["epsilon"], "raised": np.zeros(n, np.int32),
            "loss_at_check": np.full(n, -np.inf, np.float32), "halved": np.ones(n, bool), "run": run.astype(np.int32),
        }  # fmt: skip

    def step(self, network: Network, state: State) -> State:
        """Judge, halve the step at a checkpoint, and move with momentum."""
        state = self._aimed(network, state)
        logits, value, gradient = self.loss_and_gradient(network, state, self.loss)
        state = self.judged(state, logits)
        first = state["k"] == 0
        raised = state["raised"] + tf.cast((value > state["last_loss"]) & ~first, tf.int32)
        better = value > state["top_loss"]
        wide = per_example(better, gradient)
        top, top_gradient = (
            tf.where(wide, new, state[key]) for new, key in ((state["x"], "top"), (gradient, "top_gradient"))
        )
        top_loss = tf.maximum(value, state["top_loss"])
        window = tf.gather(tf.constant(checkpoint_windows(self.steps)), tf.minimum(state["k"], self.steps))
        at_check = window > 0
        few = tf.cast(raised, tf.float32) <= _ENOUGH * tf.cast(window, tf.float32)
        stuck = ~state["halved"] & (state["loss_at_check"] >= top_loss)
        halve = at_check & (few | stuck)
        size = tf.where(halve, state["size"] / 2, state["size"])
        back = per_example(halve, gradient)
        x, gradient = tf.where(back, top, state["x"]), tf.where(back, top_gradient, gradient)
        inside = {"center": state["x0"], "radius": state["epsilon"], "norm": self.norm}
        ahead = project(x + per_example(size, x) * steepest(gradient, self.norm), **inside)
        share = per_example(tf.where(first, 1.0, _MOMENTUM), x)
        ahead = x + share * (ahead - x) + (1 - share) * (x - tf.where(back, x, state["before"]))
        state = state | {
            "before": x, "top": top, "top_gradient": top_gradient, "top_loss": top_loss, "last_loss": value, "size": size,
            "raised": tf.where(at_check, 0, raised), "halved": tf.where(at_check, halve, state["halved"]),
            "loss_at_check": tf.where(at_check | first, top_loss, state["loss_at_check"]), "x": x,
        }  # fmt: skip
        return self.moved(state, ahead)

    def _aimed(self, network: Network, state: State) -> State:
        """Set the target of new examples of a targeted attack: run `r` aims at the wrong class of rank `r`."""
        if not self.targets:
            return state

        def choose() -> Any:
            logits = network(state["x0"])
            wrong = logits - 1e30 * tf.one_hot(state["y"], network.classes, dtype=logits.dtype)
            ranked = tf.argsort(wrong, axis=1, direction="DESCENDING")
            chosen = tf.gather(ranked, state["run"], batch_dims=1)
            return tf.where(state["k"] == 0, tf.cast(chosen, tf.int32), state["target"])

        return state | {"target": tf.cond(tf.reduce_any(state["k"] == 0), choose, lambda: state["target"])}


def checkpoint_windows(steps: int) -> np.ndarray:
    """Return, for each step from 0 to `steps`, the number of steps since the last checkpoint if it is one, else 0.

    Example:
        >>> np.flatnonzero(checkpoint_windows(100)).tolist()
        [22, 41, 57, 70, 80, 87, 93, 99]
    """
    window, shorter, smallest = max(1, int(0.22 * steps)), max(1, int(0.03 * steps)), max(1, int(0.06 * steps))
    found, k = np.zeros(steps + 1, np.int32), window
    while k <= steps:
        found[k] = window
        window = max(window - shorter, smallest)
        k += window
    return found
