"""Operations that rearrange the pixels of an image and of its mask.

They use Keras's own preprocessing layers if those transform each image differently and its mask alike. Keras's `RandomCrop`
uses one position for a whole batch; its `RandomElasticTransform` (Keras 3.15) shifts rows and columns by the same amount and
masks by another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from deepbio.augment.image.keras_operation import KerasOperation, layer
from deepbio.augment.operation import Operation, ranged
from deepbio.augment.random_stream import RandomStream, Tensor
from deepbio.errors import TrainingError
from deepbio.specs import ModelInput, Task


@dataclass(frozen=True)
class Flip(KerasOperation):
    """Mirror half of the images left to right, and half of them upside down if `vertical`."""

    name = "flip"
    horizontal: bool = True
    vertical: bool = False

    def _layers(self) -> list[Any]:
        ways = [way for way, wanted in (("horizontal", self.horizontal), ("vertical", self.vertical)) if wanted]
        if not ways:
            raise TrainingError("flip is horizontal, vertical or both; received neither.")
        return [layer("RandomFlip", way) for way in ways]


@dataclass(frozen=True)
class Rotate(KerasOperation):
    """Rotate around the center by up to `degrees` either way."""

    name = "rotate"
    degrees: float = ranged(15.0, 0, 180)
    fill: str = "reflect"

    def _layers(self) -> list[Any]:
        return [layer("RandomRotation", self.degrees / 360, fill_mode=self.fill)]


@dataclass(frozen=True)
class Shift(KerasOperation):
    """Shift by whole pixels, up to a fraction `share` of the side in each direction."""

    name = "shift"
    share: float = ranged(0.1, 0, 1)
    fill: str = "reflect"

    def _layers(self) -> list[Any]:
        return [layer("RandomTranslation", self.share, self.share, fill_mode=self.fill, interpolation="nearest")]


@dataclass(frozen=True)
class Zoom(KerasOperation):
    """Enlarge or shrink around the center by up to a fraction `share`, both sides alike."""

    name = "zoom"
    share: float = ranged(0.1, 0, 0.9)
    fill: str = "reflect"

    def _layers(self) -> list[Any]:
        return [layer("RandomZoom", self.share, fill_mode=self.fill)]


@dataclass(frozen=True)
class Crop(Operation):
    """Cut out a random part, at least a fraction `least` of each side, and enlarge it to the whole image."""

    name = "crop"
    modality = "image"
    least: float = ranged(0.8, 0.05, 1)

    def apply(self, x: Tensor, labels: Tensor | None, rng: RandomStream) -> tuple[Tensor, Tensor | None]:
        """Return the changed batch and its masks; see `Operation.apply`."""
        n, (height, width) = tf.shape(x)[0], x.shape[1:3]
        size = rng.uniform((n, 1), self.least, 1.0)
        right = rng.uniform((n, 1)) * (1 - size) * (width - 1)
        down = rng.uniform((n, 1)) * (1 - size) * (height - 1)
        zero = tf.zeros((n, 1))
        # the affine map from each pixel of the new image to its position in the old one
        old = tf.concat([size, zero, right, zero, size, down, zero, zero], axis=1)
        transform: Any = keras.ops.image.affine_transform
        if labels is not None:
            labels = transform(labels, old, interpolation="nearest", fill_mode="nearest", data_format="channels_last")
        return transform(x, old, fill_mode="nearest", data_format="channels_last"), labels


@dataclass(frozen=True)
class Elastic(Operation):
    """Warp smoothly: the points of a grid are moved at random, and the pixels between follow.

    Args:
        strength: Standard deviation of a point's displacement, as a fraction of the shorter side.
        grid: Number of points along each side.

    Source: Ronneberger et al. 2015, doi:10.1007/978-3-319-24574-4_28 (10 pixels on a grid of 3).
    """

    name = "elastic"
    modality = "image"
    strength: float = ranged(0.03, 0, 0.5)
    grid: int = 4

    def prepare(self, input: ModelInput, task: Task) -> None:
        """Check the options."""
        super().prepare(input, task)
        self.check("grid", 2, min(input.shape[:2]))

    def apply(self, x: Tensor, labels: Tensor | None, rng: RandomStream) -> tuple[Tensor, Tensor | None]:
        """Return the changed batch and its masks; see `Operation.apply`."""
        n, (height, width) = tf.shape(x)[0], x.shape[1:3]
        displacement = rng.normal((n, self.grid, self.grid, 2), self.strength * min(height, width))
        displacement = tf.image.resize(displacement, (height, width), method="bicubic")
        rows, columns = tf.meshgrid(tf.range(height), tf.range(width), indexing="ij")
        down = tf.clip_by_value(tf.cast(rows, tf.float32) + displacement[..., 0], 0, height - 1)
        right = tf.clip_by_value(tf.cast(columns, tf.float32) + displacement[..., 1], 0, width - 1)
        if labels is not None:
            labels = _pixels(labels, tf.round(down), tf.round(right))
        top, left = tf.floor(down), tf.floor(right)
        bottom, edge = tf.minimum(top + 1, height - 1), tf.minimum(left + 1, width - 1)
        low, far = (down - top)[..., None], (right - left)[..., None]
        above = _pixels(x, top, left) * (1 - far) + _pixels(x, top, edge) * far
        below = _pixels(x, bottom, left) * (1 - far) + _pixels(x, bottom, edge) * far
        return above * (1 - low) + below * low, labels


def _pixels(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    return tf.gather_nd(images, tf.cast(tf.stack([rows, columns], axis=-1), tf.int32), batch_dims=1)
