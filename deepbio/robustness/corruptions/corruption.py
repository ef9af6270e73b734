"""`Corruption`: damage of one kind at five severities, and `corrupt`, which applies it to a batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepbio.errors import DataError

SEVERITIES = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Corruption:
    """One kind of damage.

    Args:
        name: Name, such as `gaussian_noise`.
        group: What it belongs to, such as `noise`.
        damage: `damage(example, amount, random)` for one example; of images with `scale=` too, the factor of lengths.
        amounts: What `damage` takes at each severity, from 1 to 5.
        reference: Side in pixels of the images for which lengths were chosen; 0 if no length is in `amounts`.
    """

    name: str
    group: str
    damage: Callable[..., Any] = field(repr=False)
    amounts: tuple[Any, ...]
    reference: int = 0

    def __post_init__(self) -> None:
        if len(self.amounts) != len(SEVERITIES):
            raise DataError(
                f"{self.name} needs {len(SEVERITIES)} amounts, one per severity; received {self.amounts!r}."
            )

    def __call__(self, x: Any, severity: int, *, seed: int = 0) -> Any:
        """Return damaged examples, an array of the kind of `x` or a list of notes.

        The damage of an example depends on seed, name, severity and its index alone.

        Args:
            x: uint8 images `(n, height, width, channels)`, uint8 DNA codes `(n, length)`, float32 tables `(n, columns)`, or a
                list of notes.
            severity: 1 to 5.
            seed: Random seed.

        Raises:
            DataError: A severity out of range.

        Example:
            >>> from deepbio.robustness import IMAGENET_C
            >>> grey = np.full((1, 32, 32, 1), 128, np.uint8)
            >>> round(float(IMAGENET_C["gaussian_noise"](grey, 5).std()))
            26
        """
        if severity not in SEVERITIES:
            raise DataError(f"A severity is from 1 to {len(SEVERITIES)}; received {severity!r}.")
        amount = self.amounts[severity - 1]
        name = int.from_bytes(self.name.encode()[:7], "big")
        options: dict[str, Any] = {}
        if self.reference:
            options["scale"] = min(x.shape[1:3]) / self.reference
        damaged = []
        for i, example in enumerate(x):
            random = np.random.Generator(np.random.Philox(key=(name << 8 | severity, seed << 32 | i)))
            damaged.append(self.damage(example, amount, random, **options))
        return damaged if isinstance(x, list) else np.stack(damaged).astype(x.dtype) if damaged else x.copy()


def named(*corruptions: Corruption) -> dict[str, Corruption]:
    """Return corruptions by name."""
    return {one.name: one for one in corruptions}


def unit(image: np.ndarray) -> np.ndarray:
    """Return bytes as float64 from 0 to 1."""
    return image / 255.0


def as_bytes(pixels: np.ndarray) -> np.ndarray:
    """Return float pixels as bytes, clipped and rounded down as the published images are."""
    return (np.clip(pixels, 0.0, 1.0) * 255).astype(np.uint8)
