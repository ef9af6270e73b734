import numpy as np
import pytest
from scipy.special import expit, logit

from deepbio.metrics import ece, ece_interval, summarize
from deepbio.specs import Task


def _model(n, sharpness, seed):
    rng = np.random.default_rng(seed)
    q = expit(1.5 * rng.normal(size=n))
    return (rng.random(n) < q).astype(int), expit(sharpness * logit(q))


def test_bins_hold_equally_many():
    y, p = _model(1500, 2.0, 0)
    order = np.argsort(p)
    expected = sum(abs((y[part] - p[part]).sum()) for part in np.array_split(order, 15)) / len(y)
    assert ece(y, p) == pytest.approx(expected, rel=1e-9)


def test_scores_that_are_equal_share_a_bin():
    y, p = [0, 0, 1, 1], [0.5, 0.5, 0.5, 0.5]
    assert ece(y, p) == 0.0


@pytest.mark.parametrize("equal_mass", [False, True])
def test_intervals_of_a_calibrated_model_hold_zero(equal_mass):
    hits = sum(
        ece_interval(*_model(500, 1.0, seed), equal_mass=equal_mass, n_resamples=200).low == 0 for seed in range(60)
    )
    assert hits / 60 >= 0.88  # 0.95 and more in 300 runs; 60 runs may show a little less


def test_the_interval_of_a_model_that_is_too_sure_is_above_zero_and_holds_the_truth():
    y, p = _model(500_000, 2.5, 0)
    truth = ece(y, p)
    found = [ece_interval(*_model(1000, 2.5, seed), n_resamples=200) for seed in range(1, 21)]
    assert all(one.low > 0 for one in found)
    assert sum(one.low <= truth <= one.high for one in found) >= 18


def test_the_summary_gives_the_same_interval():
    y, p = _model(300, 1.5, 0)
    groups = np.arange(300)  # without groups the summary keeps class sizes; ece_interval does not
    summed = summarize(Task("binary", 1), y, p, metrics=["ece"], groups=groups, n_resamples=100)["ece"]
    assert summed == ece_interval(y, p, groups=groups, n_resamples=100)
