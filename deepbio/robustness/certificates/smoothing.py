"""`certify`: randomized smoothing, a prediction with a radius inside which no perturbation changes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf
from scipy.special import ndtri
from scipy.stats import beta

from deepbio.devices.graph import in_graph
from deepbio.errors import DataError
from deepbio.metrics import Estimate
from deepbio.robustness.attacks.adversarial import fraction
from deepbio.robustness.attacks.network import network_of

if TYPE_CHECKING:
    import keras

ABSTAIN = -1


@dataclass(frozen=True, eq=False)
class Certified:
    """Predictions of a smoothed classifier.

    Args:
        predicted: Class of each image, -1 where the classifier abstains.
        radius: L2 radius, as a fraction of the range of pixels, inside which the prediction is the same; 0 where it abstains.
        y: True classes.
        std: Standard deviation of the noise.
        alpha: Probability that a certificate is wrong.
    """

    predicted: np.ndarray = field(repr=False)
    radius: np.ndarray = field(repr=False)
    y: np.ndarray = field(repr=False)
    std: float
    alpha: float

    def accuracy(self, radius: float = 0.0) -> Estimate:
        """Return the fraction of images predicted rightly with at least this radius (certified accuracy), with Wilson's interval."""
        return fraction((self.predicted == self.y) & (self.radius >= radius))


def certify(
    model: keras.Model, x: np.ndarray, y: np.ndarray, *, std: float, n0: int = 100, n: int = 10_000, alpha: float = 0.001,
    batch_size: int = 500, seed: int = 0,
) -> Certified:  # fmt: skip
    """Predict with the smoothed classifier of a model, and certify an L2 radius around each image.

    The smoothed classifier returns the class that the model predicts most often for the image with normal noise. The class is chosen
    from `n0` samples, and the radius follows from the lower bound of Clopper and Pearson for `n` others (Cohen et al. 2019,
    arXiv:1902.02918, algorithm CERTIFY). Noisy images are clipped and rounded to bytes, which is part of the classifier that is
    smoothed. Train it with `adversarial={"attack": "noise", "std": std}`.

    Args:
        model: Image model, binary or multiclass.
        x: uint8 images `(n, height, width, channels)`.
        y: Class of each image.
        std: Standard deviation of the noise, as a fraction of the range of pixels.
        n0: Number of samples that choose the class.
        n: Number of samples that bound its probability.
        alpha: Probability that the certificate of an image is wrong.
        batch_size: Number of samples in one pass.
        seed: Random seed.

    Raises:
        DataError: An option out of range, or images and classes that do not fit.

    Example:
        >>> from deepbio.zoo import get_model
        >>> model, image = get_model("lenet5", input_shape=(28, 28, 1), outputs=3, seed=1), np.full((1, 28, 28, 1), 128, np.uint8)
        >>> found = certify(model, image, [0], std=0.1, n0=10, n=50)
        >>> bool(0 <= found.radius[0] < 0.15)
        True
    """
    if not std > 0 or n0 < 1 or n < 1 or not 0 < alpha < 1 or batch_size < 1:
        raise DataError(
            "Expected std, n0, n and batch_size above 0, and alpha between 0 and 1; received "
            f"{(std, n0, n, batch_size, alpha)}."
        )
    network = network_of(model)
    images, truth, _ = network.checked(x, y, None)

    def sample(image: Any, count: Any, key: Any) -> Any:
        noise = tf.random.stateless_normal(tf.concat([[count], tf.shape(image)], 0), key, stddev=std)
        seen = tf.clip_by_value(tf.round((image + noise) * 255.0), 0.0, 255.0) / 255.0
        classes = tf.argmax(network(tf.ensure_shape(seen, (None, *network.shape))), axis=1, output_type=tf.int32)
        return tf.math.bincount(classes, minlength=network.classes, maxlength=network.classes)

    run = in_graph(sample)

    def counts(image: tf.Tensor, samples: int, example: int, stream: int) -> np.ndarray:
        total = np.zeros(network.classes, np.int64)
        for k, first in enumerate(range(0, samples, batch_size)):
            key = np.random.SeedSequence([seed, example, stream, k]).generate_state(2).astype(np.int64)
            total += run(image, tf.constant(min(batch_size, samples - first)), tf.constant(key)).numpy()
        return total

    predicted, radius = np.full(len(images), ABSTAIN), np.zeros(len(images))
    for i, image in enumerate(images.astype(np.float32) / np.float32(255)):
        tensor = tf.constant(image)
        chosen = int(counts(tensor, n0, i, 0).argmax())
        low = lower_bound(int(counts(tensor, n, i, 1)[chosen]), n, alpha)
        if low > 0.5:
            predicted[i], radius[i] = chosen, std * float(ndtri(low))
    return Certified(predicted, radius, truth, std, alpha)


def lower_bound(count: int, n: int, alpha: float) -> float:
    """Return Clopper and Pearson's one-sided lower bound of a probability (1934, doi:10.1093/biomet/26.4.404).

    Example:
        >>> round(lower_bound(100, 100, 0.001), 4)
        0.9333
    """
    return 0.0 if count == 0 else float(beta.ppf(alpha, count, n - count + 1))
