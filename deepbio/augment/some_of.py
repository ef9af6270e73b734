"""`some_of` and `rand_augment`: a few operations of a set, chosen anew for every example."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import tensorflow as tf

from deepbio.augment.operation import Mixing, Operation, operation, ranged
from deepbio.augment.random_stream import RandomStream, Tensor
from deepbio.errors import TrainingError
from deepbio.specs import ModelInput, Task


@dataclass(frozen=True)
class _Subset(Operation):
    """Apply `number` different operations of a set to each example, in their order."""

    number: int = 2

    @cached_property
    def members(self) -> list[Operation]:
        """The set of operations."""
        return [operation(spec, self.modality) for spec in self._specs()]

    def _specs(self) -> Sequence[Any]:
        raise NotImplementedError

    def prepare(self, input: ModelInput, task: Task) -> None:
        super().prepare(input, task)
        size = len(self.members)
        if not 1 <= self.number <= size:
            raise TrainingError(f"{self.name} takes 1 to {size} of its {size} operations; received {self.number}.")
        for member in self.members:
            if isinstance(member, Mixing):
                raise TrainingError(f"{member.name} combines examples and cannot be part of {self.name}.")
            member.prepare(input, task)

    def apply(self, x: Tensor, labels: Tensor | None, rng: RandomStream) -> tuple[Tensor, Tensor | None]:
        ranks = tf.argsort(tf.argsort(rng.uniform((tf.shape(x)[0], len(self.members))), axis=1), axis=1)
        for i, member in enumerate(self.members):
            chosen = ranks[:, i] < self.number
            changed, changed_labels = member.apply(x, labels, rng)
            x = _where(chosen, changed, x)
            labels = labels if labels is None else _where(chosen, changed_labels, labels)
        return x, labels


@dataclass(frozen=True)
class _SomeOf(_Subset):
    operations: Sequence[Any] = ()

    def _specs(self) -> Sequence[Any]:
        return self.operations


class SomeImage(_SomeOf):
    """`some_of` for images: apply `number` of `operations` to each."""

    name, modality = "some_of", "image"


class SomeDna(_SomeOf):
    """`some_of` for DNA: apply `number` of `operations` to each sequence."""

    name, modality = "some_of", "dna"


@dataclass(frozen=True)
class RandAugment(_Subset):
    """Apply `number` different operations to each image, all of one `strength`.

    The set is flip, rotate, shift, zoom, contrast, brightness, blur, noise and cutout. Keras's layer of this name chooses one
    set of operations for a whole batch, from a generator of its own.

    Source: Cubuk et al. 2020, doi:10.1109/CVPRW50498.2020.00359.
    """

    name, modality = "rand_augment", "image"
    strength: float = ranged(0.5, 0, 1)

    def _specs(self) -> Sequence[Any]:
        s = self.strength
        return (
            "flip",
            {"rotate": {"degrees": 30 * s}},
            {"shift": {"factor": 0.3 * s}},
            {"zoom": {"factor": 0.3 * s}},
            {"contrast": {"factor": 0.9 * s}},
            {"brightness": {"factor": 0.3 * s}},
            {"blur": {"probability": 1.0, "pixels": max(s, 0.05)}},
            {"noise": {"max_std": 0.1 * s}},
            {"cutout": {"probability": 1.0, "max_area": 0.02 + 0.3 * s}},
        )


def _where(chosen: Tensor, changed: Any, before: Tensor) -> Tensor:
    """Return the changed rows of the chosen examples and the old rows of the others."""
    shape = tf.concat([tf.shape(chosen), tf.ones(len(before.shape) - 1, tf.int32)], 0)
    return tf.where(tf.reshape(chosen, shape), changed, before)
