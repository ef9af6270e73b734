"""The numbers that a model standardises a table with."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from deepbio.datasets.columns import table_input
from deepbio.errors import DataError

tables = hnp.arrays(
    np.float32, st.tuples(st.integers(1, 20), st.integers(1, 5)), elements=st.floats(-1000, 1000, width=32)
)


@given(tables)
def test_standardised_columns_have_mean_zero_and_standard_deviation_one_or_are_constant(x):
    spec = table_input(x)
    z = (x.astype(np.float64) - spec.mean) / spec.std
    assert np.allclose(z.mean(axis=0), 0, atol=1e-6)
    assert all(np.isclose(s, 1) or np.ptp(column) == 0 for s, column in zip(z.std(axis=0), x.T, strict=True))


def test_a_constant_column_becomes_zero_and_not_infinite():
    spec = table_input(np.full((5, 1), 3.0, np.float32))
    assert (spec.mean, spec.std) == ((3.0,), (1.0,))


def test_large_values_do_not_lose_their_spread():
    # In float32 the variance of these would be lost.
    x = np.array([[100_000.0], [100_001.0]], np.float32)
    assert table_input(x).std == (0.5,)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_value_that_is_no_number_is_named_by_row_and_column(bad):
    x = np.zeros((4, 2), np.float32)
    x[2, 1] = bad
    with pytest.raises(DataError, match=f"Row 3 .* {bad} as its 'dose'"):
        table_input(x, features=("age", "dose"))
    with pytest.raises(DataError, match="'column 2'"):
        table_input(x)


def test_no_rows_have_no_mean():
    with pytest.raises(DataError, match="at least one training row"):
        table_input(np.zeros((0, 3), np.float32))
