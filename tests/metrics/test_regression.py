import numpy as np
import pytest
from hypothesis import given
from scipy import stats
from sklearn import metrics as sk

from deepbio.errors import DataError
from deepbio.metrics import (
    UndefinedMetricWarning,
    bootstrap_weights,
    mae,
    pearson,
    poisson_deviance,
    r2,
    rmse,
    spearman,
)
from tests.metrics.metric_cases import numbers

CLOSE = {"rel": 1e-12, "abs": 1e-12}


@given(numbers())
def test_errors_equal_scikit_learn_with_weights(case):
    y, p, w = case
    assert r2(y, p, weights=w) == pytest.approx(sk.r2_score(y, p, sample_weight=w), **CLOSE)
    assert rmse(y, p, weights=w) == pytest.approx(sk.root_mean_squared_error(y, p, sample_weight=w), **CLOSE)
    assert mae(y, p, weights=w) == pytest.approx(sk.mean_absolute_error(y, p, sample_weight=w), **CLOSE)
    count, rate = np.floor(np.abs(y)), np.abs(p) + 0.25
    expected = sk.mean_poisson_deviance(count, rate, sample_weight=w)
    assert poisson_deviance(count, rate, weights=w) == pytest.approx(expected, **CLOSE)


@given(numbers())
def test_correlations_equal_scipy(case):
    y, p, w = case
    assert pearson(y, p) == pytest.approx(stats.pearsonr(y, p).statistic, **CLOSE)
    assert spearman(y, p) == pytest.approx(stats.spearmanr(y, p).statistic, **CLOSE)
    if w is not None and w.dtype.kind == "i":  # whole weights are repeated examples
        y2, p2 = np.repeat(y, w), np.repeat(p, w)
        assert pearson(y, p, weights=w) == pytest.approx(stats.pearsonr(y2, p2).statistic, **CLOSE)
        assert spearman(y, p, weights=w) == pytest.approx(stats.spearmanr(y2, p2).statistic, **CLOSE)


def test_rows_of_weights_equal_resampling_far_from_zero():
    rng = np.random.default_rng(0)
    y = 1e4 + rng.normal(size=50)
    p = y + rng.normal(size=50)
    weights = next(bootstrap_weights(50, n_resamples=20))
    for metric in (pearson, spearman, r2, rmse, mae):
        expected = [metric(np.repeat(y, row), np.repeat(p, row)) for row in weights]
        np.testing.assert_allclose(metric(y, p, weights=weights), expected, rtol=1e-10)


def test_more_outputs_give_the_mean_and_unknown_values_are_left_out():
    rng = np.random.default_rng(1)
    y, p = rng.normal(size=(30, 2)), rng.normal(size=(30, 2))
    y[3, 1] = np.nan
    known = np.arange(30) != 3
    expected = [stats.pearsonr(y[:, 0], p[:, 0]).statistic, stats.pearsonr(y[known, 1], p[known, 1]).statistic]
    assert pearson(y, p) == pytest.approx(np.mean(expected), **CLOSE)


@pytest.mark.parametrize("metric", [pearson, spearman, r2])
def test_a_constant_truth_is_undefined(metric):
    with pytest.warns(UndefinedMetricWarning):
        assert np.isnan(metric([0.1, 0.1, 0.1], [1.0, 2.0, 3.0]))


def test_negative_rates_are_refused():
    with pytest.raises(DataError, match="not negative"):
        poisson_deviance([1, 2], [0.5, -0.1])
