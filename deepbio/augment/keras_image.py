"""Operations on images by Keras's preprocessing layers, those that transform each image differently and its mask alike."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import tensorflow as tf

from deepbio.augment.operation import Mixing, Operation, ranged
from deepbio.augment.random_stream import RandomStream, Tensor
from deepbio.errors import TrainingError, nearest
from deepbio.specs import ModelInput, Task

FILLS = ("reflect", "nearest", "constant", "wrap")


@dataclass(frozen=True)
class _KerasOperation(Operation):
    """Keras layers that draw for each image and transform its mask alike."""

    modality = "image"

    @cached_property
    def layers(self) -> list[Any]:
        """The layers, built once and outside of any graph."""
        return self._layers()

    def _layers(self) -> list[Any]:
        raise NotImplementedError

    def prepare(self, input: ModelInput, task: Task) -> None:
        super().prepare(input, task)
        fill = getattr(self, "fill", "reflect")
        if fill not in FILLS:
            raise TrainingError(f"Unknown fill {fill!r}. {nearest(str(fill), FILLS)}")
        assert self.layers

    def apply(self, x: Tensor, labels: Tensor | None, rng: RandomStream) -> tuple[Tensor, Tensor | None]:
        for one in self.layers:
            change = one.get_random_transformation(x, training=True, seed=rng)
            x = one.transform_images(x, change, training=True)
            if labels is not None:
                labels = one.transform_segmentation_masks(labels, change, training=True)
        return x, labels


@dataclass(frozen=True)
class Flip(_KerasOperation):
    """Mirror half of the images left to right, and half of them upside down if `vertical`."""

    name = "flip"
    horizontal: bool = True
    vertical: bool = False

    def _layers(self) -> list[Any]:
        if not (self.horizontal or self.vertical):
            raise TrainingError("flip is horizontal, vertical or both; received neither.")
        ways = ["horizontal"] * self.horizontal + ["vertical"] * self.vertical
        return [_layer("RandomFlip", way) for way in ways]


@dataclass(frozen=True)
class Rotate(_KerasOperation):
    """Rotate around the center by up to `degrees` either way."""

    name = "rotate"
    degrees: float = ranged(15.0, 0, 180)
    fill: str = "reflect"

    def _layers(self) -> list[Any]:
        return [_layer("RandomRotation", self.degrees / 360, fill_mode=self.fill)]


@dataclass(frozen=True)
class Shift(_KerasOperation):
    """Shift by whole pixels, up to `factor` times the side in each direction."""

    name = "shift"
    factor: float = ranged(0.1, 0, 1)
    fill: str = "reflect"

    def _layers(self) -> list[Any]:
        return [_layer("RandomTranslation", self.factor, self.factor, fill_mode=self.fill, interpolation="nearest")]


@dataclass(frozen=True)
class Zoom(_KerasOperation):
    """Enlarge or shrink around the center by up to `factor` of the size, both sides alike."""

    name = "zoom"
    factor: float = ranged(0.1, 0, 0.9)
    fill: str = "reflect"

    def _layers(self) -> list[Any]:
        return [_layer("RandomZoom", self.factor, fill_mode=self.fill)]


@dataclass(frozen=True)
class Contrast(_KerasOperation):
    """Multiply the distance of each pixel from the image's mean by up to 1 plus or minus `factor`."""

    name = "contrast"
    factor: float = ranged(0.2, 0, 1)

    def _layers(self) -> list[Any]:
        return [_layer("RandomContrast", (self.factor, self.factor))]


@dataclass(frozen=True)
class Brightness(_KerasOperation):
    """Add up to plus or minus `factor` times the full range."""

    name = "brightness"
    factor: float = ranged(0.1, 0, 1)

    def _layers(self) -> list[Any]:
        return [_layer("RandomBrightness", self.factor)]


@dataclass(frozen=True)
class Blur(_KerasOperation):
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
        return [_layer("RandomGaussianBlur", (self.probability,) * 2, self.size, (0.1 * self.pixels, self.pixels))]


@dataclass(frozen=True)
class Cutout(_KerasOperation):
    """Cover a rectangle of some of the images.

    Args:
        probability: Probability that an image has one.
        min_area, max_area: Range of its area, as a fraction of the image.
        value: Value of its pixels.

    Source: DeVries, Taylor 2017, arXiv:1708.04552; Zhong et al. 2020, doi:10.1609/aaai.v34i07.7000.
    """

    name = "cutout"
    probability: float = ranged(0.5, 0, 1)
    min_area: float = 0.02
    max_area: float = 0.2
    value: int = ranged(0, 0, 255)

    def _layers(self) -> list[Any]:
        self.check("max_area", self.min_area, 1)
        return [_layer("RandomErasing", (self.probability,) * 2, (self.min_area, self.max_area), self.value)]


class _KerasMixing(_KerasOperation, Mixing):
    """A Keras layer that combines images."""

    def _mixed(self, x: Tensor, y: Tensor, rng: RandomStream) -> tuple[Tensor, Tensor, Any]:
        """Return the mixed batch, the labels of the images mixed in, and Keras's description of the change."""
        [mixer] = self.layers
        change = mixer.get_random_transformation(x, training=True, seed=rng)
        mixed = mixer.transform_images(x, change, training=True)
        return mixed, tf.gather(y, change["permutation_order"]), change


@dataclass(frozen=True)
class MixUp(_KerasMixing):
    """Average each image with another of its batch; the weights are drawn from Beta(alpha, alpha).

    Source: Zhang et al. 2018, arXiv:1710.09412.
    """

    name = "mixup"
    alpha: float = ranged(0.2, 0.01, 100)

    def _layers(self) -> list[Any]:
        return [_layer("MixUp", self.alpha)]

    def mix(self, x: Tensor, y: Tensor, rng: RandomStream) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the mixed batch; see `Mixing.mix`."""
        mixed, other, change = self._mixed(x, y, rng)
        return mixed, y, other, 1 - change["mix_weight"]


@dataclass(frozen=True)
class CutMix(_KerasMixing):
    """Paste a rectangle of another image of the batch into each; its area is drawn from Beta(alpha, alpha).

    The mask of a segmentation is cut with its image, so its label weights stay one.

    Source: Yun et al. 2019, doi:10.1109/ICCV.2019.00612.
    """

    name = "cutmix"
    alpha: float = ranged(1.0, 0.01, 1)

    def _layers(self) -> list[Any]:
        return [_layer("CutMix", (self.alpha, self.alpha))]

    def mix(self, x: Tensor, y: Tensor, rng: RandomStream) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the mixed batch; see `Mixing.mix`."""
        mixed, other, change = self._mixed(x, y, rng)
        inside = change["batch_masks"][..., 0]
        if len(y.shape) == 3:
            both = tf.where(inside, other, y)
            return mixed, both, both, tf.zeros(tf.shape(x)[:1])
        return mixed, y, other, tf.reduce_mean(tf.cast(inside, tf.float32), axis=(1, 2))


def _layer(name: str, *args: Any, **options: Any) -> Any:
    """Build a layer of Keras by its name, in float32; its own seed is never used."""
    return getattr(keras.layers, name)(*args, seed=0, dtype="float32", **options)
