"""Columns of a table as a model reads them: standardized numbers, one-hot categories, and indicators of missing cells."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from deepbio.datasets.readers.cells import UNSEEN
from deepbio.errors import DataError
from deepbio.specs import ModelInput

log = logging.getLogger("deepbio")


def table_input(x: np.ndarray, *, features: tuple[str, ...] = ()) -> ModelInput:
    """Return the description of a table by the mean and the standard deviation of its training rows, `x`.

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
    for row, column in np.argwhere(~np.isfinite(columns))[:1]:
        found = f"{columns[row, column]} as its {features[column] if features else f'column {column + 1}'!r}"
        raise DataError(
            f"Row {row + 1} of the training rows has {found}; expected a finite number. Fill or drop missing values first."
        )
    std = columns.std(axis=0)
    std[std == 0] = 1.0  # a constant column must become zero, not infinite
    return ModelInput("table", columns.shape[1:], features, tuple(columns.mean(axis=0).tolist()), tuple(std.tolist()))


def fit_table(
    x: np.ndarray,
    train: np.ndarray,
    *,
    features: Sequence[str] = (),
    categories: Mapping[str, Sequence[str]] | None = None,
) -> tuple[np.ndarray, ModelInput]:
    """Fit the description of a table to its training rows: medians, means, standard deviations and categories.

    Args:
        x: All rows, float32 `(n, features)`, NaN for missing cells, and positions of categories.
        train: Numbers of the training rows.
        features: Names of the columns.
        categories: Categories of the columns that have some.

    Returns:
        The rows with the positions of categories that the training rows contain (-1 for others), and the description. A
        table of numbers only without missing cells is returned as it is, and described by `table_input`.

    Raises:
        DataError: a column has no value in the training rows.

    Example:
        >>> x = np.array([[1, 0], [3, 2], [np.nan, 1]], np.float32)
        >>> x, spec = fit_table(x, np.array([0, 1]), features=["age", "sex"], categories={"sex": ["f", "m", "x"]})
        >>> x[:, 1].tolist(), spec.categories, spec.fill
        ([0.0, 1.0, -1.0], ((), ('f', 'x')), (2.0, None))
    """
    features, categories = tuple(features), categories or {}
    missing = np.isnan(x)
    if not categories and not missing.any():
        return x, table_input(x[train], features=features)
    x, filled = x.copy(), x[train].astype(np.float64)
    levels: list[tuple[str, ...]] = []
    fill: list[float | None] = []
    for column in range(x.shape[1]):
        name = features[column] if features else f"column {column + 1}"
        own = filled[:, column]
        known = ~np.isnan(own)
        if not known.any():
            raise DataError(
                f"The column {name!r} has no value in the training split. Leave it out: name the columns to learn from with "
                "features=[...] (on the command line --data features=[...])."
            )
        value = UNSEEN
        if name in categories:
            found = np.unique(own[known & (own != UNSEEN)]).astype(int)
            position = np.full(len(categories[name]) + 1, UNSEEN, dtype=np.float32)  # the last entry is that of -1
            position[found] = np.arange(len(found))
            there = ~missing[:, column]
            x[there, column] = position[x[there, column].astype(int)]
            levels.append(tuple(str(categories[name][i]) for i in found))
            filled[:, column] = 0.0
        else:
            levels.append(())
            value = float(np.median(own[known]))
            filled[~known, column] = value
        fill.append(value if missing[:, column].any() else None)
    spec = table_input(filled, features=features)
    spec = replace(
        spec,
        categories=tuple(levels),
        fill=tuple(fill),
        indicators=tuple(np.any(missing[train], axis=0).astype(bool).tolist()),
    )
    _tell(x, spec)
    return x, spec


def design_matrix(input: ModelInput, x: Any) -> np.ndarray:
    """Return the columns of a table as a model computes them: numbers, one-hot categories, then indicators of missing cells.

    Args:
        input: Description of the table.
        x: Rows, float32 `(n, features)`.

    Returns:
        Float32 `(n, width)`. `deepbio.layers.TableColumns` computes the same on the device.

    Example:
        >>> spec = ModelInput("table", (2,), categories=((), ("f", "m")), fill=(5.0, None), indicators=(True, False))
        >>> design_matrix(spec, np.array([[np.nan, 1], [7, -1]], np.float32)).tolist()
        [[5.0, 0.0, 1.0, 1.0], [7.0, 0.0, 0.0, 0.0]]
    """
    x = np.asarray(x, np.float32)
    mean, std = np.array(input.mean or 0, np.float32), np.array(input.std or 1, np.float32)
    if not (input.categories or input.fill):
        return (x - mean) / std
    levels = input.categories or ((),) * x.shape[1]
    fill = np.array([np.nan if value is None else value for value in input.fill or (None,) * x.shape[1]], np.float32)
    z = (np.where(np.isnan(x), fill, x) - mean) / std
    parts = [z[:, [i for i, own in enumerate(levels) if not own]]]
    parts += [x[:, [i]] == np.arange(len(own)) for i, own in enumerate(levels) if own]
    parts.append(np.isnan(x[:, np.flatnonzero(input.indicators)]))
    return np.concatenate([part.astype(np.float32) for part in parts], axis=1)


def check_table(
    input: ModelInput, x: np.ndarray, categories: Mapping[str, Sequence[str]] | None = None, *, where: str = "The table"
) -> None:
    """Check that new rows have categories, and missing cells, only in the columns in which the training data had some.

    Args:
        input: Description of the model's table.
        x: Rows, float32 `(n, features)`, NaN for missing cells.
        categories: Categories of the columns of `x` that have some.
        where: What the rows are from, for errors, which number them from 1.

    Raises:
        DataError: a column has words instead of numbers, or a cell is missing where the model knows no value for it.
    """
    known = input.categories_by_name()
    for name in categories or {}:
        if name not in known:
            raise DataError(f"{where}, column {name!r}: expected numbers, as in the training data; found words.")
    allowed = np.array([value is not None for value in input.fill or (None,) * x.shape[1]], dtype=bool)
    for row, column in np.argwhere(np.isnan(x) & ~allowed)[:1]:
        name = input.features[column] if input.features else f"column {column + 1}"
        raise DataError(
            f"{where}, row {row + 1}, column {name!r}: the cell is empty. The training data had no empty cell in this column, so "
            "the model does not know what to put there. Fill it in or remove the row."
        )


def _tell(x: np.ndarray, spec: ModelInput) -> None:
    """Log which columns have missing cells, and which are categories."""
    names = spec.features or tuple(f"column {i + 1}" for i in range(x.shape[1]))
    empty = {name: int(n) for name, n in zip(names, np.isnan(x).sum(axis=0), strict=True) if n}
    if empty:
        listed = ", ".join(f"{name} ({n} of {len(x)})" for name, n in list(empty.items())[:10])
        more = f" and {len(empty) - 10} more columns" if len(empty) > 10 else ""
        log.warning("Missing cells become the median of training, or no category: %s%s.", listed, more)
    words = [
        f"{name} ({', '.join(own[:5])}{', ...' if len(own) > 5 else ''})"
        for name, own in zip(names, spec.categories, strict=True)
        if own
    ]
    if words:
        log.warning("Columns of categories: %s.", "; ".join(words[:10]) + ("; ..." if len(words) > 10 else ""))
