import itertools

import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import roc_auc_score

from deepbio.errors import DataError
from deepbio.metrics import auroc, bootstrap, delong_interval, delong_test, delong_variance
from tests.metrics.metric_cases import binary


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
    ours, resampled = delong_interval(y, p), bootstrap(auroc, y, p, draws=2000, strata=y)
    assert ours.low == pytest.approx(resampled.low, abs=0.005)
    assert ours.high == pytest.approx(resampled.high, abs=0.005)


@pytest.mark.parametrize("y", list(itertools.product([0, 1], repeat=2)))
def test_fewer_than_two_of_a_class_are_refused(y):
    with pytest.raises(DataError, match="two examples of each class"):
        delong_variance(y, [0.1, 0.2])
