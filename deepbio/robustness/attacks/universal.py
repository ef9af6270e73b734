"""`universal_perturbation`: one perturbation for all images of a model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from deepbio.devices.graph import in_graph
from deepbio.errors import DataError
from deepbio.metrics import Estimate
from deepbio.robustness.attacks.adversarial import fraction
from deepbio.robustness.attacks.attack import checked_gradient
from deepbio.robustness.attacks.network import network_of
from deepbio.training.steps.perturbation import NORMS, Norm, project, steepest

if TYPE_CHECKING:
    import keras

_CLIP = 9.0  # loss above which an image counts no more, so that a few broken ones do not decide


@dataclass(frozen=True, eq=False)
class Universal:
    """A perturbation of a model's images.

    Args:
        delta: float32 `(height, width, channels)`, in fractions of the range of pixels.
        epsilon: Radius.
        norm: Norm.
    """

    delta: np.ndarray = field(repr=False)
    epsilon: float
    norm: Norm

    def apply(self, x: np.ndarray) -> np.ndarray:
        """Return perturbed images as bytes, each pixel rounded towards the original."""
        return (np.asarray(x) + np.trunc(self.delta * 255 + np.sign(self.delta) * 1e-4)).clip(0, 255).astype(np.uint8)

    def accuracy(self, model: keras.Model, x: np.ndarray, y: np.ndarray) -> Estimate:
        """Return the accuracy on perturbed images, with Wilson's interval. Use images that the perturbation was not made from."""
        network = network_of(model)
        images, truth, _ = network.checked(x, y, None)
        return fraction(network.classes_of(self.apply(images)).argmax(axis=1) == truth)


def universal_perturbation(
    model: keras.Model, x: np.ndarray, y: np.ndarray, *, epsilon: float, norm: Norm = "linf", epochs: int = 10,
    step_size: float | None = None, batch_size: int = 128, seed: int = 0,
) -> Universal:  # fmt: skip
    """Search one perturbation that breaks as many images as possible, by steps along the gradient of the mean clipped loss.

    Universal perturbations: Moosavi-Dezfooli et al. 2017, arXiv:1610.08401; this search: Shafahi et al. 2020, arXiv:1811.11304.

    Args:
        model: Image model, binary or multiclass.
        x: uint8 images `(n, height, width, channels)` to learn from.
        y: Class of each image.
        epsilon: Radius in fractions of the range of pixels.
        norm: `"linf"` or `"l2"`.
        epochs: Number of passes over the images.
        step_size: Size of a step; None is a tenth of epsilon.
        batch_size: Number of images per step.
        seed: Random seed of the order.

    Raises:
        DataError: Images, classes or options that do not fit.

    Example:
        >>> from deepbio.zoo import get_model
        >>> images = np.random.default_rng(0).integers(0, 256, (20, 28, 28, 1)).astype(np.uint8)
        >>> model = get_model("lenet5", input_shape=(28, 28, 1), outputs=3, seed=1)
        >>> found = universal_perturbation(model, images, model(images).numpy().argmax(1), epsilon=0.1, epochs=2)
        >>> bool(np.abs(found.delta).max() <= 0.1 + 1e-6)
        True
    """
    if norm not in NORMS or not epsilon > 0 or (norm == "linf" and epsilon > 1) or epochs < 1:
        raise DataError(
            f"Expected norm {' or '.join(NORMS)}, epsilon above 0 (for 'linf' up to 1) and epochs; received {norm!r}, {epsilon}, "
            f"{epochs}."
        )
    network = network_of(model)
    images, truth, _ = network.checked(x, y, None)
    if not len(images):
        raise DataError("A universal perturbation needs one image at least.")
    size = epsilon / 10 if step_size is None else step_size

    def step(delta, pixels, labels):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(delta)
            logits = network(tf.clip_by_value(pixels + delta, 0.0, 1.0))
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            value = tf.reduce_mean(tf.minimum(losses, _CLIP))
        gradient = checked_gradient(tape.gradient(value, delta), network)
        moved = delta + size * steepest(gradient, norm)
        return project(moved, tf.zeros_like(delta), tf.fill([1], epsilon), norm, low=-1.0, high=1.0)

    run, random = in_graph(step), np.random.Generator(np.random.Philox(seed))
    delta = tf.zeros((1, *network.shape))
    for _ in range(epochs):
        order = random.permutation(len(images))
        for k in range(0, len(order), batch_size):
            chosen = order[k : k + batch_size]
            delta = run(delta, tf.constant(images[chosen].astype(np.float32) / 255), tf.constant(truth[chosen]))
    return Universal(np.asarray(delta)[0], epsilon, norm)
