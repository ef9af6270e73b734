"""`table_corruptions`: what happens to tables: missing values, another unit, noise and swapped columns."""

from __future__ import annotations

import numpy as np

from deepbio.errors import DataError
from deepbio.robustness.corruptions.corruption import Corruption, named

_UNITS = np.array([0.001, 0.01, 0.1, 10.0, 100.0, 1000.0])


def another_unit(row: np.ndarray, fraction: float, random: np.random.Generator) -> np.ndarray:
    """Multiply values at a rate by a power of ten, as a wrong unit does."""
    return np.where(random.random(row.shape) < fraction, row * random.choice(_UNITS, row.shape), row)


def swapped_columns(row: np.ndarray, fraction: float, random: np.random.Generator) -> np.ndarray:
    """Exchange the values of columns, those at a rate."""
    hit, out = np.flatnonzero(random.random(row.shape) < fraction), row.copy()
    out[hit] = row[np.roll(hit, 1)]
    return out


def table_corruptions(train: np.ndarray) -> dict[str, Corruption]:
    """Return the corruptions of tables, in the light of the training split.

    Noise is measured by the standard deviation of each column. Values go missing in columns in which some are missing in training,
    as models refuse others; without such a column the kind is left out.

    Args:
        train: float `(n, columns)` of the training split.

    Raises:
        DataError: No row.

    Example:
        >>> sorted(table_corruptions(np.eye(3)))
        ['another_unit', 'noise', 'swapped_columns']
    """
    values = np.asarray(train, np.float64)
    if values.ndim != 2 or not len(values):
        raise DataError(f"Expected rows of the training split, (n, columns); received {values.shape}.")
    known = ~np.isnan(values)
    std = np.array([values[has, k].std() if has.any() else 0.0 for k, has in enumerate(known.T)])

    def noise(row: np.ndarray, factor: float, random: np.random.Generator) -> np.ndarray:
        return row + factor * std * random.standard_normal(row.shape)

    may_miss = ~known.all(axis=0)

    def missing(row: np.ndarray, fraction: float, random: np.random.Generator) -> np.ndarray:
        return np.where((random.random(row.shape) < fraction) & may_miss, np.nan, row)

    losses = [Corruption("missing", "values", missing, (0.05, 0.1, 0.2, 0.4, 0.6))] if may_miss.any() else []
    return named(
        *losses,
        Corruption("another_unit", "values", another_unit, (0.01, 0.03, 0.1, 0.2, 0.4)),
        Corruption("noise", "values", noise, (0.1, 0.25, 0.5, 1.0, 2.0)),
        Corruption("swapped_columns", "values", swapped_columns, (0.05, 0.1, 0.2, 0.4, 0.6)),
    )
