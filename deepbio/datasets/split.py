"""`Split`: the examples of one part of a data set, and the order in which an epoch visits them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from deepbio.errors import DataError


@runtime_checkable
class Source(Protocol):
    """What feeds a split: length, shape, dtype and batched random access. NumPy arrays and memmaps are sources."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of all examples, `(n, ...)`."""
        ...

    @property
    def dtype(self) -> Any:
        """NumPy dtype of the examples."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, indices: np.ndarray, /) -> np.ndarray: ...


@dataclass(frozen=True, eq=False)
class Split:
    """Examples `x`, labels `y`, and what names and groups them.

    Args:
        x: a source, `(n, ...)`: uint8 codes or pixels, int32 ids or float32 columns.
        y: an array (or source) of labels, first dimension `n`.
        ids: names of the examples, `(n,)`; without them their numbers are used.
        groups: what must not be shared between splits (patient, chromosome, sequence), `(n,)`.

    Raises:
        DataError: the lengths differ.

    Example:
        >>> split = Split(np.zeros((4, 2), np.float32), np.array([0, 1, 0, 1]))
        >>> len(split), len(split.take([0, 2]))
        (4, 2)
    """

    x: Source
    y: Any
    ids: np.ndarray | None = None
    groups: np.ndarray | None = None

    def __post_init__(self) -> None:
        for name in ("y", "ids", "groups"):
            values = getattr(self, name)
            if values is not None and len(values) != len(self.x):
                raise DataError(
                    f"A split has one entry of {name} an example: expected {len(self.x)}, received {len(values)}."
                )

    def __len__(self) -> int:
        return len(self.x)

    def take(self, indices: Any) -> Split:
        """Return the split of the examples at `indices` (integers or a boolean mask), in that order.

        Raises:
            DataError: a mask that is not one entry an example.
        """
        chosen = np.asarray(indices)
        if chosen.dtype == bool and chosen.shape != (len(self),):
            raise DataError(f"Expected a mask of {len(self)} entries; received {chosen.size}.")
        chosen = np.flatnonzero(chosen) if chosen.dtype == bool else chosen.astype(np.int64)
        pick = lambda values: None if values is None else values[chosen]  # noqa: E731
        return Split(self.x[chosen], self.y[chosen], pick(self.ids), pick(self.groups))

    def names(self, indices: Any) -> list[str]:
        """Return the ids of some examples as text, their numbers where there are no ids."""
        chosen = np.asarray(indices, dtype=np.int64)
        return [str(value) for value in (chosen if self.ids is None else self.ids[chosen])]

    def batches(
        self,
        batch_size: int,
        *,
        seed: int | None = None,
        epoch: int = 0,
        worker: int = 0,
        workers: int = 1,
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield one epoch of `(x, y)`; with `workers`, this worker's slice of each global batch.

        Args:
            batch_size: examples in a global batch, all workers together.
            seed: of the order; `None` keeps the stored order.

        Raises:
            DataError: `batch_size` is under 1, or there is no such worker.
        """
        if batch_size < 1:
            raise DataError(f"batch_size must be at least 1; received {batch_size}.")
        order = epoch_order(len(self), seed=seed, epoch=epoch)
        for first in range(0, len(self), batch_size):
            chosen = worker_slice(order[first : first + batch_size], worker=worker, workers=workers)
            yield self.x[chosen], self.y[chosen]


def epoch_order(examples: int, *, seed: int | None, epoch: int = 0) -> np.ndarray:
    """Return the order in which an epoch visits the examples: a pure function of `(seed, epoch)`.

    Returns:
        int64 `(examples,)`; the stored order where `seed` is `None`.

    Raises:
        DataError: a negative seed or epoch.

    Example:
        >>> (epoch_order(5, seed=1, epoch=2) == epoch_order(5, seed=1, epoch=2)).all()
        np.True_
    """
    if seed is None:
        return np.arange(examples)
    if seed < 0 or epoch < 0:
        raise DataError(f"seed and epoch must be 0 or more; received {seed} and {epoch}.")
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, epoch]))).permutation(examples)


def balanced_order(y: Any, *, seed: int, epoch: int = 0) -> np.ndarray:
    """Return an order in which an epoch visits each class equally often: a pure function of `(seed, epoch)`.

    As many visits as there are examples. A small class goes round several times, each time in another order; of a large one a
    part is visited, other examples each epoch.

    Args:
        y: class of each example, `(n,)` whole numbers.

    Returns:
        int64 `(n,)`.

    Raises:
        DataError: a negative seed or epoch.

    Example:
        >>> y = np.array([0] * 90 + [1] * 10)
        >>> np.bincount(y[balanced_order(y, seed=0)]).tolist()
        [50, 50]
    """
    if seed < 0 or epoch < 0:
        raise DataError(f"seed and epoch must be 0 or more; received {seed} and {epoch}.")
    random = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, epoch, 1])))
    y = np.asarray(y).ravel()
    classes = np.unique(y)
    size, extra = divmod(len(y), max(len(classes), 1))
    rounds = []
    for i, k in enumerate(classes):
        own = np.flatnonzero(y == k)
        wanted = size + (i < extra)
        rounds.append(np.concatenate([random.permutation(own) for _ in range(-(-wanted // len(own)))])[:wanted])
    return random.permutation(np.concatenate(rounds)) if rounds else np.arange(0)


def worker_slice(batch: np.ndarray, *, worker: int, workers: int) -> np.ndarray:
    """Return worker `worker` of `workers` its contiguous share of a global batch; shares differ by one at most.

    Example:
        >>> [worker_slice(np.arange(5), worker=k, workers=2).tolist() for k in (0, 1)]
        [[0, 1, 2], [3, 4]]
    """
    if not 0 <= worker < workers:
        raise DataError(f"worker must be from 0 to {workers - 1}, one of {workers} workers; received {worker}.")
    size, extra = divmod(len(batch), workers)
    first = worker * size + min(worker, extra)
    return batch[first : first + size + (worker < extra)]
