"""Square attack: random squares of plus or minus epsilon, without gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from deepbio.robustness.attacks.attack import Attack, State
from deepbio.robustness.attacks.losses import margin
from deepbio.robustness.attacks.network import Network
from deepbio.training.steps.perturbation import per_example

_HALVED_AT = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)  # of 10,000 steps


@dataclass(frozen=True, kw_only=True)
class Square(Attack):
    """Square attack of the L-infinity norm (Andriushchenko et al. 2020, arXiv:1912.00049). It needs outputs alone.

    Args:
        steps: Number of queries.
        fraction: Fraction of the pixels that the first squares cover; it is halved on the published schedule.
    """

    name: ClassVar[str] = "square"
    norms: ClassVar[tuple[str, ...]] = ("linf",)
    steps: int = 5000
    fraction: float = 0.8

    def start(self, common: Mapping[str, np.ndarray], random: Sequence[np.random.Generator], run: np.ndarray) -> State:
        """Return vertical stripes, and the random numbers of every step."""
        x0, (n, _, width, channels) = common["x0"], common["x0"].shape
        stripes = np.stack([one.choice([-1, 1], (1, width, channels)) for one in random])
        x = np.clip(x0 + common["epsilon"][:, None, None, None] * stripes, 0, 1).astype(np.float32)
        numbers = np.stack([one.random((self.steps + 1, 2 + channels), np.float32) for one in random])
        return {"x": x, "kept": x0, "margin": np.full(n, np.inf, np.float32), "numbers": numbers}

    def step(self, network: Network, state: State) -> State:
        """Keep `x` if it lowers the margin, and try the next square."""
        logits = network(self.seen(state))
        state = self.judged(state, logits)
        found = margin(logits, state["y"], state["target"])
        kept = tf.where(per_example(found < state["margin"], state["x"]), state["x"], state["kept"])
        state = state | {"kept": kept, "margin": tf.minimum(found, state["margin"])}
        return self.moved(state, self._with_square(network.shape, state))

    def _with_square(self, shape: tuple[int, ...], state: State) -> Any:
        height, width, _ = shape
        sides = tf.constant(square_sides(self.steps, shape, self.fraction))
        k = tf.minimum(state["k"], self.steps)
        side = tf.gather(sides, k)[:, None]
        random = tf.gather(state["numbers"], k, batch_dims=1)
        inside = []
        for column, length in ((0, height), (1, width)):
            room = tf.cast(length - side + 1, tf.float32)
            first = tf.cast(tf.floor(random[:, column : column + 1] * room), tf.int32)
            along = tf.range(length)[None]
            inside.append((along >= first) & (along < first + side))
        mask = (inside[0][:, :, None] & inside[1][:, None, :])[..., None]
        sign = tf.where(random[:, 2:] < 0.5, -1.0, 1.0)[:, None, None, :]
        change = per_example(state["epsilon"], state["x"]) * sign

        def at(delta: Any) -> Any:
            return tf.where(mask, tf.clip_by_value(state["x0"] + delta, 0.0, 1.0), state["kept"])

        moved = at(change)
        same = tf.reduce_all(tf.abs(moved - state["kept"]) < 1e-7, axis=(1, 2, 3))
        return tf.where(per_example(same, moved), at(-change), moved)


def square_sides(steps: int, shape: tuple[int, ...], fraction: float) -> np.ndarray:
    """Return the side of the square at each step, int32 `(steps + 1,)`.

    Example:
        >>> square_sides(10_000, (28, 28, 1), 0.8)[[0, 11, 300, 9999]].tolist()
        [25, 18, 9, 1]
    """
    height, width, _ = shape
    scaled = np.arange(steps + 1) * 10_000 // steps
    halvings = np.searchsorted(_HALVED_AT, scaled, side="left")
    sides = np.rint(np.sqrt(fraction / 2.0**halvings * height * width))
    return np.clip(sides, 1, min(height, width)).astype(np.int32)
