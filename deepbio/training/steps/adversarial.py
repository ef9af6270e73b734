"""Adversarial training: images perturbed against the model inside each training step, or noise for randomized smoothing.

The perturbation is found with the model in inference mode, on float pixels, and is a function of the position in training, so that
a run repeats and resumes. The model then learns from the bytes nearest to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

import keras
import tensorflow as tf

from deepbio.augment.random_stream import RandomStream
from deepbio.errors import TrainingError, nearest
from deepbio.inference.pixels import pixel_function
from deepbio.specs import ModelInput, Task
from deepbio.training.steps.perturbation import NORMS, Norm, per_example, project, random_start, steepest

Kind = Literal["fgsm", "pgd", "trades", "noise"]
_KINDS: tuple[Kind, ...] = get_args(Kind)
_STEPS = {"fgsm": 1, "pgd": 7, "trades": 10, "noise": 0}
_STREAM = 19  # apart from the random numbers of the augmentation


@dataclass(frozen=True)
class AdversarialTraining:
    """How training examples are perturbed.

    Args:
        attack: `"fgsm"`, one step from a random start (Wong et al. 2020, arXiv:2001.03994); `"pgd"` (Madry et al. 2018,
            arXiv:1706.06083); `"trades"`, the loss of the clean image plus `beta` times the divergence of the predictions for the
            perturbed one (Zhang et al. 2019, arXiv:1901.08573); or `"noise"`, normal noise of `std` for randomized smoothing
            (Cohen et al. 2019, arXiv:1902.02918).
        epsilon: Radius in fractions of the range of pixels, such as 8/255.
        norm: `"linf"` or `"l2"`.
        steps: Number of steps; None is 1 for `"fgsm"`, 7 for `"pgd"` and 10 for `"trades"`.
        step_size: Size of a step; None is 1.25 epsilon for `"fgsm"` and 2.5 epsilon / steps for the others.
        beta: Weight of the divergence of `"trades"`.
        std: Standard deviation of `"noise"`, in fractions of the range of pixels.

    Raises:
        TrainingError: A value is unknown or out of range.

    Example:
        >>> AdversarialTraining("pgd", epsilon=8 / 255).chosen_steps
        7
    """

    attack: Kind
    epsilon: float = 0.0
    norm: Norm = "linf"
    steps: int | None = None
    step_size: float | None = None
    beta: float = 6.0
    std: float = 0.0

    def __post_init__(self) -> None:
        if self.attack not in _KINDS:
            raise TrainingError(f"Unknown adversarial attack {self.attack!r}. {nearest(str(self.attack), _KINDS)}")
        needed = "std" if self.attack == "noise" else "epsilon"
        if not getattr(self, needed) > 0:
            raise TrainingError(
                f"adversarial: {self.attack!r} needs {needed} above 0, in fractions of the range of pixels."
            )
        if self.norm not in NORMS or (self.norm == "linf" and self.epsilon > 1):
            raise TrainingError(
                f"adversarial: expected norm {' or '.join(NORMS)}, and for 'linf' an epsilon up to 1; received {self.norm!r} and "
                f"{self.epsilon}."
            )
        for name in ("steps", "step_size", "beta"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise TrainingError(f"adversarial: {name} must be above 0; received {value!r}.")

    @property
    def chosen_steps(self) -> int:
        """Number of steps."""
        return self.steps or _STEPS[self.attack]

    @property
    def chosen_step_size(self) -> float:
        """Size of a step."""
        default = 1.25 * self.epsilon if self.attack == "fgsm" else 2.5 * self.epsilon / max(1, self.chosen_steps)
        return self.step_size or default

    def perturb(self, model: keras.Model, x: Any, loss: Callable[[Any], Any], position: list[Any]) -> Any:
        """Return perturbed images as bytes.

        Args:
            model: Model that is trained.
            x: uint8 images of one replica.
            loss: Function of the logits of the perturbed images, per example, which the perturbation raises.
            position: Position in training.
        """
        rng, clean = RandomStream([*position, _STREAM]), tf.cast(x, tf.float32) / 255.0
        if self.attack == "noise":
            return _as_bytes(clean + rng.normal(tf.shape(x), self.std), x)
        outputs, radius = pixel_function(model), tf.fill(tf.shape(x)[:1], self.epsilon)
        if self.attack == "trades":
            start = clean + rng.normal(tf.shape(x), 0.001)
            reference = tf.stop_gradient(outputs(clean))
            loss = lambda logits: divergence(reference, logits)  # noqa: E731
        else:
            noise = rng.uniform(tf.shape(x), -1.0, 1.0) if self.norm == "linf" else rng.normal(tf.shape(x))
            start = clean + random_start(
                tf.ensure_shape(noise, x.shape), rng.uniform(tf.shape(x)[:1]), radius, self.norm
            )
        # One step ends at the side of the ball where it starts, so a start that is clipped to the pixels leaves dark images one
        # perturbation to learn. Wong et al. start outside of the pixels too.
        moved = start if self.attack == "fgsm" else project(start, clean, radius, self.norm)
        size = per_example(tf.fill(tf.shape(x)[:1], self.chosen_step_size), clean)
        for _ in range(self.chosen_steps):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(moved)
                value = loss(tf.cast(outputs(moved), tf.float32))
            gradient = tape.gradient(value, moved)
            if gradient is None:
                raise TrainingError(f"{model.name} has no gradient with respect to its pixels: leave out adversarial=.")
            moved = project(moved + size * steepest(gradient, self.norm), clean, radius, self.norm)
        return _as_bytes(tf.stop_gradient(moved), x)

    def penalty(self, clean: Any, perturbed: Any) -> Any:
        """Return what `"trades"` adds to the loss of each example."""
        return self.beta * divergence(clean, perturbed)


def adversarial_training(spec: Any, input: ModelInput, task: Task) -> AdversarialTraining | None:
    """Return the adversarial training of a setting; `None` if there is none.

    Args:
        spec: `None`, or a mapping of the arguments of `AdversarialTraining`.
        input, task: Input and task of the data.

    Raises:
        TrainingError: Unknown arguments, or data that are no images of classes.
    """
    if spec is None:
        return None
    if not isinstance(spec, Mapping) or "attack" not in spec:
        raise TrainingError(
            f"adversarial takes a mapping such as {{'attack': 'pgd', 'epsilon': 0.03}}; received {spec!r}."
        )
    known = [field.name for field in fields(AdversarialTraining)]
    for name in spec:
        if name not in known:
            raise TrainingError(f"adversarial has no {name!r}. {nearest(str(name), known)}")
    if input.modality != "image" or not task.is_classification:
        raise TrainingError(
            f"adversarial is for images of classes; the data are {input.modality}, {task.kind}. Leave it out."
        )
    return AdversarialTraining(**spec)


def divergence(reference: Any, logits: Any) -> Any:
    """Return the Kullback-Leibler divergence of predicted classes from those of `reference`, per example."""
    first, second = (tf.nn.log_softmax(_two_or_more(tf.cast(z, tf.float32))) for z in (reference, logits))
    return tf.reduce_sum(tf.exp(first) * (first - second), axis=-1)


def _two_or_more(logits: Any) -> Any:
    return tf.concat([tf.zeros_like(logits), logits], axis=-1) if logits.shape[-1] == 1 else logits


def _as_bytes(pixels: Any, like: Any) -> Any:
    return tf.ensure_shape(tf.cast(tf.clip_by_value(tf.round(pixels * 255.0), 0.0, 255.0), like.dtype), like.shape)
