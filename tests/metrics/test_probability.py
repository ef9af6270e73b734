import numpy as np
import pytest
from hypothesis import given
from scipy.special import expit, logit
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from deepbio.errors import DataError
from deepbio.metrics import brier, ece, ece_interval, log_loss, reliability, summarize
from deepbio.specs import Task
from tests.metrics.metric_cases import binary, classes

CLOSE = {"rel": 1e-12, "abs": 1e-12}


@given(binary(both_classes=False))
def test_binary_log_loss_and_brier_equal_scikit_learn(case):
    y, p, w = case
    assert log_loss(y, p, weights=w) == pytest.approx(sk.log_loss(y, p, labels=[0, 1], sample_weight=w), **CLOSE)
    assert brier(y, p, weights=w) == pytest.approx(sk.brier_score_loss(y, p, pos_label=1, sample_weight=w), **CLOSE)


@given(classes(every_class=False))
def test_log_loss_of_classes_equals_scikit_learn(case):
    y, p, w = case
    labels = np.arange(p.shape[1])
    assert log_loss(y, p, weights=w) == pytest.approx(sk.log_loss(y, p, labels=labels, sample_weight=w), **CLOSE)
    squares = ((p - np.eye(p.shape[1])[y]) ** 2).sum(axis=1)
    assert brier(y, p, weights=w) == pytest.approx(np.average(squares, weights=w), **CLOSE)


def test_multilabel_log_loss_is_the_mean_of_the_known_decisions():
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, (20, 3)).astype(float), rng.random((20, 3))
    y[0, 1] = y[5, 2] = np.nan
    known = ~np.isnan(y)
    assert log_loss(y, p) == pytest.approx(sk.log_loss(y[known], p[known]), **CLOSE)
    assert brier(y, p) == pytest.approx(sk.brier_score_loss(y[known], p[known]), **CLOSE)


@given(binary())
def test_reliability_equals_the_calibration_curve_of_scikit_learn(case):
    y, p, _ = case
    frequency, confidence = calibration_curve(y, p, n_bins=10)
    ours = reliability(y, p, bins=10)
    filled = ours.count > 0
    np.testing.assert_allclose(ours.confidence[filled], confidence, rtol=1e-12)
    np.testing.assert_allclose(ours.frequency[filled], frequency, rtol=1e-12)
    assert ours.count.sum() == len(y)


@given(classes())
def test_calibration_error_is_the_weighted_gap_of_the_reliability_curve(case):
    y, p, _ = case
    curve = reliability(y, p, bins=15)
    gap = np.nansum(curve.count * np.abs(curve.confidence - curve.frequency)) / len(y)
    assert ece(y, p, bins=15, equal_mass=False) == pytest.approx(gap, **CLOSE)


def test_perfectly_calibrated_probabilities_have_no_calibration_error():
    y, p = np.repeat([0, 1, 0, 1], [3, 1, 1, 3]), np.repeat([0.25, 0.75], 4)
    assert ece(y, p) == pytest.approx(0.0, abs=1e-15)


def test_logits_are_refused_as_probabilities():
    with pytest.raises(DataError, match="Apply the activation"):
        log_loss([0, 1], [-3.0, 2.0])


def _model(n, sharpness, seed):
    rng = np.random.default_rng(seed)
    q = expit(1.5 * rng.normal(size=n))
    return (rng.random(n) < q).astype(int), expit(sharpness * logit(q))


def test_bins_contain_equally_many():
    y, p = _model(1500, 2.0, 0)
    order = np.argsort(p)
    expected = sum(abs((y[part] - p[part]).sum()) for part in np.array_split(order, 15)) / len(y)
    assert ece(y, p) == pytest.approx(expected, rel=1e-9)


def test_scores_that_are_equal_share_a_bin():
    y, p = [0, 0, 1, 1], [0.5, 0.5, 0.5, 0.5]
    assert ece(y, p) == 0.0


@pytest.mark.parametrize("equal_mass", [False, True])
def test_intervals_of_a_calibrated_model_cover_zero(equal_mass):
    hits = sum(
        ece_interval(*_model(500, 1.0, seed), equal_mass=equal_mass, n_resamples=200).low == 0 for seed in range(20)
    )
    assert hits >= 18  # of 20


def test_the_interval_of_a_model_that_is_overconfident_is_above_zero_and_holds_the_truth():
    y, p = _model(500_000, 2.5, 0)
    truth = ece(y, p)
    found = [ece_interval(*_model(1000, 2.5, seed), n_resamples=200) for seed in range(1, 11)]
    assert all(one.low > 0 for one in found)
    assert sum(one.low <= truth <= one.high for one in found) >= 9


def test_the_interval_of_an_overconfident_model_is_no_wider_than_its_noise():
    # Of 200 simulated samples of 1,000 the error has a standard deviation of 0.0130, so 95% of them lie within 0.051.
    found = [ece_interval(*_model(1000, 2.5, seed), n_resamples=200) for seed in range(1, 5)]
    assert 0.045 < np.mean([one.high - one.low for one in found]) < 1.2 * 0.051


@pytest.mark.parametrize(
    ("n", "groups", "reason"),
    [(99, None, "99 examples, 100 needed"), (300, 150, "examples in groups are not independent")],
)
def test_a_calibration_error_that_no_method_suits_has_the_reason(n, groups, reason):
    y, p = _model(n, 1.5, 0)
    found = ece_interval(y, p, groups=None if groups is None else np.arange(n) % groups)
    assert found.reason == reason
    assert np.isnan([found.low, found.high]).all()


def test_the_labels_of_an_example_are_not_independent_predictions():
    rng = np.random.default_rng(0)
    found = ece_interval(rng.integers(0, 2, (200, 3)).astype(float), rng.random((200, 3)))
    assert found.reason == "predictions of one example are not independent"


def test_the_summary_gives_the_same_interval():
    y, p = _model(300, 1.5, 0)
    groups = np.arange(300)  # without groups the summary keeps class sizes; ece_interval does not
    summed = summarize(Task("binary", 1), y, p, metrics=["ece"], groups=groups, n_resamples=100)["ece"]
    assert summed == ece_interval(y, p, groups=groups, n_resamples=100)
