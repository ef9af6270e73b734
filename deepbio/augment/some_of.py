"""`SomeOf` and `RandAugment`: a few operations out of a set, others for every example."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import tensorflow as tf

from deepbio.augment.draws import Draws, Tensor
from deepbio.augment.operation import Mixing, Operation, between, operation, where_chosen
from deepbio.errors import TrainingError
from deepbio.specs import ModelInput, Task


@dataclass(frozen=True)
class _SomeOf(Operation):
    """Apply `number` different ones of `operations` to each example, in their order; which ones is drawn for each."""

    number: int = 2
    operations: Sequence[Any] = ()

    @cached_property
    def members(self) -> list[Operation]:
        """The operations to choose from."""
        return [operation(said, self.modality) for said in self.operations]

    def prepare(self, input: ModelInput, task: Task) -> None:
        if not 1 <= self.number <= len(self.members):
            raise TrainingError(
                f"{self.name} takes 1 to {len(self.members)} of its {len(self.members)} operations; received {self.number}."
            )
        for member in self.members:
            if isinstance(member, Mixing):
                raise TrainingError(f"{member.name} puts examples together and stands alone, not inside {self.name}.")
            member.prepare(input, task)

    def apply(self, x: Tensor, parts: Tensor | None, draws: Draws) -> tuple[Tensor, Tensor | None]:
        ranks = tf.argsort(tf.argsort(draws.uniform((tf.shape(x)[0], len(self.members))), axis=1), axis=1)
        for i, member in enumerate(self.members):
            chosen = ranks[:, i] < self.number
            changed, moved = member.apply(x, parts, draws)
            x, parts = where_chosen(chosen, changed, x), where_chosen(chosen, moved, parts)
        return x, parts


class SomeImage(_SomeOf):
    """`some_of` for images."""

    name, modality = "some_of", "image"


class SomeDna(_SomeOf):
    """`some_of` for DNA."""

    name, modality = "some_of", "dna"


@dataclass(frozen=True)
class RandAugment(Operation):
    """Apply `number` different operations to each image, all of one `strength`.

    They are flip, rotate, shift, zoom, contrast, brightness, blur, noise and cutout. (Keras's layer of this name draws one set of
    operations for a whole batch, from a generator of its own.)

    Source: Cubuk et al. 2020, doi:10.1109/CVPRW50498.2020.00359.
    """

    name = "rand_augment"
    modality = "image"
    number: int = 2
    strength: float = 0.5

    @cached_property
    def set_(self) -> _SomeOf:
        """The operations at this strength."""
        s = self.strength
        return SomeImage(
            self.number,
            (
                "flip",
                {"rotate": {"degrees": 30 * s}},
                {"shift": {"share": 0.3 * s}},
                {"zoom": {"share": 0.3 * s}},
                {"contrast": {"share": 0.9 * s}},
                {"brightness": {"share": 0.3 * s}},
                {"blur": {"probability": 1.0, "pixels": max(s, 0.05)}},
                {"noise": {"share": 0.1 * s}},
                {"cutout": {"probability": 1.0, "most": 0.02 + 0.3 * s}},
            ),
        )

    def prepare(self, input: ModelInput, task: Task) -> None:
        """Check the options."""
        between("rand_augment: strength", self.strength, 0, 1)
        self.set_.prepare(input, task)

    def apply(self, x: Tensor, parts: Tensor | None, draws: Draws) -> tuple[Tensor, Tensor | None]:
        """Change a batch; see `Operation.apply`."""
        return self.set_.apply(x, parts, draws)
