"""Batches of others: `tf.data.Dataset`, `keras.utils.PyDataset`, and generators of arrays or `(x, y)` pairs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import GeneratorType
from typing import Any

import numpy as np

from deepbio.datasets import Split
from deepbio.errors import DataError


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
        DataError: A batch is no array, `(x, y)` or `(x, y, sample_weight)`, or has weights, which neither predictions nor metrics use.
    """
    for number, batch in enumerate(_batches(data), start=1):
        parts = batch if isinstance(batch, (tuple, list)) else (batch,)
        if not 1 <= len(parts) <= 2 or any(isinstance(part, (tuple, list, dict)) for part in parts):
            received = type(batch).__name__ + (f" of {len(parts)}" if isinstance(batch, (tuple, list)) else "")
            raise DataError(
                f"Expected batches x or (x, y) of arrays; batch {number} is {received}. Leave sample weights and other inputs out."
            )
        x, y = np.asarray(parts[0]), None if len(parts) == 1 else np.asarray(parts[1])
        if not x.ndim:
            raise DataError(f"Expected batches of examples; batch {number} is one {x.dtype} value.")
        if y is not None and len(y) != len(x):
            raise DataError(f"Expected as many labels as examples; batch {number} has {len(x)} and {len(y)} labels.")
        yield x, y


def whole(data: Any) -> np.ndarray:
    """Read the inputs of all batches into memory.

    Raises:
        DataError: No batch.
    """
    return np.concatenate([x for x, _ in _some(data)])


def labelled(data: Any) -> Split:
    """Read all batches into memory as one split.

    Raises:
        DataError: No batch, or a batch without labels.
    """
    found = _some(data)
    missing = sum(y is None for _, y in found)
    if missing:
        raise DataError(f"Expected batches (x, y); {missing} of {len(found)} batches have no labels.")
    return Split(np.concatenate([x for x, _ in found]), np.concatenate([y for _, y in found if y is not None]))


def _some(data: Any) -> list[tuple[np.ndarray, np.ndarray | None]]:
    found = list(inputs_and_labels(data))
    if not found:
        raise DataError("Expected at least one batch; received none. A generator can be read once only.")
    return found


def _batches(data: Any) -> Iterator[Any]:
    if isinstance(data, GeneratorType):
        yield from data
    elif hasattr(data, "as_numpy_iterator"):
        yield from data.as_numpy_iterator()
    else:
        for number in range(len(data)):
            yield data[number]
