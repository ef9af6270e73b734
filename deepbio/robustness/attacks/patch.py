"""`adversarial_patch`: one round patch that changes the predicted class of any image it is put on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from deepbio.devices.graph import in_graph
from deepbio.errors import DataError
from deepbio.metrics import Estimate
from deepbio.robustness.attacks.adversarial import fraction
from deepbio.robustness.attacks.attack import checked_gradient
from deepbio.robustness.attacks.losses import attack_loss
from deepbio.robustness.attacks.network import network_of

if TYPE_CHECKING:
    import keras

_NUMBERS = 4  # random numbers of one place: row, column, angle, size
_CLIP = 9.0  # loss above which an image counts no more, so that a few broken ones do not decide


@dataclass(frozen=True, eq=False)
class Patch:
    """A round patch and the places where it is put.

    Args:
        pixels: float32 `(side, side, channels)` from 0 to 1; what is outside of the circle is not used.
        size: Diameter as a fraction of the shorter side of the image.
        degrees: Largest rotation.
        scale: Largest change of the diameter, as a fraction.
        target: Class that the patch aims at, -1 for any other than the image's own.
    """

    pixels: np.ndarray = field(repr=False)
    size: float
    degrees: float
    scale: float
    target: int

    def apply(self, x: np.ndarray, *, seed: int = 0) -> np.ndarray:
        """Return images with the patch somewhere on each, as bytes. The place depends on seed and index alone.

        Args:
            x: uint8 images `(n, height, width, channels)`.
            seed: Random seed of the places.
        """
        images = np.asarray(x).astype(np.float32) / np.float32(255)
        if not len(images):
            return np.asarray(x)
        numbers = _places(np.arange(len(images)), seed)
        placed = put(
            tf.constant(images), tf.constant(self.pixels), tf.constant(numbers), self.size, self.degrees, self.scale
        )
        return np.rint(np.asarray(placed) * 255).clip(0, 255).astype(np.uint8)

    def accuracy(self, model: keras.Model, x: np.ndarray, y: np.ndarray, *, seed: int = 0) -> Estimate:
        """Return the accuracy on images with the patch, with Wilson's interval. Use images that it was not made from."""
        network = network_of(model)
        images, truth, _ = network.checked(x, y, None)
        return fraction(network.classes_of(self.apply(images, seed=seed)).argmax(axis=1) == truth)

    def success_rate(self, model: keras.Model, x: np.ndarray, y: np.ndarray, *, seed: int = 0) -> Estimate:
        """Return the fraction of images predicted as the target (or wrongly, without a target) that were not before."""
        network = network_of(model)
        images, truth, _ = network.checked(x, y, None)
        clean, patched = (network.classes_of(one).argmax(axis=1) for one in (images, self.apply(images, seed=seed)))
        if self.target < 0:
            return fraction((patched != truth)[clean == truth])
        return fraction((patched == self.target)[(clean != self.target) & (truth != self.target)])


def adversarial_patch(
    model: keras.Model, x: np.ndarray, y: np.ndarray, *, size: float = 0.4, target: int | None = None, epochs: int = 20,
    degrees: float = 22.5, scale: float = 0.1, learning_rate: float = 0.05, batch_size: int = 64, seed: int = 0,
) -> Patch:  # fmt: skip
    """Search a round patch that breaks as many images as possible wherever it is put, by Adam on the mean loss over random places.

    Source: Brown et al. 2017, arXiv:1712.09665. The patch covers its place, so it is not small, but one printed patch fits all images.

    Args:
        model: Image model, binary or multiclass.
        x: uint8 images `(n, height, width, channels)` to learn from.
        y: Class of each image.
        size: Diameter of the patch as a fraction of the shorter side of the image.
        target: Class that images with the patch should have; None for any other than their own.
        epochs: Number of passes over the images, each with new places.
        degrees: Largest rotation.
        scale: Largest change of the diameter, as a fraction.
        learning_rate: Step of Adam.
        batch_size: Number of images per step.
        seed: Random seed of the order and the places.

    Raises:
        DataError: Images, classes or options that do not fit.

    Example:
        >>> from deepbio.zoo import get_model
        >>> images = np.random.default_rng(0).integers(0, 256, (20, 28, 28, 1)).astype(np.uint8)
        >>> model = get_model("lenet5", input_shape=(28, 28, 1), outputs=3, seed=1)
        >>> found = adversarial_patch(model, images, model(images).numpy().argmax(1), epochs=2)
        >>> found.apply(images).shape, float(found.pixels.min()) >= 0
        ((20, 28, 28, 1), True)
    """
    if not 0 < size * (1 + scale) <= 1 or not 0 <= scale < 1 or not 0 <= degrees <= 180 or epochs < 1:
        raise DataError(
            "Expected size and scale with 0 < size * (1 + scale) <= 1, degrees from 0 to 180 and epochs; received "
            f"{size}, {scale}, {degrees}, {epochs}."
        )
    network = network_of(model)
    images, truth, aim = network.checked(x, y, target)
    images, truth, aim = (
        one[truth != aim] for one in (images, truth, aim)
    )  # those of the target have nothing to learn from
    if not len(images):
        raise DataError("A patch needs one image at least, of another class than its target.")
    side = max(3, int(np.ceil(size * min(network.shape[:2]))))

    def step(patch, m, v, t, pixels, labels, goals, numbers):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(patch)
            logits = network(tf.ensure_shape(put(pixels, patch, numbers, size, degrees, scale), (None, *network.shape)))
            value = tf.reduce_mean(tf.minimum(attack_loss("cross_entropy", logits, labels, goals), _CLIP))
        gradient = checked_gradient(tape.gradient(value, patch), network)
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        moved = learning_rate * (m / (1 - 0.9**t)) / (tf.sqrt(v / (1 - 0.999**t)) + 1e-8)
        return tf.clip_by_value(patch + moved, 0.0, 1.0), m, v

    run, random = in_graph(step), np.random.Generator(np.random.Philox(seed))
    patch = tf.fill((side, side, network.shape[-1]), 0.5)
    m, v, t = tf.zeros_like(patch), tf.zeros_like(patch), 0
    for epoch in range(epochs):
        order, places = random.permutation(len(images)), _places(np.arange(len(images)), seed, epoch + 1)
        for k in range(0, len(order), batch_size):
            chosen, t = order[k : k + batch_size], t + 1
            batch = (images[chosen].astype(np.float32) / 255, truth[chosen], aim[chosen], places[chosen])
            patch, m, v = run(patch, m, v, tf.constant(float(t)), *map(tf.constant, batch))
    return Patch(np.asarray(patch), size, degrees, scale, -1 if target is None else int(target))


def put(pixels: Any, patch: Any, numbers: Any, size: float, degrees: float, scale: float) -> Any:
    """Return images with a patch put on them, a function that can be differentiated.

    Args:
        pixels: float32 images `(n, height, width, channels)`.
        patch: float32 `(side, side, channels)`.
        numbers: Uniform numbers from 0 to 1, `(n, 4)`.
        size, degrees, scale: See `adversarial_patch`.
    """
    height, width, side = pixels.shape[1], pixels.shape[2], patch.shape[0]
    diameter = size * min(height, width) * (1 + scale * (2 * numbers[:, 3] - 1))
    row, column = ((diameter - 1) / 2 + numbers[:, i] * (one - diameter) for i, one in enumerate((height, width)))
    angle, zoom = (2 * numbers[:, 2] - 1) * degrees * np.pi / 180, side / diameter
    a, b, middle = zoom * tf.cos(angle), zoom * tf.sin(angle), (side - 1) / 2
    zero = tf.zeros_like(a)
    # (a, b) is the column of the patch that a pixel shows, (-b, a) its row
    transforms = tf.stack(
        [a, b, middle - a * column - b * row, -b, a, middle + b * column - a * row, zero, zero], axis=1
    )
    inside: Any = tf.constant(circle(side))
    canvas = tf.concat([patch * inside, inside], axis=2)  # premultiplied, so that the edge mixes with the image alone
    shown = tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.repeat(canvas[None], tf.shape(pixels)[0], axis=0), transforms=transforms,
        output_shape=tf.constant([height, width]), fill_value=0.0, interpolation="BILINEAR", fill_mode="CONSTANT",
    )  # fmt: skip
    return pixels * (1 - shown[..., -1:]) + shown[..., :-1]


def circle(side: int) -> np.ndarray:
    """Return 1 inside a circle and 0 outside, float32 `(side, side, 1)`.

    Example:
        >>> int(circle(4).sum())
        12
    """
    along = np.arange(side) - (side - 1) / 2
    return (along[:, None] ** 2 + along[None] ** 2 <= (side / 2) ** 2).astype(np.float32)[..., None]


def _places(index: np.ndarray, seed: int, epoch: int = 0) -> np.ndarray:
    drawn = [np.random.Generator(np.random.Philox(key=(seed, int(i) << 32 | epoch))).random(_NUMBERS) for i in index]
    return np.array(drawn, np.float32)
