"""`Adversarial`: the adversarial examples that an attack found, judged as floats and as the bytes of an image file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepbio.metrics import Estimate
from deepbio.metrics.intervals import wilson


@dataclass(frozen=True, eq=False)
class Adversarial:
    """Adversarial examples, one per image, and what the model makes of them.

    An attack works on float pixels. A file and a camera store bytes, so each example is judged twice: `success` for floats, and
    `success_as_bytes` after rounding each pixel towards the original, so that the perturbation
    does not grow (to the nearest byte where no epsilon limits it).

    Args:
        attack: Name of the attack.
        options: Options of the attack, epsilon and seed included.
        images: uint8 originals `(n, height, width, channels)`.
        x: float32 adversarial examples from 0 to 1; the best attempt where the attack failed, the original where the model was wrong.
        pixels: uint8 `x`, rounded.
        y: Classes, int32.
        target: Classes that the attack aimed at, -1 for any other.
        clean: Predicted classes of the originals.
        predicted: Predicted classes of `x`.
        predicted_as_bytes: Predicted classes of `pixels`, by the model itself.
        confidence: Probability of each `predicted` class.
        sizes: Norm of each perturbation, in fractions of the range of pixels.
        steps: Number of steps that were computed for each image.
        epsilon: Radius, infinite for attacks that look for the smallest perturbation without a limit.
        notes: What a reader must know, such as rounding inside the model.
    """

    attack: str
    options: Mapping[str, Any]
    images: np.ndarray = field(repr=False)
    x: np.ndarray = field(repr=False)
    pixels: np.ndarray = field(repr=False)
    y: np.ndarray = field(repr=False)
    target: np.ndarray = field(repr=False)
    clean: np.ndarray = field(repr=False)
    predicted: np.ndarray = field(repr=False)
    predicted_as_bytes: np.ndarray = field(repr=False)
    confidence: np.ndarray = field(repr=False)
    sizes: np.ndarray = field(repr=False)
    steps: np.ndarray = field(repr=False)
    epsilon: float
    notes: tuple[str, ...] = ()

    @property
    def attacked(self) -> np.ndarray:
        """Which images were attacked: those predicted rightly, or for a target those not of that class already."""
        return np.where(self.target < 0, self.clean == self.y, self.clean != self.target)

    @property
    def success(self) -> np.ndarray:
        """Which attacked images are adversarial as floats, inside the ball."""
        return self._succeeded(self.predicted) & (self.sizes <= self.epsilon * (1 + 1e-5) + 1e-6)

    @property
    def success_as_bytes(self) -> np.ndarray:
        """Which attacked images are adversarial after rounding to bytes."""
        return self._succeeded(self.predicted_as_bytes) & (self.sizes <= self.epsilon * (1 + 1e-5) + 1e-6)

    def clean_accuracy(self, *, confidence: float = 0.95) -> Estimate:
        """Return the accuracy without an attack, with Wilson's interval."""
        return fraction(self.clean == self.y, confidence)

    def robust_accuracy(self, *, as_bytes: bool = False, confidence: float = 0.95) -> Estimate:
        """Return the fraction of images that are predicted rightly and stay so, with Wilson's interval.

        Args:
            as_bytes: Whether adversarial examples are those after rounding to bytes.
            confidence: Probability with which the interval should cover the truth.
        """
        return self.accuracy_without(self.success_as_bytes if as_bytes else self.success, confidence=confidence)

    def accuracy_without(self, broken: np.ndarray, *, confidence: float = 0.95) -> Estimate:
        """Return the fraction of images that are predicted rightly and are not among the `broken` ones."""
        return fraction((self.clean == self.y) & ~broken, confidence)

    def success_rate(self, *, as_bytes: bool = False, confidence: float = 0.95) -> Estimate:
        """Return the fraction of attacked images that are adversarial, with Wilson's interval."""
        fooled = self.success_as_bytes if as_bytes else self.success
        return fraction(fooled[self.attacked], confidence)

    def median_size(self) -> float:
        """Return the median norm of the successful perturbations; NaN without one."""
        return float(np.median(self.sizes[self.success])) if self.success.any() else float("nan")

    def _succeeded(self, predicted: np.ndarray) -> np.ndarray:
        reached = np.where(self.target < 0, predicted != self.y, predicted == self.target)
        return reached & self.attacked


def nearest_bytes(x: np.ndarray) -> np.ndarray:
    """Return float pixels from 0 to 1 as the nearest bytes, for perturbations without a radius.

    Example:
        >>> nearest_bytes(np.array([0.501, 1.0])).tolist()
        [128, 255]
    """
    return np.rint(np.asarray(x, np.float64) * 255).clip(0, 255).astype(np.uint8)


def towards_original(x: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Return float pixels from 0 to 1 as bytes, each rounded towards that of the original image.

    Example:
        >>> towards_original(np.array([0.5, 0.5]), np.array([0, 255], np.uint8)).tolist()
        [127, 128]
    """
    change = np.asarray(x, np.float64) * 255 - images
    return (images + np.trunc(change + np.sign(change) * 1e-4)).clip(0, 255).astype(np.uint8)


def fraction(right: np.ndarray, confidence: float = 0.95) -> Estimate:
    """Return the mean of values from 0 to 1 with Wilson's interval."""
    if not len(right):
        return Estimate(float("nan"), reason="no example")
    return wilson(float(np.mean(right)), 0.0, len(right), confidence=confidence)
