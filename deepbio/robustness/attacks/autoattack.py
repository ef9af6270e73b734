"""`autoattack_small`: several attacks one after the other, each on the images that are left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deepbio.robustness.attacks.adversarial import Adversarial
from deepbio.robustness.attacks.attack import Attack
from deepbio.robustness.attacks.attack_images import check_epsilon, judge
from deepbio.robustness.attacks.auto_pgd import APGD
from deepbio.robustness.attacks.deep_fool import DeepFool
from deepbio.robustness.attacks.engine import Progress, engine_for
from deepbio.robustness.attacks.network import Network, network_of
from deepbio.robustness.attacks.square import Square
from deepbio.training.steps.perturbation import Norm, size_of

if TYPE_CHECKING:
    import keras


def autoattack_small(
    model: keras.Model,
    x: np.ndarray,
    y: np.ndarray,
    *,
    epsilon: float,
    norm: Norm = "linf",
    steps: int = 100,
    queries: int = 1000,
    targets: int = 9,
    batch_size: int = 256,
    seed: int = 0,
    progress: Progress | None = None,
) -> Adversarial:
    """Attack images by APGD, targeted APGD, DeepFool and Square, each on the images that the ones before left.

    It is AutoAttack (Croce and Hein 2020, arXiv:2003.01690) with DeepFool in place of FAB and fewer queries. With fewer than four
    classes, for which the targeted ratio of logits is undefined, the margin is its loss.

    Args:
        model: Image model, binary or multiclass.
        x: uint8 images `(n, height, width, channels)`.
        y: Class of each image.
        epsilon: Radius in fractions of the range of pixels.
        norm: `"linf"` or `"l2"`.
        steps: Number of steps of APGD.
        queries: Number of queries of Square; 5000 in AutoAttack.
        targets: Maximum number of classes that targeted APGD aims at.
        batch_size: Maximum number of images in a step.
        seed: Random seed.
        progress: Function that is called with the number of finished images and their total, for each attack anew.

    Returns:
        An `Adversarial`. Its `options["broken_by"]` is the number of images that each attack was the first to break.

    Example:
        >>> from deepbio.zoo import get_model
        >>> model, image = get_model("lenet5", input_shape=(28, 28, 1), outputs=2, seed=1), np.full((1, 28, 28, 1), 128, np.uint8)
        >>> found = autoattack_small(model, image, (model(image).numpy() > 0)[:, 0].astype(int), epsilon=0.3, steps=5, queries=5)
        >>> found.robust_accuracy().value
        0.0
    """
    network = network_of(model)
    attacks = _attacks(network, norm, steps, queries, targets)
    radius = check_epsilon(attacks[0][1], epsilon)
    images, truth, aim = network.checked(x, y, None)
    clean = network.classes_of(images).argmax(axis=1).astype(np.int32)
    pixels, done = images.astype(np.float32) / np.float32(255), np.zeros(len(images), np.int64)
    adversarial, left, broken = pixels.copy(), np.flatnonzero(clean == truth), {}
    for name, attack in attacks:
        found = engine_for(network, attack)(
            pixels[left],
            truth[left],
            aim[left],
            radius,
            batch_size=batch_size,
            seed=seed,
            index=left,
            progress=progress,
        )
        inside = np.asarray(size_of(found.x - pixels[left], norm)) <= radius + 1e-6
        success = (found.score > 0) & inside
        adversarial[left[success]] = found.x[success]
        done[left] += found.steps
        broken[name] = int(success.sum())
        left = left[~success]
    options = {
        "epsilon": epsilon,
        "seed": seed,
        "norm": norm,
        "queries": queries,
        "targets": targets,
        "broken_by": broken,
    }
    judged = judge(network, images, adversarial, truth, aim, clean, attacks[0][1], radius, steps=done, options=options)
    return replace(judged, attack="autoattack_small")


def _attacks(network: Network, norm: Norm, steps: int, queries: int, targets: int) -> Sequence[tuple[str, Attack]]:
    loss = "dlr" if network.classes > 3 else "margin"
    return [
        ("apgd", APGD(norm=norm, steps=steps)),
        ("apgd, targeted", APGD(norm=norm, steps=steps, loss=loss, targets=targets)),
        ("deep_fool", DeepFool(norm=norm)),
        ("square", Square(norm=norm, steps=queries)),
    ]
