"""`DeferredArray`: an array that is computed when it is first read, for splits that may never be."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np


class DeferredArray:
    """Source whose values are computed once, when the first of them is read.

    Args:
        shape, dtype: Shape and dtype of what `compute` returns.
        compute: Function that returns the array.

    Example:
        >>> later = DeferredArray((3,), np.int64, lambda: np.arange(3))
        >>> len(later), later[np.array([2, 0])].tolist(), np.asarray(later).sum()
        (3, [2, 0], np.int64(3))
    """

    def __init__(self, shape: tuple[int, ...], dtype: Any, compute: Callable[[], np.ndarray]) -> None:
        self.shape, self.dtype = shape, np.dtype(dtype)
        self._compute = compute

    @functools.cached_property
    def _values(self) -> np.ndarray:
        return self._compute()

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, indices: Any) -> np.ndarray:
        return self._values[indices]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self._values, dtype=dtype, copy=copy)
