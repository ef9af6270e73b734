"""Operations on images that Keras lacks, or has in another way.

Keras's `RandomCrop` uses one position for a whole batch; its `RandomElasticTransform` (Keras 3.15) shifts rows and columns by the
same amount and masks by another.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from deepbio.augment.operation import Operation, ranged
from deepbio.augment.random_stream import RandomStream, Tensor
from deepbio.errors import TrainingError
from deepbio.specs import ModelInput, Task

# absorbance of red, green and blue light by haematoxylin, eosin and DAB: Ruifrok, Johnston 2001, Anal Quant Cytol Histol 23:291
STAINS = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])


@dataclass(frozen=True)
class Crop(Operation):
    """Cut out a random part, at least `min_fraction` of each side, and enlarge it to the whole image."""

    name = "crop"
    modality = "image"
    min_fraction: float = ranged(0.8, 0.05, 1)

    def apply(self, x: Tensor, labels: Tensor | None, rng: RandomStream) -> tuple[Tensor, Tensor | None]:
        """Return the changed batch and its masks; see `Operation.apply`."""
        n, (height, width) = tf.shape(x)[0], x.shape[1:3]
        size = rng.uniform((n, 1), self.min_fraction, 1.0)
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


@dataclass(frozen=True)
class Noise(Operation):
    """Add independent normal noise to every pixel, with a standard deviation of up to `max_std` times the full range."""

    name = "noise"
    modality = "image"
    max_std: float = ranged(0.05, 0, 1)

    def apply(self, x: Tensor, labels: Tensor | None, rng: RandomStream) -> tuple[Tensor, Tensor | None]:
        """Return the changed batch; see `Operation.apply`."""
        std = rng.uniform((tf.shape(x)[0], 1, 1, 1), 0.0, 255 * self.max_std)
        return tf.clip_by_value(x + std * rng.normal(tf.shape(x)), 0, 255), labels


@dataclass(frozen=True)
class Stain(Operation):
    """Multiply the amount of each stain of a tissue section by up to 1 plus or minus `factor`, and add up to plus or minus `shift`.

    Colours are separated by the absorbances of haematoxylin, eosin and DAB.

    Source: Tellez et al. 2018, doi:10.1109/TMI.2018.2820199.
    """

    name = "stain"
    modality = "image"
    factor: float = ranged(0.1, 0, 1)
    shift: float = ranged(0.02, 0, 1)

    def prepare(self, input: ModelInput, task: Task) -> None:
        """Check the options and the number of channels."""
        super().prepare(input, task)
        if input.shape[-1] != 3:
            raise TrainingError(f"stain is for colour images (3 channels); these have {input.shape[-1]}.")

    def apply(self, x: Tensor, labels: Tensor | None, rng: RandomStream) -> tuple[Tensor, Tensor | None]:
        """Return the changed batch; see `Operation.apply`."""
        stains = tf.constant(STAINS / np.linalg.norm(STAINS, axis=1, keepdims=True), tf.float32)
        absorbance = -tf.math.log((x + 1) / 256)
        amounts = tf.einsum("nhwc,cs->nhws", absorbance, tf.linalg.inv(stains))
        n = tf.shape(x)[0]
        amounts *= rng.uniform((n, 1, 1, 3), 1 - self.factor, 1 + self.factor)
        amounts += rng.uniform((n, 1, 1, 3), -self.shift, self.shift)
        coloured = 256 * tf.exp(-tf.einsum("nhws,sc->nhwc", amounts, stains)) - 1
        return tf.clip_by_value(coloured, 0, 255), labels


def _pixels(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    return tf.gather_nd(images, tf.cast(tf.stack([rows, columns], axis=-1), tf.int32), batch_dims=1)
