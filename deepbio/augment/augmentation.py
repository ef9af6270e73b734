"""`Augmentation`: the operations of a run in their order, as one function of a batch and of where training stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from deepbio.augment.draws import Draws, Tensor
from deepbio.augment.operation import Mixing, Operation, list_operations, operation
from deepbio.augment.policies import POLICIES, operations_of
from deepbio.errors import TrainingError, nearest
from deepbio.specs import ModelInput, Task

_BY_PART = ("per_pixel", "per_position", "profile")


class Augmented(NamedTuple):
    """A batch as the model is to see it.

    Args:
        x: inputs, of the shape and dtype that they had.
        y: labels.
        other: labels of the examples that were mixed in; `None` without mixing.
        share: of the other example in each, float32 `(n,)`; `None` without mixing.
    """

    x: Tensor
    y: Tensor
    other: Tensor | None = None
    share: Tensor | None = None


class Augmentation:
    """Random changes of a batch, in their order.

    Args:
        operations: what is done; at most one mixes examples, and it comes last.
        input, task: of the data.

    Raises:
        TrainingError: an operation that does not suit the data.
    """

    def __init__(self, operations: Sequence[Operation], input: ModelInput, task: Task) -> None:
        mixing = [one for one in operations if isinstance(one, Mixing)]
        if len(mixing) > 1 or (mixing and operations[-1] is not mixing[0]):
            raise TrainingError("One augmentation at most puts examples together (mixup, cutmix), and it is the last.")
        self._moving = [one for one in operations if not isinstance(one, Mixing)]
        self._mixing = mixing[0] if mixing else None
        self._input, self._task = input, task
        for one in operations:
            one.prepare(input, task)

    def __call__(self, x: Tensor, y: Tensor, place: list[Any]) -> Augmented:
        """Change a batch, inside a graph or outside.

        Args:
            x: inputs `(n, ...)` as the host sends them.
            y: labels.
            place: whole numbers that say where training stands: seed, epoch, step, replica, part. The same place gives the
                same changes.
        """
        draws = Draws(place)
        values, parts = tf.cast(x, tf.float32 if self._input.modality == "image" else tf.int32), self._parts(y)
        for one in self._moving:
            values, parts = one.apply(values, parts, draws)
        if parts is not None:
            y = tf.cast(tf.reshape(tf.round(parts) if y.dtype.is_integer else parts, tf.shape(y)), y.dtype)
        other = share = None
        if self._mixing is not None:
            values, y, other, share = self._mixing.mix(values, y, draws)
        if self._input.modality == "image":
            values = tf.clip_by_value(tf.round(values), 0, 255)
        return Augmented(tf.ensure_shape(tf.cast(values, x.dtype), x.shape), y, other, share)

    def plain(self, x: Tensor, y: Tensor) -> Augmented:
        """Return a batch unchanged, in the form that a call gives."""
        if self._mixing is None:
            return Augmented(x, y)
        return Augmented(x, y, y, tf.zeros(tf.shape(x)[:1]))

    def _parts(self, y: Tensor) -> Tensor | None:
        if self._task.kind not in _BY_PART:
            return None
        parts = y if self._task.kind == "profile" else y[..., None]
        sides = parts.shape[1:-1]
        if self._moving and tuple(sides) != self._input.shape[: len(sides)]:
            raise TrainingError(
                f"Augmentation moves labels with the input, place by place: expected {self._input.shape[: len(sides)]} of "
                f"them, received {tuple(sides)}. Use augment='none'."
            )
        return tf.cast(parts, tf.float32)


def augmentation(said: Any, input: ModelInput, task: Task) -> Augmentation | None:
    """Return the augmentation that a policy's name or a list of operations says; `None` where there is nothing to do.

    Args:
        said: `None` or `"none"`; the name of a policy (`POLICIES`) or of an operation; or a list of names and of
            `{name: {option: value}}`.
        input, task: of the data.

    Raises:
        TrainingError: an unknown name, or an operation that does not suit the data.

    Example:
        >>> spec, task = ModelInput("image", (8, 8, 1)), Task("binary", 1)
        >>> augment = augmentation(["flip", {"noise": {"share": 0.1}}], spec, task)
        >>> x = tf.zeros((2, 8, 8, 1), tf.uint8)
        >>> augment(x, tf.constant([0, 1]), [0, 0, 0]).x.dtype.name
        'uint8'
    """
    if said is None or said == "none":
        return None
    policies = POLICIES.get(input.modality)
    if policies is None:
        raise TrainingError(f"There is no augmentation of a {input.modality}: leave it out, or use augment='none'.")
    if isinstance(said, str):
        names = [*policies, *list_operations(input.modality)]
        if said not in names:
            raise TrainingError(f"Unknown augmentation of {input.modality} {said!r}. {nearest(said, names)}")
        said = operations_of(said, input) if said in policies else (said,)
    elif isinstance(said, Mapping):
        said = [said]
    operations = [operation(one, input.modality) for one in said]
    return Augmentation(operations, input, task) if operations else None
