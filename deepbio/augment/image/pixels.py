"""Operations that change the values of pixels; a mask stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from deepbio.augment.image.keras_operation import KerasOperation, layer
from deepbio.augment.operation import Operation, ranged
from deepbio.augment.random_stream import RandomStream, Tensor
from deepbio.errors import TrainingError
from deepbio.specs import ModelInput, Task


@dataclass(frozen=True)
class Contrast(KerasOperation):
    """Multiply the distance of each pixel from the image's mean by up to 1 plus or minus `share`."""

    name = "contrast"
    share: float = ranged(0.2, 0, 1)

    def _layers(self) -> list[Any]:
        return [layer("RandomContrast", (self.share, self.share))]


@dataclass(frozen=True)
class Brightness(KerasOperation):
    """Add up to plus or minus a fraction `share` of the full range."""

    name = "brightness"
    share: float = ranged(0.1, 0, 1)

    def _layers(self) -> list[Any]:
        return [layer("RandomBrightness", self.share)]


@dataclass(frozen=True)
class Blur(KerasOperation):
    """Blur some of the images with a Gaussian filter.

    Args:
        probability: Probability that an image is blurred; those of a batch are blurred alike.
        pixels: Maximum standard deviation in pixels, at most 1, the limit of Keras's layer.
        size: Side of the kernel, odd.
    """

    name = "blur"
    probability: float = ranged(0.5, 0, 1)
    pixels: float = ranged(1.0, 0.01, 1)
    size: int = 5

    def _layers(self) -> list[Any]:
        if self.size % 2 == 0 or self.size < 3:
            raise TrainingError(f"blur: size is odd and at least 3; received {self.size!r}.")
        chosen = (self.probability, self.probability)
        return [layer("RandomGaussianBlur", chosen, self.size, (0.1 * self.pixels, self.pixels))]


@dataclass(frozen=True)
class Cutout(KerasOperation):
    """Cover a rectangle of some of the images.

    Args:
        probability: Probability that an image has one.
        least, most: Range of its area, as a fraction of the image.
        value: Value of its pixels.

    Source: DeVries, Taylor 2017, arXiv:1708.04552; Zhong et al. 2020, doi:10.1609/aaai.v34i07.7000.
    """

    name = "cutout"
    probability: float = ranged(0.5, 0, 1)
    least: float = 0.02
    most: float = 0.2
    value: int = ranged(0, 0, 255)

    def prepare(self, input: ModelInput, task: Task) -> None:
        """Check the options and build the layer."""
        self.check("most", self.least, 1)
        super().prepare(input, task)

    def _layers(self) -> list[Any]:
        chosen = (self.probability, self.probability)
        return [layer("RandomErasing", chosen, (self.least, self.most), self.value)]


@dataclass(frozen=True)
class Noise(Operation):
    """Add independent normal noise to every pixel, with a standard deviation of up to a fraction `share` of the full range."""

    name = "noise"
    modality = "image"
    share: float = ranged(0.05, 0, 1)

    def apply(self, x: Tensor, labels: Tensor | None, rng: RandomStream) -> tuple[Tensor, Tensor | None]:
        """Return the changed batch; see `Operation.apply`."""
        std = rng.uniform((tf.shape(x)[0], 1, 1, 1), 0.0, 255 * self.share)
        return tf.clip_by_value(x + std * rng.normal(tf.shape(x)), 0, 255), labels
