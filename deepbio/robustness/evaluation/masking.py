"""`masking_checks`: does a robust accuracy come from a robust model, or from gradients that an attack cannot use?

The signs of masked gradients are those of Athalye et al. 2018 (arXiv:1802.00420) and Carlini et al. 2019 (arXiv:1902.06705).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from deepbio.robustness.attacks.adversarial import Adversarial
from deepbio.robustness.attacks.attack import Attack
from deepbio.robustness.attacks.attack_images import attack_images
from deepbio.robustness.attacks.gradient_sign import FGSM, PGD
from deepbio.robustness.attacks.network import Network, network_of
from deepbio.robustness.attacks.square import Square
from deepbio.training.steps.perturbation import Norm

if TYPE_CHECKING:
    import keras

TOLERANCE = 0.02
"""Fraction of the attacked images by which an attack may be worse than one that it should beat."""
_SKILL = 0.1
"""Balanced accuracy, rescaled so that 0 is chance and 1 is perfect, that a network must exceed for its robustness to mean anything."""


@dataclass(frozen=True)
class Check:
    """One sign of masked gradients, looked for.

    Args:
        name: What should be true.
        passed: Whether it is; None if it could not be checked.
        found: The figures behind it.
    """

    name: str
    passed: bool | None
    found: str


@dataclass(frozen=True)
class MaskingReport:
    """The checks of a model at one radius.

    Args:
        epsilon: Radius.
        norm: Norm.
        examples: Number of images that the model predicts rightly, which were attacked.
        checks: The checks.
        useless: Why the checks say nothing about robustness, such as a clean accuracy at chance; empty if they do.
    """

    epsilon: float
    norm: str
    examples: int
    checks: tuple[Check, ...]
    useless: str = ""

    @property
    def masked(self) -> bool | None:
        """Whether any check failed, so that robust accuracies by gradients are too high; None if that is undetermined."""
        failed = any(check.passed is False for check in self.checks)
        return None if self.useless and not failed else failed

    def __str__(self) -> str:
        verdict = {
            True: "gradients are masked: do not trust attacks by gradients",
            False: "no sign of masked gradients",
            None: f"undetermined: {self.useless}",
        }[self.masked]
        failed = [f"{check.name}: {check.found}" for check in self.checks if check.passed is False]
        return "; ".join([f"{verdict} ({self.examples} images)", *failed])


def masking_checks(
    model: keras.Model,
    x: np.ndarray,
    y: np.ndarray,
    *,
    epsilon: float,
    norm: Norm = "linf",
    steps: int = 20,
    queries: int = 300,
    surrogate: keras.Model | None = None,
    batch_size: int = 256,
    seed: int = 0,
) -> MaskingReport:
    """Look for the signs of masked gradients.

    A network whose clean accuracy is not clearly above chance has no robustness to check: with the lower bound of its balanced
    accuracy at most a tenth of the way from chance to 1, the verdict is "undetermined".

    The checks: hardly any image has a zero gradient; a small step along the gradient changes the loss as the gradient predicts;
    many steps break as many images as one, and five times the steps as many as the steps; a black box (Square) breaks no more than
    gradients do; restarts change little; a perturbation without bounds breaks every image; and, with a `surrogate`, adversarial
    examples of another model break no more than the model's own.

    Args:
        model: Image model, binary or multiclass.
        x: uint8 images; some hundred suffice.
        y: Class of each image.
        epsilon: Radius in fractions of the range of pixels.
        norm: `"linf"` or `"l2"`.
        steps: Number of steps of PGD.
        queries: Number of queries of Square.
        surrogate: Model trained from another seed, for the check by transfer.
        batch_size: Maximum number of images in a step.
        seed: Random seed.

    Example:
        >>> from deepbio.zoo import get_model
        >>> images = np.random.default_rng(0).integers(0, 256, (20, 28, 28, 1)).astype(np.uint8)
        >>> model = get_model("lenet5", input_shape=(28, 28, 1), outputs=3, seed=1)
        >>> print(str(masking_checks(model, images, np.arange(20) % 3, epsilon=0.3, steps=5, queries=20)).split(" (")[0])
        undetermined: clean accuracy is not clearly above chance
    """
    network = network_of(model)
    images, truth, _ = network.checked(x, y, None)
    right = network.classes_of(images).argmax(axis=1) == truth
    useless = _at_chance(right, truth)
    images, truth = images[right], truth[right]
    if not len(images):
        return MaskingReport(epsilon, norm, 0, (Check("some image is predicted rightly", None, "none is"),), useless)

    def report(checks: list[Check]) -> MaskingReport:
        return MaskingReport(epsilon, norm, len(images), tuple(checks), useless)

    zero, error = _gradient_facts(network, images, truth, batch_size)
    checks = [
        Check("at most 1% of the images have a zero gradient", zero <= 0.01, f"{zero:.1%}"),
        Check(
            "the loss changes along the gradient as it predicts", None if np.isnan(error) else error <= 0.5,
            f"median relative error {error:.2f}",
        ),
    ]  # fmt: skip
    if zero == 1.0:  # nothing else can be learned from gradients
        return report(checks)

    def broken(attack: Attack, radius: float = epsilon) -> np.ndarray:
        return _run(model, images, truth, attack, radius, batch_size, seed).success

    once, many = broken(FGSM(norm=norm)), broken(PGD(norm=norm, steps=steps))
    more, restarted = broken(PGD(norm=norm, steps=5 * steps)), broken(PGD(norm=norm, steps=steps, restarts=5))
    checks += [
        _no_better("many steps break as many images as one step", once, many),
        _no_better("five times the steps break as many images", many, more),
        _no_better("five restarts break hardly more images than one start", restarted, many, tolerance=0.1),
    ]
    best = many | more | restarted
    left, radius, largest = ~(best | once), epsilon, _unbounded(network, norm)
    while (
        left.any() and radius < largest
    ):  # what a radius breaks, larger ones do; noise of the whole range can saturate a network
        radius = min(2 * radius, largest)
        left[left] = ~_run(
            model, images[left], truth[left], PGD(norm=norm, steps=5 * steps), radius, batch_size, seed
        ).success
    found = f"{left.sum()} of {len(images)} are left"
    checks.append(Check("a perturbation without bounds breaks every image", not left.any(), found))
    black_box = broken(Square(norm=norm, steps=queries))
    checks.append(_no_better("a black box breaks no more images than gradients", black_box, best))
    if surrogate is not None:
        moved = _run(surrogate, images, truth, PGD(norm=norm, steps=steps), epsilon, batch_size, seed)
        transferred = network.classes_of(moved.pixels).argmax(axis=1) != truth
        checks.append(_no_better("examples of another model break no more images than its own", transferred, best))
    return report(checks)


def _at_chance(right: np.ndarray, y: np.ndarray) -> str:
    """Return why a network has no accuracy that an attack could lower, empty if it has one.

    The balanced accuracy of a constant prediction is 1 / classes, whatever their frequencies.
    """
    classes = np.unique(y)
    if len(classes) < 2:
        return f"all {len(y)} images are of one class, so that a constant prediction is as good"
    recalls = np.array([right[y == k].mean() for k in classes])
    counts = np.array([(y == k).sum() for k in classes])
    agresti = (recalls * counts + 2) / (
        counts + 4
    )  # an interval that does not vanish at 0 and 1 (Agresti and Coull 1998)
    error = np.sqrt((agresti * (1 - agresti) / (counts + 4)).sum()) / len(classes)
    chance, balanced = 1 / len(classes), recalls.mean()
    if balanced - 1.96 * error > chance + _SKILL * (1 - chance):
        return ""
    return f"clean accuracy is not clearly above chance (balanced {balanced:.2f}, {len(y)} images, chance {chance:.2f})"


def _run(
    model: keras.Model, images: np.ndarray, truth: np.ndarray, attack: Attack, epsilon: float, batch_size: int, seed: int
) -> Adversarial:  # fmt: skip
    return attack_images(model, images, truth, attack=attack, epsilon=epsilon, batch_size=batch_size, seed=seed)


def _no_better(name: str, weaker: np.ndarray, stronger: np.ndarray, *, tolerance: float = TOLERANCE) -> Check:
    """Return the check that an attack which should be weaker does not break more images."""
    gap = float(weaker.mean() - stronger.mean())
    return Check(name, gap <= tolerance, f"{weaker.mean():.1%} against {stronger.mean():.1%}")


def _unbounded(network: Network, norm: Norm) -> float:
    return 1.0 if norm == "linf" else float(np.sqrt(np.prod(network.shape)))


def _gradient_facts(network: Network, images: np.ndarray, y: np.ndarray, batch_size: int) -> tuple[float, float]:
    """Return the fraction of zero gradients, and the median error of the loss that they predict for a step of half a grey value."""
    zeros, errors, step = [], [], 0.5 / 255

    @tf.function(reduce_retracing=True)
    def measure(pixels, labels):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(pixels)
            before = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, network(pixels))
        gradient = tape.gradient(before, pixels, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        signs = tf.sign(gradient)
        ahead, behind = (
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels, network(pixels + sign * step * signs))
            for sign in (1.0, -1.0)
        )
        predicted = 2 * step * tf.reduce_sum(tf.abs(gradient), axis=(1, 2, 3))
        return tf.reduce_max(tf.abs(gradient), axis=(1, 2, 3)), predicted, ahead - behind

    for k in range(0, len(images), batch_size):
        pixels = tf.constant(images[k : k + batch_size].astype(np.float32) / np.float32(255))
        largest, predicted, observed = (np.asarray(v) for v in measure(pixels, tf.constant(y[k : k + batch_size])))
        zeros.append(largest == 0)
        seen = (largest > 0) & ((predicted > 1e-5) | (np.abs(observed) > 1e-5))  # below, float32 sees no change
        errors.append(np.abs(observed - predicted)[seen] / np.maximum(np.abs(predicted), np.abs(observed))[seen])
    error = np.concatenate(errors)
    return float(np.concatenate(zeros).mean()), float(np.median(error)) if len(error) else float("nan")
