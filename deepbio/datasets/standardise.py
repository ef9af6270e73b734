"""Mean and standard deviation of each column of a table on the training split, by which a model standardises it."""

from __future__ import annotations

import numpy as np

from deepbio.errors import DataError
from deepbio.specs import ModelInput


def table_input(x: np.ndarray, *, features: tuple[str, ...] = ()) -> ModelInput:
    """Return the description of a table by its training rows.

    Args:
        x: Training rows, float32 `(n, features)`.
        features: Names of the columns.

    Raises:
        DataError: there is no row, or a value is not a finite number.

    Example:
        >>> table_input(np.array([[1.0, 5.0], [3.0, 5.0]], np.float32)).std
        (1.0, 1.0)
    """
    columns = np.asarray(x, np.float64)
    if not len(columns):
        raise DataError("Expected at least one training row; received none.")
    bad = np.argwhere(~np.isfinite(columns))
    if len(bad):
        row, column = bad[0]
        name = features[column] if features else f"column {column + 1}"
        raise DataError(
            f"Row {row + 1} of the training rows has {columns[row, column]} as its {name!r}; expected a finite number. "
            "Fill or drop missing values first."
        )
    std = columns.std(axis=0)
    std[std == 0] = 1.0  # a constant column must become zero, not infinite
    return ModelInput("table", columns.shape[1:], features, tuple(columns.mean(axis=0).tolist()), tuple(std.tolist()))
