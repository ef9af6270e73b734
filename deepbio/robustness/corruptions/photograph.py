"""`Photograph`: what happens to an image that is printed and photographed, as a differentiable random transformation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import tensorflow as tf

from deepbio.errors import DataError
from deepbio.training.steps.perturbation import per_example

NUMBERS = 14
"""Random numbers that one transformation of one image takes."""


@dataclass(frozen=True)
class Photograph:
    """A random photograph of a printed image. Each option is the largest change; 0 leaves it out.

    The image loses contrast as on paper, is seen at an angle by a camera that blurs, adds noise and changes brightness, and is stored
    as JPEG, through which gradients pass as if it changed nothing.

    Args:
        gamut: Fraction of the range of pixels that ink and paper lose at either end.
        degrees: Rotation.
        scale: Change of size as a fraction.
        shift: Shift as a fraction of the side.
        perspective: Shift of each corner as a fraction of the side.
        blur: Weight of a Gaussian blur of one pixel.
        brightness, contrast: Changes of brightness and contrast, as fractions of the range of pixels.
        noise: Standard deviation of the noise of the camera.
        jpeg: Quality of JPEG, 1 to 100; None for none.

    Example:
        >>> image = np.full((1, 8, 8, 1), 0.5, np.float32)
        >>> Photograph(jpeg=None)(image, seed=0).shape
        TensorShape([1, 8, 8, 1])
    """

    gamut: float = 0.05
    degrees: float = 5.0
    scale: float = 0.05
    shift: float = 0.02
    perspective: float = 0.03
    blur: float = 0.5
    brightness: float = 0.1
    contrast: float = 0.1
    noise: float = 0.02
    jpeg: int | None = 85

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "jpeg" and not 0 <= value <= (
                90 if field.name == "degrees" else 0.5 if field.name == "gamut" else 1
            ):
                raise DataError(f"{field.name} of a photograph is a fraction (degrees: up to 90); received {value!r}.")
        if self.jpeg is not None and not 1 <= self.jpeg <= 100:
            raise DataError(f"The quality of JPEG is 1 to 100; received {self.jpeg!r}.")

    def __call__(self, pixels: Any, *, seed: int) -> Any:
        """Return photographs of images, float32 from 0 to 1, one of each.

        Args:
            pixels: Images `(n, height, width, channels)` from 0 to 1.
            seed: Random seed.
        """
        random = np.random.Generator(np.random.Philox(seed))
        numbers = random.uniform(-1, 1, (len(pixels), NUMBERS)).astype(np.float32)
        noise = random.standard_normal(np.shape(pixels), np.float32)
        return self.apply(tf.constant(pixels), tf.constant(numbers), tf.constant(noise))

    def apply(self, pixels: Any, numbers: Any, noise: Any) -> Any:
        """Return photographs, as a function of random numbers.

        Args:
            pixels: float32 `(n, height, width, channels)`.
            numbers: Uniform numbers from -1 to 1, `(n, NUMBERS)`.
            noise: Normal numbers of the shape of `pixels`.
        """
        x = self.gamut + (1 - 2 * self.gamut) * pixels
        if self.degrees or self.scale or self.shift or self.perspective:
            x = _warp(x, self._corners(numbers, x.shape[1], x.shape[2]))
        if self.blur:
            x += per_example(self.blur * tf.abs(numbers[:, 11]), x) * (_blurred(x) - x)
        gain, offset = 1 + self.contrast * numbers[:, 12], self.brightness * numbers[:, 13]
        x = (x - 0.5) * per_example(gain, x) + 0.5 + per_example(offset, x) + self.noise * noise
        x = tf.clip_by_value(x, 0.0, 1.0)
        return x if self.jpeg is None else x + tf.stop_gradient(_as_jpeg(x, self.jpeg) - x)

    def _corners(self, numbers: Any, height: int, width: int) -> Any:
        """Return where in the image each corner of the photograph is, `(n, 4, 2)` of row and column."""
        center = tf.constant([(height - 1) / 2, (width - 1) / 2])
        corners = tf.constant([[0, 0], [0, width - 1], [height - 1, 0], [height - 1, width - 1]], tf.float32) - center
        angle, size = numbers[:, 0] * self.degrees * np.pi / 180, 1 + self.scale * numbers[:, 1]
        turn = tf.stack([tf.stack([tf.cos(angle), -tf.sin(angle)], 1), tf.stack([tf.sin(angle), tf.cos(angle)], 1)], 1)
        side = tf.constant([height, width], tf.float32)
        moved = (
            tf.einsum("nij,kj->nki", turn, corners) * size[:, None, None] + self.shift * side * numbers[:, None, 2:4]
        )
        jitter = tf.reshape(tf.concat([numbers[:, 4:11], numbers[:, 4:5] * numbers[:, 5:6]], 1), (-1, 4, 2))
        return moved + center + self.perspective * side * jitter


def _warp(x: Any, corners: Any) -> Any:
    """Return images whose corners show the points `corners` of the originals; outside is the nearest pixel."""
    height, width = x.shape[1], x.shape[2]
    target = np.array([[0, 0], [0, width - 1], [height - 1, 0], [height - 1, width - 1]], np.float32)
    # (a0 c + a1 r + a2) / (c0 c + c1 r + 1) is the column of the original, (b0 c + b1 r + b2) / (...) its row
    r, c = (tf.broadcast_to(tf.constant(one), tf.shape(corners)[:2]) for one in (target[:, 0], target[:, 1]))
    one, zero, row, column = tf.ones_like(r), tf.zeros_like(r), corners[..., 0], corners[..., 1]
    upper = tf.stack([c, r, one, zero, zero, zero, -c * column, -r * column], axis=-1)
    lower = tf.stack([zero, zero, zero, c, r, one, -c * row, -r * row], axis=-1)
    right: Any = tf.concat([column, row], axis=1)
    solved = tf.squeeze(tf.linalg.solve(tf.concat([upper, lower], axis=1), tf.expand_dims(right, -1)), -1)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=x, transforms=solved, output_shape=tf.constant([height, width]), fill_value=0.0, interpolation="BILINEAR",
        fill_mode="NEAREST",
    )  # fmt: skip


def _blurred(x: Any) -> Any:
    weights = np.exp(-0.5 * np.arange(-2, 3, dtype=np.float32) ** 2)
    kernel = np.outer(weights, weights) / weights.sum() ** 2
    channels = x.shape[-1]
    padded = tf.pad(x, [(0, 0), (2, 2), (2, 2), (0, 0)], "SYMMETRIC")
    filters = tf.constant(np.repeat(kernel[:, :, None, None], channels, axis=2), tf.float32)
    return tf.nn.depthwise_conv2d(padded, filters, [1, 1, 1, 1], "VALID")


def _as_jpeg(x: Any, quality: int) -> Any:
    def one(image: Any) -> Any:
        stored = tf.io.encode_jpeg(
            tf.cast(tf.round(image * 255.0), tf.uint8), quality=quality, chroma_downsampling=True
        )
        return tf.cast(tf.io.decode_jpeg(stored, channels=image.shape[-1]), tf.float32) / 255.0

    return tf.ensure_shape(tf.map_fn(one, tf.stop_gradient(x)), x.shape)
