"""What a model needs to standardise a table: mean and deviation of each column on the training split."""

from __future__ import annotations

import numpy as np

from deepbio.specs import InputSpec


def table_input(x: np.ndarray, *, features: tuple[str, ...] = ()) -> InputSpec:
    """Describe a table by its training rows.

    Args:
        x: training rows, float32 `(n, features)`.
        features: names of the columns.

    >>> table_input(np.array([[1.0, 5.0], [3.0, 5.0]], np.float32)).deviation
    (1.0, 1.0)
    """
    columns = np.asarray(x, np.float64)
    deviation = columns.std(axis=0)
    deviation[deviation == 0] = 1.0  # a constant column says nothing; it must not become infinite
    return InputSpec(
        "table", columns.shape[1:], features, tuple(columns.mean(axis=0).tolist()), tuple(deviation.tolist())
    )
