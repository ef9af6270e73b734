"""FGSM and PGD: one or many steps along the gradient, projected to a ball."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from deepbio.errors import DataError
from deepbio.robustness.attacks.attack import Attack, State
from deepbio.robustness.attacks.losses import LOSSES, Loss
from deepbio.robustness.attacks.network import Network
from deepbio.training.steps.perturbation import per_example, project, random_start, steepest


@dataclass(frozen=True, kw_only=True)
class PGD(Attack):
    """Projected gradient descent (Madry et al. 2018, arXiv:1706.06083), with momentum (Dong et al. 2018, arXiv:1710.06081).

    Args:
        step_size: Size of a step; None is 2.5 times epsilon divided by the number of steps.
        momentum: Decay of the sum of past gradients, each divided by its L1 norm; 0 uses the last gradient alone.
        loss: `"cross_entropy"`, `"margin"` or `"dlr"`.
        random_start: Whether runs begin at a random point of the ball. Without it, only the first run begins at the image.
    """

    name: ClassVar[str] = "pgd"
    step_size: float | None = None
    momentum: float = 0.0
    loss: Loss = "cross_entropy"
    random_start: bool = True

    def check(self, network: Network) -> None:
        """Refuse a loss that needs more classes."""
        check_loss(self.loss, network)

    def start(self, common: Mapping[str, np.ndarray], random: Sequence[np.random.Generator], run: np.ndarray) -> State:
        """Return a random start and the accumulated gradient."""
        x0 = common["x0"]
        own: State = {"velocity": np.zeros_like(x0)} if self.momentum else {}
        if not self.random_start and not run.any():
            return own
        offset = np.stack(
            [
                start_offset(one, x0.shape[1:], self.norm, radius)
                for one, radius in zip(random, common["epsilon"], strict=True)
            ]
        )
        moved = np.clip(x0 + offset, 0, 1)
        keep = (run == 0)[:, None, None, None] & (not self.random_start)
        return own | {"x": np.where(keep, x0, moved)}

    def step(self, network: Network, state: State) -> State:
        """Judge and move one step along the gradient."""
        logits, _, gradient = self.loss_and_gradient(network, state, self.loss)
        state = self.judged(state, logits)
        if self.momentum:
            total = tf.reduce_sum(tf.abs(gradient), axis=(1, 2, 3), keepdims=True)
            gradient = self.momentum * state["velocity"] + gradient / tf.maximum(total, 1e-12)
            state = state | {"velocity": gradient}
        size = (
            2.5 * state["epsilon"] / self.steps
            if self.step_size is None
            else tf.fill(tf.shape(state["k"]), self.step_size)
        )
        return self.moved(state, state["x"] + per_example(size, gradient) * steepest(gradient, self.norm))


@dataclass(frozen=True, kw_only=True)
class FGSM(PGD):
    """Fast gradient sign method: one step of size epsilon (Goodfellow et al. 2015, arXiv:1412.6572).

    For `"l2"` the step is along the gradient itself.
    """

    name: ClassVar[str] = "fgsm"
    steps: int = 1
    random_start: bool = False

    def step(self, network: Network, state: State) -> State:
        """Judge and move by epsilon along the gradient."""
        logits, _, gradient = self.loss_and_gradient(network, state, self.loss)
        size = state["epsilon"] if self.step_size is None else tf.fill(tf.shape(state["k"]), self.step_size)
        moved = state["x"] + per_example(size, gradient) * steepest(gradient, self.norm)
        return self.moved(self.judged(state, logits), moved)


def start_offset(random: np.random.Generator, shape: tuple[int, ...], norm: str, radius: float) -> np.ndarray:
    """Return a random perturbation of the ball, float32."""
    linf = norm == "linf"
    noise = random.uniform(-1, 1, (1, *shape)) if linf else random.standard_normal((1, *shape))
    found = random_start(
        tf.constant(noise, tf.float32), tf.constant([random.random()], tf.float32), tf.constant([radius], tf.float32),
        "linf" if linf else "l2",
    )  # fmt: skip
    return np.asarray(found)[0]


def check_loss(loss: str, network: Any, *, targeted: bool = False) -> None:
    """Raise a DataError if a loss is unknown or needs more classes than the network has."""
    needed = {"dlr": 4 if targeted else 3}.get(loss, 2)
    if loss not in LOSSES:
        raise DataError(f"Expected one of the losses {', '.join(LOSSES)}; received {loss!r}.")
    if network.classes < needed:
        raise DataError(f"The loss 'dlr' needs {needed} classes; the model has {network.classes}. Use 'margin'.")


__all__ = ["FGSM", "PGD", "check_loss", "project", "start_offset"]
