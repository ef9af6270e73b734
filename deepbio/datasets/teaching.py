"""Two-dimensional data sets for teaching: XOR, which no line separates, and two moons."""

from collections.abc import Callable

import numpy as np

from deepbio.datasets.cards import Card
from deepbio.datasets.columns import table_input
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.split import Split
from deepbio.errors import DataError
from deepbio.specs import Task

_Draw = Callable[[int, np.random.Generator], tuple[np.ndarray, np.ndarray]]


def xor(card: Card, *, seed: int = 0) -> Dataset:
    """Sample points around the corners of a square; the class is the exclusive or of the two signs.

    The four corners (-1, -1), (-1, 1), (1, -1), (1, 1) have equally many points, uniform within 0.5 of them. So classes do
    not touch, and a line is right for at most three corners: 75%.

    Args:
        card: Card of the data set.
        seed: Random seed.
    """

    def draw(n: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        corner = random.permutation(np.arange(n) % 4)
        signs = np.stack([corner // 2, corner % 2], axis=1)
        x = 2.0 * signs - 1.0 + random.uniform(-0.5, 0.5, (n, 2))
        return x, signs[:, 0] ^ signs[:, 1]

    return _dataset(card, draw, seed=seed)


def two_moons(card: Card, *, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Sample two interleaved half circles of radius 1 with Gaussian noise.

    Args:
        card: Card of the data set.
        noise: Standard deviation of the noise.
        seed: Random seed.
    """
    if not 0 <= noise < np.inf:
        raise DataError(f"noise is a standard deviation, 0 or more; received {noise!r}.")

    def draw(n: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        y = random.permutation(np.arange(n) % 2)
        angle = random.uniform(0, np.pi, n)
        upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
        return np.where(y[:, None] == 0, upper, lower) + random.normal(0, noise, (n, 2)), y

    return _dataset(card, draw, seed=seed, noise=noise)


def _dataset(card: Card, draw: _Draw, *, seed: int, **options: float) -> Dataset:
    splits = {}
    for part, (name, n) in enumerate(card["split"]["sizes"].items()):
        x, y = draw(n, np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, part]))))
        ids = np.array([f"{name}:{i + 1}" for i in range(n)])
        splits[name] = Split(x.astype(np.float32), y.astype(np.int64), ids, ids)
    spec = table_input(splits["train"].x, features=("x1", "x2"))
    task = Task.classify(tuple(card["classes"]))
    return Dataset(card.name, task, spec, **splits, card=card, options={"seed": seed, **options})
