import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from deepbio.errors import DataError
from deepbio.metrics import (
    UndefinedMetricWarning,
    auprc,
    auroc,
    bootstrap_weights,
    prevalence,
    sensitivity_at_specificity,
    specificity_at_sensitivity,
)
from tests.metrics.metric_cases import binary, classes

CLOSE = {"rel": 1e-12, "abs": 1e-12}


@given(binary())
def test_binary_areas_equal_scikit_learn_with_ties_and_weights(case):
    y, p, weights = case
    assert auroc(y, p, weights=weights) == pytest.approx(roc_auc_score(y, p, sample_weight=weights), **CLOSE)
    assert auprc(y, p, weights=weights) == pytest.approx(average_precision_score(y, p, sample_weight=weights), **CLOSE)


@given(classes())
def test_one_versus_rest_areas_equal_scikit_learn(case):
    y, p, weights = case
    for average in ("macro", "micro"):
        expected = roc_auc_score(y, p, multi_class="ovr", average=average, sample_weight=weights)
        assert auroc(y, p, average=average, weights=weights) == pytest.approx(expected, **CLOSE)
        expected = average_precision_score(y, p, average=average, sample_weight=weights)
        assert auprc(y, p, average=average, weights=weights) == pytest.approx(expected, **CLOSE)


def test_multilabel_areas_equal_scikit_learn_label_by_label():
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, (50, 4)), np.round(rng.random((50, 4)), 1)
    for ours, theirs in ((auroc, roc_auc_score), (auprc, average_precision_score)):
        np.testing.assert_allclose(ours(y, p, average="none"), theirs(y, p, average=None), rtol=1e-12)
        assert ours(y, p) == pytest.approx(theirs(y, p, average="macro"), **CLOSE)
        assert ours(y, p, average="micro") == pytest.approx(theirs(y, p, average="micro"), **CLOSE)


def test_unknown_labels_are_left_out_of_their_label_only():
    rng = np.random.default_rng(1)
    y, p = rng.integers(0, 2, (60, 3)).astype(float), rng.random((60, 3))
    y[rng.random(y.shape) < 0.3] = np.nan
    expected = [roc_auc_score(y[known, j], p[known, j]) for j in range(3) for known in [~np.isnan(y[:, j])]]
    np.testing.assert_allclose(auroc(y, p, average="none"), expected, rtol=1e-12)
    known = ~np.isnan(y)
    assert auroc(y, p, average="micro") == pytest.approx(roc_auc_score(y[known], p[known]), **CLOSE)


@pytest.mark.parametrize("metric", [auroc, auprc])
def test_one_class_gives_nan_with_a_warning(metric):
    for y in ([0, 0, 0], [1, 1, 1]):
        with pytest.warns(UndefinedMetricWarning):
            assert np.isnan(metric(y, [0.1, 0.2, 0.3]))


def test_a_label_of_one_class_is_counted_and_left_out_of_the_macro_average():
    y = np.array([[0, 0], [1, 0], [1, 0], [0, 0]])
    p = np.array([[0.1, 0.3], [0.4, 0.2], [0.35, 0.3], [0.38, 0.1]])
    with pytest.warns(UndefinedMetricWarning, match="1 of 2 labels"):
        assert auroc(y, p) == roc_auc_score(y[:, 0], p[:, 0])


def test_rows_of_weights_equal_resampling_the_examples():
    rng = np.random.default_rng(2)
    y, p = rng.integers(0, 2, 80), np.round(rng.random(80), 1)
    weights = next(bootstrap_weights(80, n_resamples=25, strata=y))
    for ours, theirs in ((auroc, roc_auc_score), (auprc, average_precision_score)):
        expected = [theirs(np.repeat(y, row), np.repeat(p, row)) for row in weights]
        np.testing.assert_allclose(ours(y, p, weights=weights), expected, rtol=1e-12)


def test_many_examples_cross_the_block_size_without_a_seam():
    rng = np.random.default_rng(3)
    n = 200_000
    y, p = rng.random(n) < 0.02, rng.normal(size=n)
    weights = rng.integers(0, 3, (3, n), dtype=np.uint8)
    expected = [roc_auc_score(y, p, sample_weight=row) for row in weights]
    np.testing.assert_allclose(auroc(y, p, weights=weights), expected, rtol=1e-10)


def test_positions_of_a_window_share_its_weight():
    rng = np.random.default_rng(4)
    y, p = rng.integers(0, 3, (6, 20)), rng.dirichlet(np.ones(3), (6, 20))
    weights = np.array([1, 0, 2, 1, 3, 1])
    expected = roc_auc_score(
        y.ravel(), p.reshape(-1, 3), multi_class="ovr", sample_weight=np.repeat(weights, 20), average="macro"
    )
    assert auroc(y, p, weights=weights) == pytest.approx(expected, **CLOSE)


@given(binary())
def test_fixed_operating_points_equal_the_best_point_of_the_roc_curve(case):
    y, p, weights = case
    false, true, _ = roc_curve(y, p, sample_weight=weights, drop_intermediate=False)
    specificity = np.round(1 - false, 12)
    for least in (0.0, 0.5, 0.61, 0.9, 1.0):
        expected = true[specificity >= least].max()
        assert sensitivity_at_specificity(y, p, specificity=least, weights=weights) == pytest.approx(expected, **CLOSE)
        expected = specificity[np.round(true, 12) >= least].max()
        assert specificity_at_sensitivity(y, p, sensitivity=least, weights=weights) == pytest.approx(
            expected, abs=1e-11
        )


def test_an_exact_specificity_counts_as_reached():
    # Ten negatives, one of them above every positive: specificity is 0.9, though 1 - 0.9 is not 0.1 in floating point.
    y, p = [0] * 10 + [1] * 2, [0.9] + [0.1] * 9 + [0.8, 0.7]
    assert sensitivity_at_specificity(y, p, specificity=0.9) == 1.0


def test_chance_level_of_auprc_is_the_share_of_known_positives():
    np.testing.assert_allclose(prevalence([[0, 1], [1, np.nan], [0, 1], [0, 0]]), [0.25, 2 / 3])


@pytest.mark.parametrize(
    ("y", "p", "message"),
    [
        ([0, 1], [0.1], "equally many"),
        ([0, 2], [0.1, 0.2], "0, 1 and NaN"),
        ([0, 1], [0.1, np.nan], "NaN"),
        ([], [], "empty"),
        ([0, 3], [[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]], "class indices 0 to 2"),
        ([[0, 1]], [[0.1, 0.2, 0.7]], "same shape"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_was_received(y, p, message):
    with pytest.raises(DataError, match=message):
        auroc(y, p)
