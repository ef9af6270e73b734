"""Changes of where things are in an image; a class for every pixel moves along.

From Keras's own preprocessing layers, where it has one that draws for each image and moves masks alike. Its `RandomCrop` takes one
place for a whole batch; its `RandomElasticTransform` (Keras 3.15) moves down and right by the same amount and masks by another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import tensorflow as tf

from deepbio.augment.draws import Draws, Tensor
from deepbio.augment.operation import Operation, between
from deepbio.errors import TrainingError, nearest
from deepbio.specs import ModelInput, Task

FILLS = ("reflect", "nearest", "constant", "wrap")


@dataclass(frozen=True)
class _Moved(Operation):
    """A Keras layer that moves pixels."""

    modality = "image"

    @cached_property
    def layers(self) -> list[Any]:
        """Built once, outside of any graph."""
        return self._layers()

    def _layers(self) -> list[Any]:
        raise NotImplementedError

    def prepare(self, input: ModelInput, task: Task) -> None:
        fill = getattr(self, "fill", "reflect")
        if fill not in FILLS:
            raise TrainingError(f"Unknown fill {fill!r}. {nearest(str(fill), FILLS)}")
        self._check()
        assert self.layers

    def _check(self) -> None:
        """Raise where an option is out of its range."""

    def apply(self, x: Tensor, parts: Tensor | None, draws: Draws) -> tuple[Tensor, Tensor | None]:
        for layer in self.layers:
            change = layer.get_random_transformation(x, training=True, seed=draws)
            x = layer.transform_images(x, change, training=True)
            if parts is not None:
                parts = layer.transform_segmentation_masks(parts, change, training=True)
        return x, parts


@dataclass(frozen=True)
class Flip(_Moved):
    """Mirror half of the images left to right, and half of them upside down where `vertical` says so."""

    name = "flip"
    horizontal: bool = True
    vertical: bool = False

    def _layers(self) -> list[Any]:
        ways = [way for way, wanted in (("horizontal", self.horizontal), ("vertical", self.vertical)) if wanted]
        return [keras.layers.RandomFlip(way, seed=0, dtype="float32") for way in ways]

    def _check(self) -> None:
        if not (self.horizontal or self.vertical):
            raise TrainingError("flip is horizontal, vertical or both; received neither.")


@dataclass(frozen=True)
class Rotate(_Moved):
    """Turn around the middle by up to `degrees` either way."""

    name = "rotate"
    degrees: float = 15.0
    fill: str = "reflect"

    def _check(self) -> None:
        between("rotate: degrees", self.degrees, 0, 180)

    def _layers(self) -> list[Any]:
        return [keras.layers.RandomRotation(self.degrees / 360, fill_mode=self.fill, seed=0, dtype="float32")]


@dataclass(frozen=True)
class Shift(_Moved):
    """Move by whole pixels, up to `share` of the side in each direction."""

    name = "shift"
    share: float = 0.1
    fill: str = "reflect"

    def _check(self) -> None:
        between("shift: share", self.share, 0, 1)

    def _layers(self) -> list[Any]:
        return [
            keras.layers.RandomTranslation(
                self.share, self.share, fill_mode=self.fill, interpolation="nearest", seed=0, dtype="float32"
            )
        ]


@dataclass(frozen=True)
class Zoom(_Moved):
    """Enlarge or shrink around the middle by up to `share`, both sides alike."""

    name = "zoom"
    share: float = 0.1
    fill: str = "reflect"

    def _check(self) -> None:
        between("zoom: share", self.share, 0, 0.9)

    def _layers(self) -> list[Any]:
        return [keras.layers.RandomZoom(self.share, fill_mode=self.fill, seed=0, dtype="float32")]


@dataclass(frozen=True)
class Crop(Operation):
    """Cut out a part of at least `least` of each side, anywhere, and enlarge it to the whole image."""

    name = "crop"
    modality = "image"
    least: float = 0.8

    def prepare(self, input: ModelInput, task: Task) -> None:
        """Check the options."""
        between("crop: least", self.least, 0.05, 1)

    def apply(self, x: Tensor, parts: Tensor | None, draws: Draws) -> tuple[Tensor, Tensor | None]:
        """Change a batch; see `Operation.apply`."""
        n, (height, width) = tf.shape(x)[0], x.shape[1:3]
        share = draws.uniform((n, 1), self.least, 1.0)
        right = draws.uniform((n, 1)) * (1 - share) * (width - 1)
        down = draws.uniform((n, 1)) * (1 - share) * (height - 1)
        none = tf.zeros((n, 1))
        # where each pixel of the new image is found in the old one
        places = tf.concat([share, none, right, none, share, down, none, none], axis=1)
        moved: Any = keras.ops.image.affine_transform(x, places, fill_mode="nearest", data_format="channels_last")
        if parts is not None:
            parts = keras.ops.image.affine_transform(  # type: ignore[assignment]
                parts, places, interpolation="nearest", fill_mode="nearest", data_format="channels_last"
            )
        return moved, parts


@dataclass(frozen=True)
class Elastic(Operation):
    """Warp smoothly: `grid` times `grid` points are moved at random, and the pixels between follow.

    Args:
        strength: standard deviation of a point's way, as a share of the shorter side.
        grid: points along each side.

    Source: Ronneberger et al. 2015, doi:10.1007/978-3-319-24574-4_28 (10 pixels on a grid of 3).
    """

    name = "elastic"
    modality = "image"
    strength: float = 0.03
    grid: int = 4

    def prepare(self, input: ModelInput, task: Task) -> None:
        """Check the options."""
        between("elastic: strength", self.strength, 0, 0.5)
        between("elastic: grid", self.grid, 2, min(input.shape[:2]))

    def apply(self, x: Tensor, parts: Tensor | None, draws: Draws) -> tuple[Tensor, Tensor | None]:
        """Change a batch; see `Operation.apply`."""
        n, (height, width) = tf.shape(x)[0], x.shape[1:3]
        ways = draws.normal((n, self.grid, self.grid, 2), self.strength * min(height, width))
        ways = tf.image.resize(ways, (height, width), method="bicubic")
        rows, columns = tf.meshgrid(tf.range(height), tf.range(width), indexing="ij")
        down = tf.clip_by_value(tf.cast(rows, tf.float32) + ways[..., 0], 0, height - 1)
        right = tf.clip_by_value(tf.cast(columns, tf.float32) + ways[..., 1], 0, width - 1)
        if parts is not None:
            parts = _at(parts, tf.round(down), tf.round(right))
        top, left = tf.floor(down), tf.floor(right)
        bottom, edge = tf.minimum(top + 1, height - 1), tf.minimum(left + 1, width - 1)
        low, far = (down - top)[..., None], (right - left)[..., None]
        above = _at(x, top, left) * (1 - far) + _at(x, top, edge) * far
        below = _at(x, bottom, left) * (1 - far) + _at(x, bottom, edge) * far
        return above * (1 - low) + below * low, parts


def _at(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    places = tf.cast(tf.stack([rows, columns], axis=-1), tf.int32)
    return tf.gather_nd(images, places, batch_dims=1)
