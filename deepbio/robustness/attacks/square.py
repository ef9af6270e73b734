"""Square attack: random squares that change an image by all of epsilon, without gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from deepbio.robustness.attacks.attack import Attack, State
from deepbio.robustness.attacks.losses import margin
from deepbio.robustness.attacks.network import Network
from deepbio.training.steps.perturbation import per_example, size_of

_HALVED_AT = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)  # of 10,000 steps
_TILES = 5  # along each side of the first perturbation of "l2"


@dataclass(frozen=True, kw_only=True)
class Square(Attack):
    """Square attack (Andriushchenko et al. 2020, arXiv:1912.00049). It needs outputs alone.

    For `"linf"`, each step sets a square to plus or minus epsilon per channel. For `"l2"`, a step moves the norm of one square into a
    bump of two signs in another, so that the perturbation always has all of epsilon.

    Args:
        steps: Number of queries.
        fraction: Fraction of the pixels that the first squares cover; it is halved on the published schedule.
    """

    name: ClassVar[str] = "square"
    steps: int = 5000
    fraction: float = 0.8

    def start(self, common: Mapping[str, np.ndarray], random: Sequence[np.random.Generator], run: np.ndarray) -> State:
        """Return vertical stripes, for `"l2"` tiles of bumps, and the random numbers of every step."""
        x0, (n, height, width, channels) = common["x0"], common["x0"].shape
        radius = common["epsilon"][:, None, None, None]
        if self.norm == "linf":
            first, count = np.stack([one.choice([-1, 1], (1, width, channels)) for one in random]), 2 + channels
        else:
            first, count = np.stack([_tiles(one, height, width, channels) for one in random]), 5 + channels
        x = np.clip(x0 + radius * first, 0, 1).astype(np.float32)
        numbers = np.stack([one.random((self.steps + 1, count), np.float32) for one in random])
        return {"x": x, "kept": x0, "margin": np.full(n, np.inf, np.float32), "numbers": numbers}

    def step(self, network: Network, state: State) -> State:
        """Keep `x` if it lowers the margin, and try the next square."""
        logits = network(self.seen(state))
        state = self.judged(state, logits)
        found = margin(logits, state["y"], state["target"])
        kept = tf.where(per_example(found < state["margin"], state["x"]), state["x"], state["kept"])
        state = state | {"kept": kept, "margin": tf.minimum(found, state["margin"])}
        k = tf.minimum(state["k"], self.steps)
        random = tf.gather(state["numbers"], k, batch_dims=1)
        moved = self._with_square if self.norm == "linf" else self._with_bump
        return self.moved(state, moved(network.shape, state, k, random))

    def _with_square(self, shape: tuple[int, ...], state: State, k: Any, random: Any) -> Any:
        side = tf.gather(tf.constant(square_sides(self.steps, shape, self.fraction)), k)[:, None]
        mask = _inside(shape, side, _corner(shape, side, random))
        sign = tf.where(random[:, 2:] < 0.5, -1.0, 1.0)[:, None, None, :]
        change = per_example(state["epsilon"], state["x"]) * sign

        def at(delta: Any) -> Any:
            return tf.where(mask > 0, tf.clip_by_value(state["x0"] + delta, 0.0, 1.0), state["kept"])

        moved = at(change)
        same = tf.reduce_all(tf.abs(moved - state["kept"]) < 1e-7, axis=(1, 2, 3))
        return tf.where(per_example(same, moved), at(-change), moved)

    def _with_bump(self, shape: tuple[int, ...], state: State, k: Any, random: Any) -> Any:
        sides = odd_sides(self.steps, shape, self.fraction)
        each, which = np.unique(sides, return_inverse=True)
        table = np.stack([[bump(side, shape), bump(side, shape, across=True)] for side in each])
        side = tf.gather(tf.constant(sides), k)[:, None]
        place, other = _corner(shape, side, random), _corner(shape, side, random[:, 2:])
        into, gone = _inside(shape, side, place), _inside(shape, side, other)
        across = tf.cast(random[:, 4] < 0.5, tf.int32)
        shown = tf.gather_nd(
            tf.constant(table, tf.float32), tf.stack([tf.gather(tf.constant(which, tf.int32), k), across], axis=1)
        )
        delta, radius = state["kept"] - state["x0"], per_example(state["epsilon"], state["x"])

        def size(values: Any) -> Any:
            return tf.sqrt(tf.reduce_sum(tf.square(values), axis=(1, 2), keepdims=True))  # of each channel

        sign = tf.where(random[:, 5:] < 0.5, -1.0, 1.0)[:, None, None, :]
        old = delta * into
        new = _moved_to(shown, place, shape)[..., None] * sign + old / tf.maximum(size(old), 1e-12)
        unused = tf.maximum(radius**2 - per_example(size_of(delta, "l2"), delta) ** 2, 0.0) / shape[-1]
        length = tf.sqrt(unused + size(delta * tf.maximum(into, gone)) ** 2)
        new = into * new / tf.maximum(size(into * new), 1e-12) * length
        moved = tf.where(into > 0, new, tf.where(gone > 0, 0.0, delta))
        moved = moved * radius / tf.maximum(per_example(size_of(moved, "l2"), moved), 1e-12)
        return tf.clip_by_value(state["x0"] + moved, 0.0, 1.0)


def _corner(shape: tuple[int, ...], side: Any, random: Any) -> tuple[Any, Any]:
    """Return the first row and column of a square, each `(batch, 1)`."""
    rooms = (tf.cast(length - side + 1, tf.float32) for length in shape[:2])
    row, column = (tf.cast(tf.floor(random[:, i : i + 1] * room), tf.int32) for i, room in enumerate(rooms))
    return row, column


def _inside(shape: tuple[int, ...], side: Any, corner: tuple[Any, Any]) -> Any:
    """Return 1 inside the square and 0 outside, `(batch, height, width, 1)`."""
    rows, columns = (
        (tf.range(length)[None] >= first) & (tf.range(length)[None] < first + side)
        for first, length in zip(corner, shape[:2], strict=True)
    )
    return tf.cast(rows[:, :, None] & columns[:, None, :], tf.float32)[..., None]


def _moved_to(shown: Any, corner: tuple[Any, Any], shape: tuple[int, ...]) -> Any:
    """Return pictures `(batch, height, width)` moved from the first row and column to others; the outside is not defined."""
    for axis, (first, length) in enumerate(zip(corner, shape[:2], strict=True), start=1):
        shown = tf.gather(
            shown, tf.clip_by_value(tf.range(length)[None] - first, 0, length - 1), axis=axis, batch_dims=1
        )
    return shown


def _tiles(random: np.random.Generator, height: int, width: int, channels: int) -> np.ndarray:
    """Return a perturbation of norm 1: tiles of bumps with random directions and signs."""
    side, out = max(1, min(height, width) // _TILES), np.zeros((height, width, channels))
    across = random.random() < 0.5
    one = bump(side, (side, side, 1), across=bool(across))
    top, left = (height - side * (height // side)) // 2, (width - side * (width // side)) // 2
    for row in range(top, height - side + 1, side):
        for column in range(left, width - side + 1, side):
            out[row : row + side, column : column + side] = one[..., None] * random.choice([-1, 1], channels)
    return out / np.linalg.norm(out)


def bump(side: int, shape: tuple[int, ...], *, across: bool = False) -> np.ndarray:
    """Return the bump of a square in the first rows and columns of an image: one half rises, the other falls; its norm is 1.

    Each half is a sum of nested rectangles of heights 1, 1/4, 1/9, ... (equation 3 of the paper).

    Example:
        >>> bump(3, (4, 4, 1)).round(2).tolist()
        [[0.14, 0.68, 0.14, 0.0], [-0.13, -0.13, -0.13, 0.0], [-0.13, -0.65, -0.13, 0.0], [0.0, 0.0, 0.0, 0.0]]
    """
    out = np.zeros(shape[:2])
    half = side // 2
    found = (
        np.concatenate([_rectangles(half, side), -_rectangles(side - half, side)]) if half else np.ones((side, side))
    )
    out[:side, :side] = found.T if across else found
    return out / np.linalg.norm(out)


def _rectangles(rows: int, columns: int) -> np.ndarray:
    out = np.zeros((rows, columns))
    middle = (rows // 2, columns // 2)
    for k in range(max(middle) + 1):
        spans = [slice(max(center - k, 0), center + k + 1) for center in middle]
        out[spans[0], spans[1]] += 1 / (k + 1) ** 2
    return out / np.linalg.norm(out)


def odd_sides(steps: int, shape: tuple[int, ...], fraction: float) -> np.ndarray:
    """Return the side of the squares of `"l2"` at each step: odd, and at least 3 where the image has as many pixels.

    Example:
        >>> odd_sides(10_000, (28, 28, 1), 0.8)[[0, 11, 300, 9999]].tolist()
        [25, 19, 9, 3]
    """
    sides = np.maximum(square_sides(steps, shape, fraction), 3)
    return np.minimum(sides + (sides % 2 == 0), min(shape[:2])).astype(np.int32)


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
