"""Changes of the values of pixels; a class for every pixel stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import tensorflow as tf

from deepbio.augment.draws import Draws, Tensor
from deepbio.augment.operation import Operation, between
from deepbio.errors import TrainingError
from deepbio.specs import ModelInput, Task

layers: Any = keras.layers  # whose annotations leave out ranges


@dataclass(frozen=True)
class _Revalued(Operation):
    """A Keras layer that changes values."""

    modality = "image"

    @cached_property
    def layer(self) -> Any:
        """Built once, outside of any graph."""
        return self._layer()

    def _layer(self) -> Any:
        raise NotImplementedError

    def prepare(self, input: ModelInput, task: Task) -> None:
        for name in ("share", "probability"):
            if hasattr(self, name):
                between(f"{self.name}: {name}", getattr(self, name), 0, 1)
        assert self.layer

    def apply(self, x: Tensor, parts: Tensor | None, draws: Draws) -> tuple[Tensor, Tensor | None]:
        change = self.layer.get_random_transformation(x, training=True, seed=draws)
        return self.layer.transform_images(x, change, training=True), parts


@dataclass(frozen=True)
class Contrast(_Revalued):
    """Multiply the distance of each pixel from the image's mean by up to 1 plus or minus `share`."""

    name = "contrast"
    share: float = 0.2

    def _layer(self) -> Any:
        return layers.RandomContrast((self.share, self.share), seed=0, dtype="float32")


@dataclass(frozen=True)
class Brightness(_Revalued):
    """Add up to plus or minus `share` of the full range."""

    name = "brightness"
    share: float = 0.1

    def _layer(self) -> Any:
        return layers.RandomBrightness(self.share, seed=0, dtype="float32")


@dataclass(frozen=True)
class Blur(_Revalued):
    """Blur some of the images with a Gaussian of `pixels` at most.

    Args:
        probability: that an image is blurred; those of a batch are blurred alike.
        pixels: largest standard deviation, at most 1, as Keras's layer has it.
        size: of the kernel, odd.
    """

    name = "blur"
    probability: float = 0.5
    pixels: float = 1.0
    size: int = 5

    def prepare(self, input: ModelInput, task: Task) -> None:
        """Check the options."""
        between("blur: pixels", self.pixels, 0.01, 1)
        if self.size % 2 == 0 or self.size < 3:
            raise TrainingError(f"blur: size is odd and at least 3; received {self.size!r}.")
        super().prepare(input, task)

    def _layer(self) -> Any:
        return layers.RandomGaussianBlur(
            (self.probability, self.probability), self.size, (0.1 * self.pixels, self.pixels), seed=0, dtype="float32"
        )


@dataclass(frozen=True)
class Cutout(_Revalued):
    """Cover a rectangle of some of the images.

    Args:
        probability: that an image has one.
        least, most: area, as a share of the image.
        value: of its pixels.

    Source: DeVries, Taylor 2017, arXiv:1708.04552; Zhong et al. 2020, doi:10.1609/aaai.v34i07.7000.
    """

    name = "cutout"
    probability: float = 0.5
    least: float = 0.02
    most: float = 0.2
    value: int = 0

    def prepare(self, input: ModelInput, task: Task) -> None:
        """Check the options."""
        between("cutout: value", self.value, 0, 255)
        between("cutout: most", self.most, self.least, 1)
        super().prepare(input, task)

    def _layer(self) -> Any:
        return layers.RandomErasing(
            (self.probability, self.probability), (self.least, self.most), self.value, seed=0, dtype="float32"
        )


@dataclass(frozen=True)
class Noise(Operation):
    """Add independent noise to every pixel, of up to `share` of the full range as standard deviation."""

    name = "noise"
    modality = "image"
    share: float = 0.05

    def prepare(self, input: ModelInput, task: Task) -> None:
        """Check the options."""
        between("noise: share", self.share, 0, 1)

    def apply(self, x: Tensor, parts: Tensor | None, draws: Draws) -> tuple[Tensor, Tensor | None]:
        """Change a batch; see `Operation.apply`."""
        deviation = draws.uniform((tf.shape(x)[0], 1, 1, 1), 0.0, 255 * self.share)
        return tf.clip_by_value(x + deviation * draws.normal(tf.shape(x)), 0, 255), parts
