"""`Operation`: one random change of examples and their dense labels, and the registry of operations by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

from deepbio.augment.random_stream import RandomStream, Tensor
from deepbio.errors import TrainingError, nearest
from deepbio.specs import ModelInput, Task

_REGISTRY: dict[tuple[str, str], type[Operation]] = {}


@dataclass(frozen=True)
class Operation:
    """A random change of a batch.

    A subclass is a frozen dataclass whose fields are the options; its `name` and `modality` register it.
    """

    name: ClassVar[str] = ""
    modality: ClassVar[str] = ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.name:
            _REGISTRY[cls.modality, cls.name] = cls

    def prepare(self, input: ModelInput, task: Task) -> None:
        """Check the options against their ranges and the data, and build what must not be built inside a graph.

        Raises:
            TrainingError: An option is out of its range, or the operation does not suit the data.
        """
        for option in fields(self):
            if "range" in option.metadata:
                self.check(option.name, *option.metadata["range"])

    def apply(self, x: Tensor, labels: Tensor | None, rng: RandomStream) -> tuple[Tensor, Tensor | None]:
        """Return the changed batch and its dense labels.

        Args:
            x: Images, float32 `(n, height, width, channels)` from 0 to 255; or DNA codes, int32 `(n, length)`.
            labels: Label of each pixel, float32 `(n, height, width, 1)`, or of each position, `(n, length, k)`, which
                follows `x`. `None` if only whole examples have labels.
            rng: Source of randomness.
        """
        raise NotImplementedError

    def check(self, option: str, low: float, high: float) -> None:
        """Raise `TrainingError` if an option is out of its range."""
        value = getattr(self, option)
        if not low <= value <= high:
            raise TrainingError(f"{self.name}: {option} must be from {low:g} to {high:g}; received {value!r}.")

    def to_dict(self) -> dict[str, Any]:
        """Return the name and the options as `operation` reads them."""
        return {self.name: asdict(self)}


class Mixing(Operation):
    """An operation that combines two examples: the loss is the weighted mean of the losses of both labels."""

    def mix(self, x: Tensor, y: Tensor, rng: RandomStream) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the mixed batch, its labels, the labels of the examples mixed in, and the weight of these labels."""
        raise NotImplementedError


def ranged(default: Any, low: float, high: float) -> Any:
    """Return a dataclass field for an option from `low` to `high`, which `Operation.prepare` checks."""
    return field(default=default, metadata={"range": (low, high)})


def operation(spec: str | Mapping[str, Any] | Operation, modality: str) -> Operation:
    """Return an operation from its name, or from `{name: {option: value}}`.

    Raises:
        TrainingError: A name or option is unknown; the message has the nearest ones.

    Example:
        >>> operation({"rotate": {"degrees": 5}}, "image")
        Rotate(degrees=5, fill='reflect')
    """
    if isinstance(spec, Operation):
        return spec
    if isinstance(spec, str):
        spec = {spec: {}}
    if not isinstance(spec, Mapping) or len(spec) != 1:
        raise TrainingError(f"An augmentation is a name or {{name: options}}; received {spec!r}.")
    ((name, options),) = spec.items()
    kind = _REGISTRY.get((modality, str(name)))
    if kind is None:
        raise TrainingError(
            f"Unknown augmentation of {modality} {name!r}. {nearest(str(name), list_operations(modality))}"
        )
    options = dict(options or {})
    valid = [option.name for option in fields(kind)]
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
    return sorted(name for kind, name in _REGISTRY if kind == modality)
