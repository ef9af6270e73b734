"""`simulate_lesions`: grey images of a synthetic tissue with planted shapes, and the mask of each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from deepbio.datasets.dataset import Dataset
from deepbio.errors import DataError, nearest

Shape = Literal["disc", "star", "ring", "square"]


class Lesion(NamedTuple):
    """One planted lesion: example, shape, center (row, column) and radius in pixels."""

    example: int
    shape: str
    row: float
    column: float
    radius: float


@dataclass(frozen=True, eq=False)
class LesionImages:
    """Images, their classes and their lesions.

    Args:
        x: uint8 `(n, size, size, 1)`.
        y: int64 `(n,)`: 0 without a lesion, otherwise 1 + the index of its shape.
        masks: bool `(n, size, size)`: pixels of lesions.
        lesions: All lesions.
        shapes: Names of the shapes.
    """

    x: np.ndarray = field(repr=False)
    y: np.ndarray = field(repr=False)
    masks: np.ndarray = field(repr=False)
    lesions: tuple[Lesion, ...] = field(repr=False)
    shapes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.x)

    def dataset(
        self,
        *,
        predict: Literal["presence", "shape", "mask"] = "presence",
        name: str = "simulated_lesions",
        seed: int = 0,
    ) -> Dataset:
        """Return the data set, whose ids are the indices of the examples.

        Args:
            predict: `"presence"` of a lesion, its `"shape"` (`none` without one), or its `"mask"`.
            name: Name of the data set.
            seed: Random seed of the splits.
        """
        from deepbio.datasets.build import from_arrays

        if predict not in ("presence", "shape", "mask"):
            raise DataError(f"predict is 'presence', 'shape' or 'mask'; received {predict!r}.")
        y, labels = self.y, ("none", *self.shapes)
        if predict == "presence":
            y, labels = np.minimum(self.y, 1), ("healthy", "lesion")
        elif predict == "mask":
            y, labels = self.masks.astype(np.int64), ("tissue", "lesion")
        kind: Any = "per_pixel" if predict == "mask" else None
        ids = np.arange(len(self)).astype(str)
        return from_arrays(self.x, y, modality="image", kind=kind, labels=labels, ids=ids, seed=seed, name=name)


def simulate_lesions(
    examples: int = 1000,
    *,
    size: int = 64,
    shapes: Sequence[Shape] = ("disc", "star"),
    radius: tuple[float, float] = (4.0, 9.0),
    contrast: float = 0.25,
    prevalence: float = 0.5,
    max_lesions: int = 1,
    texture: float = 0.15,
    noise: float = 0.05,
    seed: int = 0,
) -> LesionImages:
    """Generate grey images with a smooth random texture and noise, some of them with brighter shapes.

    All lesions of an image have one shape and do not touch the border. With the same seed, fewer examples are the first images
    of more. The images resemble no organ: they test whether a model or an explanation finds the lesions.

    Args:
        examples: Number of images.
        size: Side of an image in pixels.
        shapes: Shapes: `"disc"`, `"star"` (seven arms), `"ring"`, `"square"`.
        radius: Minimum and maximum radius in pixels.
        contrast: Grey value that a lesion adds, as a fraction of the full range.
        prevalence: Fraction of images with a lesion; all shapes are equally frequent.
        max_lesions: Maximum number of lesions per image.
        texture, noise: Standard deviations of the smooth texture and of the independent noise, as fractions of the full range.
        seed: Random seed.

    Raises:
        DataError: A shape is unknown, lesions are larger than the image, or a number is out of range.

    Example:
        >>> found = simulate_lesions(4, size=32, seed=1)
        >>> found.x.shape, found.masks.shape, bool((found.masks.any(axis=(1, 2)) == (found.y > 0)).all())
        ((4, 32, 32, 1), (4, 32, 32), True)
    """
    shapes = tuple(shapes)
    for shape in shapes:
        if shape not in get_args(Shape):
            raise DataError(f"Unknown shape {shape!r}. {nearest(str(shape), get_args(Shape))}")
    low, high = radius
    if not shapes or not 1 <= low <= high or 2 * high + 2 >= size:
        raise DataError(
            f"Expected at least one shape and 1 <= minimum <= maximum radius, twice of which is less than {size - 2}; "
            f"received shapes={shapes}, radius={radius}."
        )
    if not 0 <= prevalence <= 1 or max_lesions < 1 or min(texture, noise, contrast) < 0:
        raise DataError(
            f"Expected prevalence 0 to 1, max_lesions from 1, and texture, noise and contrast from 0; received {prevalence}, "
            f"{max_lesions}, {texture}, {noise} and {contrast}."
        )
    x = np.empty((examples, size, size, 1), dtype=np.uint8)
    y = np.zeros(examples, dtype=np.int64)
    masks = np.zeros((examples, size, size), dtype=bool)
    lesions = []
    filter_ = _smooth(size)
    for i in range(examples):
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, i])))
        values = 0.4 + texture * _texture(filter_, rng)
        if rng.random() < prevalence:
            kind = int(rng.integers(len(shapes)))
            y[i] = 1 + kind
            for _ in range(int(rng.integers(1, max_lesions + 1))):
                r = float(rng.uniform(low, high))
                row, column = (float(value) for value in rng.uniform(r + 1, size - 2 - r, 2))
                lesions.append(Lesion(i, shapes[kind], row, column, r))
                masks[i] |= _inside(shapes[kind], size, row, column, r, float(rng.uniform(0, 2 * np.pi)))
            values = values + contrast * masks[i]
        values = values + noise * rng.standard_normal((size, size))
        x[i, ..., 0] = np.clip(np.rint(values * 255), 0, 255)
    return LesionImages(x, y, masks, tuple(lesions), shapes)


def _smooth(size: int) -> np.ndarray:
    """Return a low-pass filter in frequency space, scaled so that filtered noise has standard deviation 1."""
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
    filter_ = np.exp(-((frequency * size / 4) ** 2))
    filter_[0, 0] = 0  # all images have the same mean
    both = np.full(filter_.shape[1], 2.0)
    both[0] = 1
    if size % 2 == 0:
        both[-1] = 1
    return filter_ * size / np.sqrt((filter_**2 * both).sum())


def _texture(filter_: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = len(filter_)
    return np.fft.irfft2(np.fft.rfft2(rng.standard_normal((size, size))) * filter_, s=(size, size))


def _inside(shape: str, size: int, row: float, column: float, radius: float, turn: float) -> np.ndarray:
    down, right = np.arange(size)[:, None] - row, np.arange(size)[None] - column
    distance = np.hypot(down, right)
    if shape == "square":
        return np.maximum(np.abs(down), np.abs(right)) <= radius / np.sqrt(2)
    if shape == "ring":
        return (distance <= radius) & (distance >= 0.55 * radius)
    if shape == "star":
        return distance <= radius * (0.65 + 0.35 * np.cos(7 * (np.arctan2(down, right) + turn)))
    return distance <= radius
