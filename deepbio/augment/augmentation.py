"""`Augmentation`: the operations of a run in their order, as one function of a batch and of the position in training."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from deepbio.augment.operation import Mixing, Operation, list_operations, operation
from deepbio.augment.policies import POLICIES, policy_operations
from deepbio.augment.random_stream import RandomStream, Tensor
from deepbio.errors import TrainingError, nearest
from deepbio.specs import ModelInput, Task


class Augmented(NamedTuple):
    """An augmented batch.

    Args:
        x: Inputs, of the shape and dtype that they had.
        y: Labels.
        other_y: Labels of the examples that were mixed in; `None` without mixing.
        other_weight: Weight of these labels in the loss, float32 `(n,)`; `None` without mixing.
    """

    x: Tensor
    y: Tensor
    other_y: Tensor | None = None
    other_weight: Tensor | None = None


class Augmentation:
    """Random changes of a batch, in their order.

    Args:
        operations: Operations to apply; at most one mixes examples, and it comes last.
        input, task: Input and task of the data.

    Raises:
        TrainingError: An operation does not suit the data.
    """

    def __init__(self, operations: Sequence[Operation], input: ModelInput, task: Task) -> None:
        mixing = [one for one in operations if isinstance(one, Mixing)]
        if len(mixing) > 1 or (mixing and operations[-1] is not mixing[0]):
            raise TrainingError("At most one augmentation combines examples (mixup, cutmix), and it is the last.")
        self._operations = [one for one in operations if not isinstance(one, Mixing)]
        self._mixing = mixing[0] if mixing else None
        self._input, self._task = input, task
        for one in operations:
            one.prepare(input, task)

    @property
    def mixes(self) -> bool:
        """Whether two examples are combined in one."""
        return self._mixing is not None

    def __call__(self, x: Tensor, y: Tensor, position: list[Any]) -> Augmented:
        """Return a changed batch; works inside a graph and outside.

        Args:
            x: Inputs `(n, ...)` as the host sends them.
            y: Labels.
            position: Position in training as integers: seed, epoch, step, replica, part. The same position leads to the same
                changes.
        """
        rng = RandomStream(position)
        values, dense = tf.cast(x, tf.float32 if self._input.modality == "image" else tf.int32), self._dense_labels(y)
        for one in self._operations:
            values, dense = one.apply(values, dense, rng)
        if dense is not None:
            y = tf.cast(tf.reshape(tf.round(dense) if y.dtype.is_integer else dense, tf.shape(y)), y.dtype)
        other = ()
        if self._mixing is not None:
            values, y, *other = self._mixing.mix(values, y, rng)
        if self._input.modality == "image":
            values = tf.clip_by_value(tf.round(values), 0, 255)
        return Augmented(tf.ensure_shape(tf.cast(values, x.dtype), x.shape), y, *other)

    def unchanged(self, x: Tensor, y: Tensor) -> Augmented:
        """Return a batch as it is, with the same structure as an augmented one."""
        if self._mixing is None:
            return Augmented(x, y)
        return Augmented(x, y, y, tf.zeros(tf.shape(x)[:1]))

    def _dense_labels(self, y: Tensor) -> Tensor | None:
        """Return labels of pixels or positions as float32 with a last axis; `None` if whole examples have labels."""
        if self._task.kind not in ("per_pixel", "per_position", "profile"):
            return None
        dense = y if self._task.kind == "profile" else y[..., None]
        received = tuple(dense.shape[1:-1])
        expected = self._input.shape[: len(received)]
        if self._operations and received != expected:
            raise TrainingError(
                f"Augmentation shifts labels with the input, position by position: expected {expected} of them, received "
                f"{received}. Use augment='none'."
            )
        return tf.cast(dense, tf.float32)


def augmentation(spec: Any, input: ModelInput, task: Task) -> Augmentation | None:
    """Return the augmentation of a policy or of a list of operations; `None` if there is nothing to do.

    Args:
        spec: `None` or `"none"`; the name of a policy (`POLICIES`) or of an operation; or a list of names and of
            `{name: {option: value}}`.
        input, task: Input and task of the data.

    Raises:
        TrainingError: A name is unknown, or an operation does not suit the data.

    Example:
        >>> input, task = ModelInput("image", (8, 8, 1)), Task("binary", 1)
        >>> augment = augmentation(["flip", {"noise": {"max_std": 0.1}}], input, task)
        >>> x = tf.zeros((2, 8, 8, 1), tf.uint8)
        >>> augment(x, tf.constant([0, 1]), [0, 0, 0]).x.dtype.name
        'uint8'
    """
    if spec is None or spec == "none":
        return None
    policies = POLICIES.get(input.modality)
    if policies is None:
        raise TrainingError(f"There is no augmentation of a {input.modality}: leave it out, or use augment='none'.")
    if isinstance(spec, str):
        names = [*policies, *list_operations(input.modality)]
        if spec not in names:
            raise TrainingError(f"Unknown augmentation of {input.modality} {spec!r}. {nearest(spec, names)}")
        spec = policy_operations(spec, input) if spec in policies else (spec,)
    elif isinstance(spec, Mapping):
        spec = [spec]
    operations = [operation(one, input.modality) for one in spec]
    return Augmentation(operations, input, task) if operations else None
