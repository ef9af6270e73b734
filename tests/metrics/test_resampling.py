import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score

from deepbio.errors import DataError
from deepbio.metrics import (
    Estimate,
    accuracy,
    auprc,
    auroc,
    bootstrap,
    bootstrap_distribution,
    bootstrap_weights,
    interval,
    pearson,
)


def test_strata_keep_their_sizes_in_every_draw():
    strata = np.repeat(["a", "b", "c"], [5, 2, 13])
    weights = np.concatenate(list(bootstrap_weights(20, n_resamples=50, strata=strata)))
    for name, size in (("a", 5), ("b", 2), ("c", 13)):
        assert (weights[:, strata == name].sum(axis=1) == size).all()


def test_groups_are_drawn_whole():
    groups = np.array([7, 7, 3, 3, 3, 9])
    weights = np.concatenate(list(bootstrap_weights(6, n_resamples=50, groups=groups)))
    for group in (3, 7, 9):
        members = weights[:, groups == group]
        assert (members == members[:, :1]).all()
    assert (weights[:, [0, 2, 5]].sum(axis=1) == 3).all()


def test_each_example_is_drawn_once_on_average():
    weights = np.concatenate(list(bootstrap_weights(40, n_resamples=4000)))
    assert (weights.sum(axis=1) == 40).all()
    np.testing.assert_allclose(weights.mean(axis=0), 1.0, atol=0.08)
    assert weights.var() == pytest.approx(1 - 1 / 40, abs=0.02)  # variance of a binomial count


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    y, p = np.arange(50) % 2, np.linspace(0, 1, 50) ** 2
    assert bootstrap(auroc, y, p, seed=1) == bootstrap(auroc, y, p, seed=1)
    assert bootstrap(auroc, y, p, seed=1) != bootstrap(auroc, y, p, seed=2)


def test_chunks_bound_memory_and_do_not_repeat_each_other(monkeypatch):
    monkeypatch.setattr("deepbio.metrics.resampling._CHUNK", 100)
    chunks = list(bootstrap_weights(30, n_resamples=10))
    assert [len(chunk) for chunk in chunks] == [3, 3, 3, 1]
    assert len(np.unique(np.concatenate(chunks), axis=0)) == 10


def test_resamples_equal_a_loop_that_resamples_and_calls_scikit_learn():
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, 60), rng.random(60)
    weights = np.concatenate(list(bootstrap_weights(60, n_resamples=30, seed=5, strata=y)))
    expected = [roc_auc_score(np.repeat(y, row), np.repeat(p, row)) for row in weights]
    np.testing.assert_allclose(
        bootstrap_distribution(auroc, y, p, n_resamples=30, seed=5, strata=y), expected, rtol=1e-12
    )


def test_strata_and_groups_together_are_refused():
    with pytest.raises(DataError, match="received both"):
        list(bootstrap_weights(4, strata=[0, 0, 1, 1], groups=[0, 0, 1, 1]))


def test_undefined_resamples_are_left_out_of_the_interval():
    found = interval(0.5, np.array([0.4, np.nan, 0.6]))
    assert (found.low, found.high) == pytest.approx((0.405, 0.595))


def test_an_interval_stays_between_the_bounds_and_holds_the_value():
    resamples = np.linspace(0.9, 1.0, 101)
    found = interval(0.99, resamples, bounds=(0, 1))
    assert 0 < found.low < 0.99 < found.high < 1
    found = interval(0.01, resamples, bounds=(0, np.inf))
    assert 0 < found.low < 0.01 < found.high
    found = interval(0.99, resamples, bounds=(-np.inf, 1))
    assert found.low < 0.99 < found.high < 1


def test_bounds_far_away_give_the_plain_normal_interval():
    resamples = np.array([-1.0, 1.0]) + 5
    for bounds in ((-1e9, 1e9), (-1e9, np.inf), (-np.inf, 1e9)):
        found = interval(5.0, resamples, bounds=bounds)
        # 1.959964 is the 97.5% point of the normal distribution; the resamples have a standard deviation of 1.
        assert (found.low, found.high) == pytest.approx((5 - 1.959964, 5 + 1.959964), rel=1e-6)


def test_a_perfect_value_has_the_exact_interval_of_a_share_without_an_error():
    exact = binomtest(200, 200).proportion_ci(method="exact")
    assert interval(1.0, np.ones(10), bounds=(0, 1), units=200) == Estimate(1.0, pytest.approx(exact.low), 1.0)
    exact = binomtest(0, 50).proportion_ci(confidence_level=0.9, method="exact")
    found = interval(0.0, np.zeros(10), bounds=(0, 1), units=50, confidence=0.9)
    assert found == Estimate(0.0, 0.0, pytest.approx(exact.high))


def test_the_smallest_class_or_the_groups_bound_a_perfect_value():
    y = np.repeat([0, 1], [90, 10])
    found = bootstrap(auroc, y, y, strata=y, bounds=(0, 1), n_resamples=20)
    assert found.low == pytest.approx(0.025 ** (1 / 10))
    found = bootstrap(accuracy, y, y, groups=np.arange(100) // 4, bounds=(0, 1), n_resamples=20)
    assert found.low == pytest.approx(0.025 ** (1 / 25))


def _coverage(metric, simulate, truth, *, stratified, bounds=(0, 1), runs=1500, n_resamples=600):
    hits = 0
    for run in range(runs):
        y, p = simulate(np.random.default_rng(run))
        found = bootstrap(
            metric, y, p, bounds=bounds, n_resamples=n_resamples, seed=run, strata=y if stratified else None
        )
        hits += found.low <= truth <= found.high
    return hits / runs


def _binary(rng, n=600):
    y = (np.arange(n) < n // 3).astype(int)
    return y, rng.normal(size=n) + 1.2 * y


@pytest.mark.slow
@pytest.mark.parametrize("metric", [auroc, auprc])
def test_intervals_of_ranking_cover_the_truth_as_often_as_asked(metric):
    truth = np.mean([metric(*_binary(np.random.default_rng(10_000 + i), 60_000)) for i in range(10)])
    assert 0.93 <= _coverage(metric, _binary, truth, stratified=True) <= 0.97


@pytest.mark.slow
def test_intervals_of_correlation_cover_the_truth_as_often_as_asked():
    def simulate(rng, n=300):
        y = rng.normal(size=n)
        return y, 0.6 * y + 0.8 * rng.normal(size=n)

    assert 0.93 <= _coverage(pearson, simulate, 0.6, stratified=False, bounds=(-1, 1)) <= 0.97


def test_intervals_of_accuracy_cover_the_truth_as_often_as_asked():
    def simulate(rng, n=200):
        y = rng.integers(0, 2, n)
        return y, np.where(rng.random(n) < 0.8, y, 1 - y).astype(float)

    assert 0.92 <= _coverage(accuracy, simulate, 0.8, stratified=False, runs=300, n_resamples=300) <= 0.98


def test_a_metric_that_many_resamples_leave_undefined_has_no_interval():
    # A resample of 60 misses one example with the probability (59 / 60) ** 60 = 36%.
    found = bootstrap(auroc, [1] + [0] * 59, np.linspace(1, 0, 60))
    assert found.reason.startswith("undefined in 3")
    assert np.isnan(found.low)
