"""`Split`: the examples of one split of a data set, and the order in which an epoch visits them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

from deepbio.errors import DataError

BLOCK = 4096  # examples that are read at a time


@runtime_checkable
class Source(Protocol):
    """Input of a split: length, shape, dtype and batched random access. NumPy arrays and memmaps are sources."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of all examples, `(n, ...)`."""
        ...

    @property
    def dtype(self) -> Any:
        """NumPy dtype of the examples."""

    def __len__(self) -> int: ...

    def __getitem__(self, indices: np.ndarray, /) -> np.ndarray: ...


def check_unmasked(values: Any, name: str) -> None:
    """Check that an array has no masked values, which NumPy's functions would take for the numbers under the mask.

    Raises:
        DataError: Values are masked.
    """
    if isinstance(values, np.ma.MaskedArray) and (masked := int(np.ma.count_masked(values))):
        raise DataError(f"{name} has {masked} masked values. Fill or drop them first, such as with {name}.filled(...).")


class MappedRows:
    """Some rows of an array in a mapped file (`np.memmap`), read when they are asked for.

    Args:
        array: Mapped array, `(m, ...)`.
        rows: Number of each row, `(n,)`.

    Example:
        >>> rows = MappedRows(np.arange(10).reshape(5, 2), np.array([4, 0]))
        >>> rows.shape, rows[np.array([0])].tolist()
        ((2, 2), [[8, 9]])
    """

    def __init__(self, array: np.ndarray, rows: np.ndarray) -> None:
        self._array, self._rows = array, rows
        self.shape, self.dtype = (len(rows), *array.shape[1:]), array.dtype

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, indices: np.ndarray) -> np.ndarray:
        return np.asarray(self._array[self._rows[indices]])


@dataclass(frozen=True, eq=False)
class Split:
    """Examples `x` with labels `y`, names and groups.

    Args:
        x: Source of the inputs, `(n, ...)`: uint8 codes or pixels, int32 token ids or float32 columns.
        y: Array or source of labels; its first dimension is `n`.
        ids: Names of the examples, `(n,)`; None uses their numbers.
        groups: Group of each example (patient, chromosome, sequence), `(n,)`. No group is in two splits.
        sample_weight: Weight of each example in the loss, float32 `(n,)`, as in Keras; metrics do not use it.
        texts: Notes from which the token ids `x` were made, `(n,)` of strings; None for other inputs, or where they are not kept.

    Raises:
        DataError: the lengths differ, or a weight is negative or not finite.

    Example:
        >>> split = Split(np.zeros((4, 2), np.float32), np.array([0, 1, 0, 1]))
        >>> len(split), len(split.take([0, 2]))
        (4, 2)
    """

    x: Source
    y: Any
    ids: np.ndarray | None = None
    groups: np.ndarray | None = None
    sample_weight: np.ndarray | None = None
    texts: np.ndarray | None = field(default=None, repr=False, kw_only=True)  # subclasses have positional fields

    def __post_init__(self) -> None:
        check_unmasked(self.x, "x")
        check_unmasked(self.y, "y")
        for name in ("y", "ids", "groups", "sample_weight", "texts"):
            values = getattr(self, name)
            if values is not None and len(values) != len(self.x):
                expected = f"A split has one entry of {name} per example: expected {len(self.x)}"
                raise DataError(f"{expected}, received {len(values)}.")
        if self.sample_weight is not None:
            object.__setattr__(self, "sample_weight", _checked_weights(self.sample_weight, self.names))

    def __len__(self) -> int:
        return len(self.x)

    def take(self, indices: Any) -> Split:
        """Return the split of the examples at `indices` (integers or a boolean mask), in that order.

        Raises:
            DataError: a mask whose length is not the number of examples.
        """
        chosen = np.asarray(indices)
        if chosen.dtype == bool and chosen.shape != (len(self),):
            raise DataError(f"Expected a mask of {len(self)} entries; received {chosen.size}.")
        chosen = np.flatnonzero(chosen) if chosen.dtype == bool else chosen.astype(np.int64)
        more = (None if values is None else values[chosen] for values in (self.ids, self.groups, self.sample_weight))
        texts = None if self.texts is None else self.texts[chosen]
        return Split(self.x[chosen], self.y[chosen], *more, texts=texts)

    @property
    def examples(self) -> int | None:
        """Number of examples; None for a stream, which is read batch by batch."""
        return len(self)

    def names(self, indices: Any) -> list[str]:
        """Return the ids of some examples as text, or their numbers if there are no ids."""
        chosen = np.asarray(indices, dtype=np.int64)
        return [str(value) for value in (chosen if self.ids is None else self.ids[chosen])]


def _checked_weights(weights: Any, names: Callable[[Any], list[str]]) -> np.ndarray:
    values = np.asarray(weights, np.float32)
    if values.ndim != 1:
        raise DataError(f"Expected one weight per example; received an array of shape {values.shape}.")
    bad = np.flatnonzero(~np.isfinite(values) | (values < 0))
    if len(bad):
        raise DataError(
            f"Sample weights are finite numbers of 0 or more; example {names(bad[:1])[0]} has {values[bad[0]]}. Correct it, or leave "
            "the example out."
        )
    return values


def blocks(values: Any) -> Iterator[np.ndarray]:
    """Yield the rows of an array or a source, at most `BLOCK` at a time."""
    for first in range(0, len(values), BLOCK):
        yield np.asarray(values[np.arange(first, min(first + BLOCK, len(values)))])


def epoch_order(examples: int, *, seed: int | None, epoch: int = 0) -> np.ndarray:
    """Return the order in which an epoch visits the examples: a pure function of `(seed, epoch)`.

    Returns:
        int64 `(examples,)`; the stored order if `seed` is None.

    Raises:
        DataError: a negative seed or epoch.

    Example:
        >>> (epoch_order(5, seed=1, epoch=2) == epoch_order(5, seed=1, epoch=2)).all()
        np.True_
    """
    return np.arange(examples) if seed is None else _generator(seed, epoch).permutation(examples)


def balanced_order(y: Any, *, seed: int, epoch: int = 0) -> np.ndarray:
    """Return an order in which an epoch visits each class equally often: a pure function of `(seed, epoch)`.

    There are as many visits as examples. A small class is visited several times, each time in another order. Of a large
    class, other examples are visited in each epoch.

    Args:
        y: Class of each example, whole numbers `(n,)`.
        seed: Random seed.
        epoch: Number of the epoch, from 0.

    Returns:
        int64 `(n,)`.

    Raises:
        DataError: a negative seed or epoch.

    Example:
        >>> y = np.array([0] * 90 + [1] * 10)
        >>> np.bincount(y[balanced_order(y, seed=0)]).tolist()
        [50, 50]
    """
    random = _generator(seed, epoch, 1)
    y = np.asarray(y).ravel()
    classes = np.unique(y)
    size, extra = divmod(len(y), max(len(classes), 1))
    rounds = []
    for i, k in enumerate(classes):
        own = np.flatnonzero(y == k)
        wanted = size + (i < extra)
        rounds.append(np.concatenate([random.permutation(own) for _ in range(-(-wanted // len(own)))])[:wanted])
    return random.permutation(np.concatenate(rounds)) if rounds else np.arange(0)


def _generator(seed: int, epoch: int, *more: int) -> np.random.Generator:
    if seed < 0 or epoch < 0:
        raise DataError(f"seed and epoch must be 0 or more; received {seed} and {epoch}.")
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, epoch, *more])))
