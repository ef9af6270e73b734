import numpy as np
import pytest
from scipy.stats import binom

from deepbio.errors import DataError
from deepbio.metrics import accuracy, auroc, bootstrap, holm, mcnemar, paired_bootstrap


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
