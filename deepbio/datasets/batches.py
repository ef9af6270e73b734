"""Batches of others: `tf.data.Dataset`, `keras.utils.PyDataset`, and generators of arrays or `(x, y)` pairs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from types import GeneratorType
from typing import Any, NamedTuple

import numpy as np

from deepbio.datasets.split import Split
from deepbio.errors import DataError

_MORE_STEPS = "Pass steps_per_epoch=..., or repeat the stream."


class Batch(NamedTuple):
    """One batch of others: inputs, and labels and weights where it has some."""

    x: np.ndarray
    y: np.ndarray | None = None
    sample_weight: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class StreamedSplit(Split):
    """A training split that is read batch by batch; `x` and `y` are those of its first batch.

    Args:
        stream: `tf.data.Dataset` or `keras.utils.PyDataset`, read again in each epoch, or a generator, read on over all epochs.
        steps: Number of batches per epoch.
        classes: Number of classes, from 0, that labels may name; None for labels that are no classes.
    """

    stream: Any = None
    steps: int = 0
    classes: int | None = None

    def __len__(self) -> int:
        raise DataError(
            "The number of examples of a stream is not known, which this setting or function needs. Read them into memory: "
            "Dataset.from_arrays(x, y)."
        )

    @property
    def examples(self) -> None:
        """No number: it is not known before the stream ends."""
        return None

    def batches(self) -> Iterator[Batch]:
        """Yield the batches of an epoch.

        Raises:
            DataError: A batch does not fit the first, has no labels, or the stream ends before `steps` batches.
        """
        found = read_batches(self.stream)
        for number in range(1, self.steps + 1):
            batch = next(found, None)
            if batch is None:
                raise DataError(
                    f"The stream ended after {number - 1} of {self.steps} batches of an epoch. {_MORE_STEPS}"
                )
            if batch.y is None or (batch.sample_weight is None) != (self.sample_weight is None):
                raise DataError(
                    f"Expected inputs, labels and weights as in the first batch; batch {number} has others."
                )
            if batch.x.shape[1:] != self.x.shape[1:] or batch.x.dtype != self.x.dtype:
                expected = (
                    f"Expected examples of shape {self.x.shape[1:]} and dtype {self.x.dtype}, as in the first batch"
                )
                raise DataError(f"{expected}; batch {number} has {batch.x.shape[1:]} and {batch.x.dtype}.")
            if self.classes is not None and not np.isin(batch.y, np.arange(self.classes)).all():
                raise DataError(f"Expected labels from 0 to {self.classes - 1}; batch {number} has others.")
            if number == self.steps and hasattr(self.stream, "on_epoch_end"):
                self.stream.on_epoch_end()
            yield batch


def number_of_batches(data: Any) -> int | None:
    """Return the number of batches that a stream says it has; None if it does not know or does not end."""
    if isinstance(data, GeneratorType):
        return None
    found = int(data.cardinality()) if hasattr(data, "cardinality") else data.num_batches
    return None if found is None or found < 0 else int(found)


def first_batch(data: Any) -> tuple[Batch, Any]:
    """Return the first batch, and the stream with it."""
    found = read_batches(data)
    first = next(found, None)
    if first is None:
        raise DataError("Expected at least one batch; received none. A generator can be read once only.")
    if not isinstance(data, GeneratorType):
        return first, data

    def again():
        yield tuple(part for part in first if part is not None)
        yield from data

    return first, again()


def gives_batches(data: Any) -> bool:
    """Return whether `data` yields batches instead of being one array or split.

    Example:
        >>> gives_batches(x for x in ()), gives_batches([1, 2])
        (True, False)
    """
    if isinstance(data, GeneratorType):
        return True
    keras, tf = sys.modules.get("keras"), sys.modules.get("tensorflow")
    return (tf is not None and isinstance(data, tf.data.Dataset)) or (
        keras is not None and isinstance(data, keras.utils.PyDataset)
    )


def inputs_and_labels(data: Any) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """Yield `(x, y)` of each batch, `y` None where a batch has no labels.

    Raises:
        DataError: A batch does not fit `read_batches`, or has weights, which neither predictions nor metrics use.
    """
    for number, (x, y, weights) in enumerate(read_batches(data), start=1):
        if weights is not None:
            raise DataError(
                f"Expected batches x or (x, y); batch {number} has sample weights, which metrics do not use. Leave them out."
            )
        yield x, y


def read_batches(data: Any) -> Iterator[Batch]:
    """Yield the batches of a stream as arrays.

    Raises:
        DataError: A batch is no array, `(x, y)` or `(x, y, sample_weight)`, or its parts differ in length.
    """
    for number, batch in enumerate(_batches(data), start=1):
        parts = batch if isinstance(batch, (tuple, list)) else (batch,)
        if not 1 <= len(parts) <= 3 or any(isinstance(part, (tuple, list, dict)) for part in parts):
            received = type(batch).__name__ + (f" of {len(parts)}" if isinstance(batch, (tuple, list)) else "")
            raise DataError(
                f"Expected batches x, (x, y) or (x, y, sample_weight) of arrays; batch {number} is {received}. Leave other parts out."
            )
        x, *others = (np.asarray(part) for part in parts)
        if not x.ndim:
            raise DataError(f"Expected batches of examples; batch {number} is one {x.dtype} value.")
        for what, values in zip(("labels", "weights"), others, strict=False):
            if not values.ndim or len(values) != len(x):
                raise DataError(f"Expected as many {what} as examples, {len(x)}; batch {number} has {values.shape}.")
        yield Batch(x, *others)


def whole(data: Any) -> np.ndarray:
    """Read the inputs of all batches into memory.

    Raises:
        DataError: No batch.
    """
    return np.concatenate([x for x, _ in _some(inputs_and_labels(data))])


def labelled(data: Any, *, weights: bool = False) -> Split:
    """Read all batches into memory as one split.

    Args:
        data: Stream that ends.
        weights: Whether sample weights are read; else they are refused.

    Raises:
        DataError: No batch, or a batch without labels.
    """
    found = _some(read_batches(data) if weights else inputs_and_labels(data))
    missing = sum(batch[1] is None for batch in found)
    if missing:
        raise DataError(f"Expected batches (x, y); {missing} of {len(found)} batches have no labels.")
    parts = [
        np.concatenate([part for part in parts if part is not None])
        for parts in zip(*found, strict=True)
        if parts[0] is not None
    ]
    return Split(parts[0], parts[1], None, None, *parts[2:])


def _some(batches: Iterator[Any]) -> list[Any]:
    found = list(batches)
    if not found:
        raise DataError("Expected at least one batch; received none. A generator can be read once only.")
    return found


def _batches(data: Any) -> Iterator[Any]:
    if isinstance(data, GeneratorType):
        yield from chain(data)  # "yield from data" would close the user's generator with this one
    elif hasattr(data, "as_numpy_iterator"):
        yield from data.as_numpy_iterator()
    else:
        for number in range(len(data)):
            yield data[number]
