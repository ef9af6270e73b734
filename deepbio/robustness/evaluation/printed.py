"""`destruction_rate`: how many adversarial examples a printed photograph destroys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepbio.metrics import Estimate
from deepbio.robustness.attacks.adversarial import Adversarial, fraction
from deepbio.robustness.attacks.network import network_of
from deepbio.robustness.corruptions.photograph import Photograph

if TYPE_CHECKING:
    import keras


def destruction_rate(
    model: keras.Model, found: Adversarial, *, photograph: Photograph | None = None, repeats: int = 5, seed: int = 0
) -> Estimate:
    """Return the fraction of adversarial images that are predicted rightly once they are photographed.

    Of the images that were predicted rightly, and wrongly after the attack and rounding to bytes (Kurakin et al. 2017,
    arXiv:1607.02533, equation 5). The interval is Wilson's for the number of images, each being the mean of its photographs.

    Args:
        model: Model that was attacked.
        found: Result of an untargeted attack.
        photograph: The transformation; `Photograph()` by default.
        repeats: Number of photographs of each image.
        seed: Random seed.

    Example:
        >>> from deepbio.robustness import attack_images
        >>> from deepbio.zoo import get_model
        >>> model, image = get_model("lenet5", input_shape=(28, 28, 1), outputs=3, seed=1), np.full((1, 28, 28, 1), 128, np.uint8)
        >>> found = attack_images(model, image, model(image).numpy().argmax(1), epsilon=0.3, steps=5)
        >>> 0 <= destruction_rate(model, found).value <= 1
        True
    """
    transform, network = photograph or Photograph(), network_of(model)
    chosen = found.success_as_bytes
    pixels, y = found.pixels[chosen].astype(np.float32) / np.float32(255), found.y[chosen]
    if not len(y):
        return Estimate(float("nan"), reason="no adversarial example")
    right = np.zeros(len(y))
    for k in range(repeats):
        taken = np.rint(np.asarray(transform(pixels, seed=seed + k)) * 255).astype(np.uint8)
        right += network.classes_of(taken).argmax(axis=1) == y
    return fraction(right / repeats)
