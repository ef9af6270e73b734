import itertools

import numpy as np
import pytest
from hypothesis import given
from scipy.stats import binom
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import roc_auc_score

from deepbio.errors import DataError
from deepbio.metrics import (
    accuracy,
    auroc,
    bootstrap,
    delong_interval,
    delong_test,
    delong_variance,
    holm,
    mcnemar,
    paired_bootstrap,
)
from tests.metrics.metric_cases import binary


def test_mcnemar_is_the_two_sided_binomial_test_of_the_differing_examples():
    first = np.repeat([True, True, False, False], [30, 9, 2, 5])
    second = np.repeat([True, False, True, False], [30, 9, 2, 5])
    found = mcnemar(first, second)
    assert (found.only_first, found.only_second) == (9, 2)
    assert found.p_value == pytest.approx(2 * binom.cdf(2, 11, 0.5), rel=1e-12)


def test_mcnemar_of_models_that_never_differ_is_one():
    assert mcnemar([True, False], [True, False]).p_value == 1.0


def test_paired_bootstrap_sees_a_difference_that_separate_intervals_hide():
    rng = np.random.default_rng(0)
    y = np.arange(400) % 2
    good = rng.normal(size=400) + y
    worse = good + rng.normal(size=400)
    found = paired_bootstrap(auroc, y, good, worse, strata=y)
    assert bootstrap(auroc, y, good, strata=y).low < bootstrap(auroc, y, worse, strata=y).high
    assert found.difference.low > 0
    assert found.p_value < 0.05


def test_paired_bootstrap_of_a_model_with_itself_finds_nothing():
    y, p = np.arange(40) % 2, np.linspace(0, 1, 40)
    found = paired_bootstrap(accuracy, y, p, p)
    assert found.p_value == 1.0
    assert (found.difference.low, found.difference.high) == (0.0, 0.0)


def test_holm_multiplies_the_smallest_by_the_number_of_tests_and_never_decreases():
    p = np.array([0.2, 0.001, 0.02, 0.02, 0.9])
    corrected = holm(p)
    assert corrected[1] == pytest.approx(0.005)
    assert (np.diff(corrected[np.argsort(p, kind="stable")]) >= 0).all()
    np.testing.assert_allclose(corrected, [0.4, 0.005, 0.08, 0.08, 0.9])


def test_a_p_value_above_one_is_refused():
    with pytest.raises(DataError, match="between 0 and 1"):
        holm([0.5, 1.5])


def _structural_components(y, p):
    """The definition: each positive against each negative, one pair at a time."""
    positives, negatives = p[y == 1], p[y == 0]
    wins = np.array([[(a > b) + 0.5 * (a == b) for b in negatives] for a in positives])
    return wins.mean(axis=1), wins.mean(axis=0)


@given(binary())
def test_variance_equals_the_pairwise_definition(case):
    y, p, _ = case
    y, p = np.append(y, [0, 1]), np.append(p, [0.3, 0.6])
    of_positives, of_negatives = _structural_components(y, p)
    expected = of_positives.var(ddof=1) / len(of_positives) + of_negatives.var(ddof=1) / len(of_negatives)
    assert delong_variance(y, p) == pytest.approx(expected, rel=1e-11, abs=1e-14)
    assert delong_interval(y, p).value == pytest.approx(roc_auc_score(y, p), abs=1e-12)


def test_variance_of_a_paired_difference_equals_the_pairwise_definition():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 40)
    models = [np.round(rng.random(40) + 0.4 * y, 1) for _ in range(2)]
    (a1, a0), (b1, b0) = (_structural_components(y, p) for p in models)
    deviation = np.sqrt((a1 - b1).var(ddof=1) / len(a1) + (a0 - b0).var(ddof=1) / len(a0))
    found = delong_test(y, *models)
    assert (found.difference.high - found.difference.low) / 2 == pytest.approx(1.959963984540054 * deviation, rel=1e-9)


def test_the_same_model_twice_has_p_value_one():
    y, p = [0, 1, 0, 1, 1], [0.1, 0.4, 0.5, 0.6, 0.9]
    found = delong_test(y, p, p)
    assert found.difference.value == 0
    assert found.p_value == 1.0


def test_p_values_are_uniform_when_the_models_are_equally_good():
    hits = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        y = np.arange(200) % 2
        shared = rng.normal(size=200) + y
        hits += delong_test(y, shared + rng.normal(size=200), shared + rng.normal(size=200)).p_value < 0.1
    assert 0.06 <= hits / 300 <= 0.14


def test_interval_agrees_with_the_bootstrap():
    rng = np.random.default_rng(1)
    y = np.arange(600) % 2
    p = rng.normal(size=600) + y
    ours, resampled = delong_interval(y, p), bootstrap(auroc, y, p, n_resamples=2000, strata=y)
    assert ours.low == pytest.approx(resampled.low, abs=0.005)
    assert ours.high == pytest.approx(resampled.high, abs=0.005)


@pytest.mark.parametrize("y", list(itertools.product([0, 1], repeat=2)))
def test_fewer_than_two_of_a_class_are_refused(y):
    with pytest.raises(DataError, match="two examples of each class"):
        delong_variance(y, [0.1, 0.2])


# R 4.2.2 with pROC 1.18.0 (Robin et al. 2011, doi:10.1186/1471-2105-12-77), on columns of scikit-learn's breast cancer table,
# malignant as the positive class:
#   r <- roc(y, column, levels=c(0, 1), direction="<"); auc(r); var(r, method="delong"); ci.auc(r, method="delong")
#   roc.test(texture, other, method="delong", paired=TRUE)
PROC = {
    "mean texture": (0.775824480735691, 0.00038944311329828, 0.737145937811502, 0.814503023659878),
    "mean smoothness": (0.722041646847418, 0.000452253529755995, 0.680360556277818, 0.763722737417018),
    "mean concavity": (
        0.937021034829026,
        0.000111219581214075,
        0.916351118494200,
        0.957690951163852,
    ),  # two decimals: ties
}
PROC_TESTS = {
    "mean smoothness": (1.71334493731591, 0.0866490997934494),
    "mean concavity": (-7.09245508109866, 1.31753413069034e-12),
}


def _breast_cancer():
    data = load_breast_cancer()
    columns = dict(zip(data.feature_names, data.data.T, strict=True))
    columns["mean concavity"] = columns["mean concavity"].round(2)
    return (data.target == 0).astype(int), columns


@pytest.mark.parametrize("name", PROC)
def test_area_variance_and_interval_are_those_of_proc(name):
    y, columns = _breast_cancer()
    area, variance, low, high = PROC[name]
    found = delong_interval(y, columns[name])
    assert (found.value, found.low, found.high) == pytest.approx((area, low, high), rel=1e-12)
    assert delong_variance(y, columns[name]) == pytest.approx(variance, rel=1e-11)


@pytest.mark.parametrize("name", PROC_TESTS)
def test_the_paired_test_is_that_of_proc(name):
    y, columns = _breast_cancer()
    z, p_value = PROC_TESTS[name]
    found = delong_test(y, columns["mean texture"], columns[name])
    deviation = (found.difference.high - found.difference.low) / 2 / 1.959963984540054
    assert found.difference.value / deviation == pytest.approx(z, rel=1e-11)
    assert found.p_value == pytest.approx(p_value, rel=1e-9)


def test_rankings_without_variance_have_no_interval_of_width_0():
    y, best = [0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]
    found = delong_test(y, best, best[::-1])
    assert (found.difference.value, found.difference.reason) == (1.0, "no variance between examples of a class")
    assert np.isnan([found.p_value, found.difference.low]).all()
    assert delong_test(y, best, best).p_value == 1.0
    assert np.isnan(delong_interval(y, best).low)


def test_whether_a_model_was_right_is_no_text_and_no_probability():
    for wrong in (["True", "False"], [0.2, 0.7], [np.nan, 1]):
        with pytest.raises(DataError, match="True or False"):
            mcnemar(wrong, [True, False])
