"""`attack_images` and `autoattack_small`: attack a set of images by one attack, or by several one after the other."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import DataError, nearest
from deepbio.robustness.attacks.adversarial import Adversarial, nearest_bytes, towards_original
from deepbio.robustness.attacks.attack import Attack
from deepbio.robustness.attacks.auto_pgd import APGD
from deepbio.robustness.attacks.carlini_wagner import CarliniWagner
from deepbio.robustness.attacks.deep_fool import DeepFool
from deepbio.robustness.attacks.engine import Progress, engine_for
from deepbio.robustness.attacks.eot import EOT
from deepbio.robustness.attacks.gradient_sign import FGSM, PGD
from deepbio.robustness.attacks.network import Network, network_of
from deepbio.robustness.attacks.square import Square
from deepbio.training.steps.perturbation import size_of

if TYPE_CHECKING:
    import keras

ATTACKS: dict[str, type[Attack]] = {one.name: one for one in (FGSM, PGD, APGD, DeepFool, CarliniWagner, Square, EOT)}


def make_attack(name: str | Attack, **options: Any) -> Attack:
    """Return an attack by its name.

    Raises:
        DataError: An unknown name or option.

    Example:
        >>> make_attack("pgd", steps=10).steps
        10
    """
    if isinstance(name, Attack):
        return replace(name, **options)
    if name not in ATTACKS:
        raise DataError(f"Unknown attack {name!r}. {nearest(name, ATTACKS)}")
    known = ATTACKS[name].__dataclass_fields__
    for option in options:
        if option not in known:
            raise DataError(f"The attack {name} has no option {option!r}. {nearest(option, known)}")
    return ATTACKS[name](**options)


def attack_images(
    model: keras.Model,
    x: np.ndarray,
    y: np.ndarray,
    *,
    attack: str | Attack = "pgd",
    epsilon: float | None = None,
    target: Any = None,
    batch_size: int = 256,
    early_stop: bool = True,
    seed: int = 0,
    progress: Progress | None = None,
    **options: Any,
) -> Adversarial:
    """Search an adversarial example for each image that the model predicts rightly.

    The attack runs as one compiled step on float pixels, through the model's own preprocessing. An image leaves the batch when its
    adversarial example is found. Every example is judged twice, as floats and as bytes; see `Adversarial`.

    Args:
        model: Image model, binary or multiclass.
        x: uint8 images `(n, height, width, channels)`.
        y: Class of each image.
        attack: `"fgsm"`, `"pgd"`, `"apgd"`, `"deep_fool"`, `"carlini_wagner"`, `"square"`, `"eot"`, or an `Attack`.
        epsilon: Radius in fractions of the range of pixels, such as 8/255. Attacks that look for the smallest perturbation
            (`deep_fool`, `carlini_wagner`) need none.
        target: Class to reach, one or one per image; None for any other class than `y`.
        batch_size: Maximum number of images in the step. It changes results by rounding only.
        early_stop: Whether an image is finished at its first adversarial example; else the strongest of all steps is kept.
        seed: Random seed.
        progress: Function that is called with the number of finished images and their total.
        options: Options of the attack, such as `steps`, `norm` (`"linf"` or `"l2"`) and `restarts`.

    Raises:
        DataError: Images, classes, an option or epsilon that do not fit.
        ModelError: The model has no logits of classes, or no gradient.

    Example:
        >>> from deepbio.zoo import get_model
        >>> model, image = get_model("lenet5", input_shape=(28, 28, 1), outputs=3, seed=1), np.full((1, 28, 28, 1), 128, np.uint8)
        >>> found = attack_images(model, image, model(image).numpy().argmax(1), epsilon=0.3, steps=5)
        >>> found.success.tolist(), bool(found.sizes.max() <= 0.300001)
        ([True], True)
    """
    chosen, network = make_attack(attack, **options), network_of(model)
    radius = check_epsilon(chosen, epsilon)
    images, truth, aim = network.checked(x, y, target)
    if target is not None and not chosen.takes_target:
        raise DataError(f"{chosen.name} has no target. Use 'pgd', 'apgd', 'carlini_wagner' or 'square'.")
    engine = engine_for(network, chosen)
    clean = network.classes_of(images).argmax(axis=1).astype(np.int32)
    wanted = np.where(aim < 0, clean == truth, clean != aim)
    pixels, steps = images.astype(np.float32) / np.float32(255), np.zeros(len(images), np.int64)
    adversarial, part = pixels.copy(), np.flatnonzero(wanted)
    found = engine(
        pixels[part], truth[part], aim[part], radius, batch_size=batch_size, early_stop=early_stop, seed=seed,
        index=part, progress=progress,
    )  # fmt: skip
    adversarial[part], steps[part] = found.x, found.steps
    own = {"epsilon": epsilon, "early_stop": early_stop, "seed": seed}
    return judge(network, images, adversarial, truth, aim, clean, chosen, radius, steps=steps, options=own)


def check_epsilon(attack: Attack, epsilon: float | None) -> float:
    """Return the radius, infinite for the smallest perturbation without a limit."""
    if epsilon is None and attack.smallest:
        return float("inf")
    if epsilon is None or not np.isfinite(epsilon) or not epsilon >= 0:
        raise DataError(
            f"{attack.name} needs epsilon, a fraction of the range of pixels such as 8/255; received {epsilon}."
        )
    if attack.norm == "linf" and epsilon > 1:
        raise DataError(
            f"epsilon of 'linf' is a fraction of the range of pixels, 0 to 1; received {epsilon}. Divide by 255?"
        )
    return float(epsilon)


def judge(
    network: Network, images: np.ndarray, x: np.ndarray, y: np.ndarray, target: np.ndarray, clean: np.ndarray, attack: Attack,
    epsilon: float, *, steps: np.ndarray, options: dict[str, Any],
) -> Adversarial:  # fmt: skip
    """Return adversarial examples with the predictions of their floats and of their bytes."""
    logits = network.logits_of(x)
    pixels = towards_original(x, images) if np.isfinite(epsilon) else nearest_bytes(x)
    rounded = network.classes_of(pixels)
    predicted = logits.argmax(axis=1).astype(np.int32)
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True).astype(np.float64))
    confidence = np.take_along_axis(shifted / shifted.sum(axis=1, keepdims=True), predicted[:, None], 1)[:, 0]
    sizes = np.asarray(size_of(x - images.astype(np.float32) / np.float32(255), attack.norm))
    return Adversarial(
        attack=attack.name, options=asdict(attack) | options, images=images, x=x, pixels=pixels, y=y, target=target,
        clean=clean, predicted=predicted, predicted_as_bytes=rounded.argmax(axis=1).astype(np.int32),
        confidence=confidence, sizes=sizes, steps=steps, epsilon=epsilon, notes=network.notes,
    )  # fmt: skip
