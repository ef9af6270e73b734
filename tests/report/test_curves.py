import numpy as np
import pytest
from sklearn.metrics import auc, precision_recall_curve, roc_auc_score, roc_curve

from deepbio.report.curves import pr_points, ranking_labels, roc_points, thin
from deepbio.report.figures import best_epoch
from tests.report.report_cases import result


@pytest.fixture
def binary():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    return y, np.round(rng.random(200) + 0.3 * y, 1)


def test_roc_points_equal_scikit_learn(binary):
    expected = roc_curve(*binary, drop_intermediate=False)[:2]
    np.testing.assert_allclose(roc_points(*binary), expected)


def test_precision_and_recall_equal_scikit_learn(binary):
    precision, recall, _ = precision_recall_curve(*binary)
    found = pr_points(*binary)
    np.testing.assert_allclose(found[0], recall[-2::-1])
    np.testing.assert_allclose(found[1], precision[-2::-1])


def test_thinning_keeps_ends_and_area():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 20_000)
    p = rng.normal(size=20_000) + y
    x, t = thin(*roc_points(y, p))
    assert len(x) <= 400
    assert (x[0], t[0], x[-1], t[-1]) == (0, 0, 1, 1)
    assert auc(x, t) == pytest.approx(roc_auc_score(y, p), abs=1e-3)


def test_labels_of_one_class_are_left_out_of_the_mean_curve():
    one = result("multilabel")
    y = one.y.copy()
    y[:, 1] = 0
    assert len(ranking_labels(type(one)(**{**vars(one), "y": y}))) == 2


def test_the_best_epoch_of_a_loss_like_metric_is_its_lowest():
    assert best_epoch("val_log_loss", [0.5, 0.2, 0.3]) == (2, 0.2)
