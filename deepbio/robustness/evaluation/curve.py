"""`security_curve`: robust accuracy over the size of the perturbation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import DataError
from deepbio.metrics import Estimate
from deepbio.robustness.attacks.adversarial import Adversarial
from deepbio.robustness.attacks.attack import Attack
from deepbio.robustness.attacks.attack_images import check_epsilon, judge, make_attack
from deepbio.robustness.attacks.engine import engine_for
from deepbio.robustness.attacks.network import network_of

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, eq=False)
class SecurityCurve:
    """Robust accuracy over epsilon, with 95% intervals.

    Args:
        attack: Name of the attack.
        norm: Norm of the perturbations.
        epsilons: Radii, ascending, 0 first.
        as_floats: Robust accuracy at each radius, adversarial examples being floats.
        as_bytes: The same after rounding to bytes.
        strongest: What the attack found at the largest radius.
    """

    attack: str
    norm: str
    epsilons: tuple[float, ...]
    as_floats: tuple[Estimate, ...]
    as_bytes: tuple[Estimate, ...]
    strongest: Adversarial


def security_curve(
    model: keras.Model,
    x: np.ndarray,
    y: np.ndarray,
    *,
    epsilons: Sequence[float],
    attack: str | Attack = "pgd",
    batch_size: int = 256,
    seed: int = 0,
    **options: Any,
) -> SecurityCurve:
    """Compute the robust accuracy at several radii.

    An image that is broken at one radius is broken at every larger one, so larger radii attack only the images that are left.

    Args:
        model: Image model, binary or multiclass.
        x: uint8 images `(n, height, width, channels)`.
        y: Class of each image.
        epsilons: Radii in fractions of the range of pixels.
        attack: Name of an attack, or an `Attack`.
        batch_size: Maximum number of images in a step.
        seed: Random seed.
        options: Options of the attack.

    Raises:
        DataError: No radius, or what `attack_images` raises.

    Example:
        >>> from deepbio.zoo import get_model
        >>> model, image = get_model("lenet5", input_shape=(28, 28, 1), outputs=3, seed=1), np.full((1, 28, 28, 1), 128, np.uint8)
        >>> curve = security_curve(model, image, model(image).numpy().argmax(1), epsilons=[0.01, 0.3], steps=5)
        >>> [estimate.value for estimate in curve.as_floats]
        [1.0, 1.0, 0.0]
    """
    chosen, network = make_attack(attack, **options), network_of(model)
    radii = sorted({check_epsilon(chosen, epsilon) for epsilon in epsilons} - {0.0})
    if not radii:
        raise DataError("A security curve needs one epsilon above 0 at least.")
    engine = engine_for(network, chosen)
    images, truth, aim = network.checked(x, y, None)
    clean = network.classes_of(images).argmax(axis=1).astype(np.int32)
    pixels, steps = images.astype(np.float32) / np.float32(255), np.zeros(len(images), np.int64)
    best, left, rows = pixels.copy(), np.flatnonzero(clean == truth), []
    for radius in radii:
        found = engine(pixels[left], truth[left], aim[left], radius, batch_size=batch_size, seed=seed, index=left)
        best[left], steps[left] = found.x, steps[left] + found.steps
        left = left[found.score <= 0]
        own = {"epsilon": radius, "seed": seed}
        rows.append(judge(network, images, best, truth, aim, clean, chosen, radius, steps=steps, options=own))
    floats = (rows[0].clean_accuracy(), *(row.robust_accuracy() for row in rows))
    # rounding towards the original may undo what a larger radius would not, so bytes are broken once any radius breaks them
    broken, rounded = np.zeros(len(images), bool), [rows[0].clean_accuracy()]
    for row in rows:
        broken |= row.success_as_bytes
        rounded.append(row.accuracy_without(broken))
    return SecurityCurve(chosen.name, chosen.norm, (0.0, *radii), floats, tuple(rounded), rows[-1])
