import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import jensenshannon
from scipy.stats import multinomial

from deepbio.errors import DataError
from deepbio.metrics import UndefinedMetricWarning, jensen_shannon, multinomial_nll

CLOSE = {"rel": 1e-12, "abs": 1e-12}


@given(
    arrays(np.int64, (5, 12), elements=st.integers(0, 6)).filter(lambda y: y.sum(axis=1).all()),
    arrays(np.float64, (5, 12), elements=st.floats(0.01, 1.0)),
)
def test_profile_metrics_equal_scipy(y, p):
    p = p / p.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):  # scipy takes the root of a rounding error below zero for equal profiles
        distance = [np.nan_to_num(jensenshannon(one, other)) for one, other in zip(y, p, strict=True)]
    # The root keeps only half of the digits of a divergence near zero.
    assert jensen_shannon(y, p) == pytest.approx(np.mean(distance), rel=1e-12, abs=1e-8)
    loss = np.mean([-multinomial.logpmf(one, one.sum(), other) for one, other in zip(y, p, strict=True)])
    assert multinomial_nll(y, p) == pytest.approx(loss, rel=1e-11, abs=1e-11)


def test_outputs_are_averaged_and_windows_without_counts_left_out():
    y = np.zeros((2, 4, 2))
    y[0, :, 0] = 1, 1, 0, 0
    y[1, :, 1] = 1, 0, 0, 0
    p = np.full((2, 4, 2), 0.25)
    expected = (jensenshannon([1, 1, 0, 0], [1, 1, 1, 1]) + jensenshannon([1, 0, 0, 0], [1, 1, 1, 1])) / 2
    assert jensen_shannon(y, p) == pytest.approx(expected, **CLOSE)


def test_no_counts_at_all_is_undefined():
    with pytest.warns(UndefinedMetricWarning):
        assert np.isnan(multinomial_nll(np.zeros((2, 4)), np.full((2, 4), 0.25)))


def test_a_likelihood_of_profiles_that_do_not_add_up_to_1_is_refused():
    with pytest.raises(DataError, match="adds up to 1 over the positions.*off by 3"):
        multinomial_nll([[1, 1]], [[2.0, 2.0]])


def test_counts_that_are_no_number_are_refused():
    with pytest.raises(DataError, match="neither negative nor NaN"):
        jensen_shannon([[1.0, np.nan]], [[0.5, 0.5]])
