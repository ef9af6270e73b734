"""`Operation`: one way to change examples and what is said of their parts, and how operations are named and found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

import tensorflow as tf

from deepbio.augment.draws import Draws, Tensor
from deepbio.errors import TrainingError, nearest
from deepbio.specs import ModelInput, Task

_NAMED: dict[tuple[str, str], type[Operation]] = {}


@dataclass(frozen=True)
class Operation:
    """A random change of a batch.

    A subclass is a frozen dataclass whose fields are the options; its `name` and `modality` put it into the register.
    """

    name: ClassVar[str] = ""
    modality: ClassVar[str] = ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.name:
            _NAMED[cls.modality, cls.name] = cls

    def prepare(self, input: ModelInput, task: Task) -> None:
        """Check that the operation suits the data, and build what must not be built inside a graph.

        Raises:
            TrainingError: it does not suit.
        """

    def apply(self, x: Tensor, parts: Tensor | None, draws: Draws) -> tuple[Tensor, Tensor | None]:
        """Change a batch.

        Args:
            x: images float32 `(n, height, width, channels)` from 0 to 255, or DNA int32 codes `(n, length)`.
            parts: what is said of each pixel, float32 `(n, height, width, 1)`, or of each position `(n, length, k)`; it
                moves with `x`. `None` where only the whole example has a label.
        """
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Return the operation as `operation` reads it."""
        return {self.name: asdict(self)}


class Mixing(Operation):
    """An operation that puts two examples together: labels become shares of the labels of both."""

    def mix(self, x: Tensor, y: Tensor, draws: Draws) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return `(x, y, y of the other example, share of the other example)`."""
        raise NotImplementedError


def operation(said: str | Mapping[str, Any] | Operation, modality: str) -> Operation:
    """Return an operation from its name, or from `{name: {option: value}}`.

    Raises:
        TrainingError: an unknown name or option, with the nearest ones.

    Example:
        >>> operation({"rotate": {"degrees": 5}}, "image")
        Rotate(degrees=5, fill='reflect')
    """
    if isinstance(said, Operation):
        return said
    if isinstance(said, str):
        said = {said: {}}
    if not isinstance(said, Mapping) or len(said) != 1:
        raise TrainingError(f"An augmentation is a name or {{name: options}}; received {said!r}.")
    ((name, options),) = said.items()
    kind = _NAMED.get((modality, str(name)))
    if kind is None:
        raise TrainingError(
            f"Unknown augmentation of {modality} {name!r}. {nearest(str(name), list_operations(modality))}"
        )
    options = dict(options or {})
    valid = [field.name for field in fields(kind)]
    for key in options:
        if key not in valid:
            raise TrainingError(f"{name} has no option {key!r}. {nearest(str(key), valid)}")
    return kind(**options)


def list_operations(modality: str) -> list[str]:
    """Return the names of the operations for `"image"` or `"dna"`.

    Example:
        >>> list_operations("dna")[:3]
        ['delete', 'insert', 'invert']
    """
    return sorted(name for kind, name in _NAMED if kind == modality)


def between(name: str, value: float, low: float, high: float) -> None:
    """Raise where an option is out of its range."""
    if not low <= value <= high:
        raise TrainingError(f"{name} must be from {low:g} to {high:g}; received {value!r}.")


def where_chosen(chosen: Tensor, changed: Tensor | None, before: Tensor | None) -> Any:
    """Take what was changed for the chosen examples, and leave the others."""
    if changed is None or before is None:
        return before
    shaped = tf.reshape(chosen, tf.concat([tf.shape(chosen), tf.ones(len(before.shape) - 1, tf.int32)], 0))
    return tf.where(shaped, changed, before)
