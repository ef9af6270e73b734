import numpy as np
import pytest
from hypothesis import given
from sklearn import metrics as sk

from deepbio.errors import DataError
from deepbio.metrics import (
    accuracy,
    balanced_accuracy,
    bootstrap_weights,
    confusion_matrix,
    f1,
    kappa,
    mcc,
    per_class_error,
    precision_at_k,
    top_k,
)
from deepbio.specs import Task
from tests.metrics.metric_cases import binary, classes

CLOSE = {"rel": 1e-12, "abs": 1e-12}
pytestmark = pytest.mark.filterwarnings("ignore:y_pred contains classes", "ignore:.*single label")


def matthews(y, predicted, weights):
    """scikit-learn's; where a side is constant, zero by definition: there it takes the root of a rounding error."""
    if len(np.unique(y)) == 1 or len(np.unique(predicted)) == 1:
        return 0.0
    return sk.matthews_corrcoef(y, predicted, sample_weight=weights)


@given(binary(both_classes=False))
def test_binary_decisions_equal_scikit_learn(case):
    y, p, w = case
    predicted = (p >= 0.5).astype(int)
    assert accuracy(y, p, weights=w) == pytest.approx(sk.accuracy_score(y, predicted, sample_weight=w), **CLOSE)
    assert balanced_accuracy(y, p, weights=w) == pytest.approx(
        sk.balanced_accuracy_score(y, predicted, sample_weight=w), **CLOSE
    )
    assert mcc(y, p, weights=w) == pytest.approx(matthews(y, predicted, w), **CLOSE)
    if y.any() or predicted.any():
        assert f1(y, p, weights=w) == pytest.approx(sk.f1_score(y, predicted, sample_weight=w), **CLOSE)


@given(classes())
def test_decisions_among_classes_equal_scikit_learn(case):
    y, p, w = case
    predicted = p.argmax(axis=1)
    assert accuracy(y, p, weights=w) == pytest.approx(sk.accuracy_score(y, predicted, sample_weight=w), **CLOSE)
    assert balanced_accuracy(y, p, weights=w) == pytest.approx(
        sk.balanced_accuracy_score(y, predicted, sample_weight=w), **CLOSE
    )
    assert mcc(y, p, weights=w) == pytest.approx(matthews(y, predicted, w), **CLOSE)
    for quadratic, name in ((False, None), (True, "quadratic")):
        labels = np.arange(p.shape[1])
        expected = sk.cohen_kappa_score(y, predicted, labels=labels, weights=name, sample_weight=w)
        assert kappa(y, p, quadratic=quadratic, weights=w) == pytest.approx(expected, **CLOSE)
    for average in ("macro", "micro"):
        expected = sk.f1_score(y, predicted, average=average, sample_weight=w)
        assert f1(y, p, average=average, weights=w) == pytest.approx(expected, **CLOSE)
    for k in (1, 2, p.shape[1] - 1):
        expected = sk.top_k_accuracy_score(y, p, k=k, labels=np.arange(p.shape[1]), sample_weight=w)
        assert top_k(y, p, k=k, weights=w) == pytest.approx(expected, **CLOSE)


def test_a_class_that_never_occurs_is_left_out_as_in_scikit_learn():
    y, p = np.array([0, 1, 1]), np.eye(4)[[0, 1, 0]]
    assert f1(y, p, average="macro") == pytest.approx(sk.f1_score(y, p.argmax(1), average="macro"), **CLOSE)
    assert balanced_accuracy(y, p) == pytest.approx(sk.balanced_accuracy_score(y, p.argmax(1)), **CLOSE)


def test_multilabel_f1_equals_scikit_learn():
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, (40, 3)), rng.random((40, 3))
    for average in ("macro", "micro"):
        assert f1(y, p, average=average) == pytest.approx(sk.f1_score(y, p >= 0.5, average=average), **CLOSE)
    np.testing.assert_allclose(f1(y, p, average="none"), sk.f1_score(y, p >= 0.5, average=None), rtol=1e-12)


def test_a_label_that_no_example_has_does_not_count_in_macro_f1():
    # the third label is absent and predicted once: 0 in a plain macro average, which would make 2/3 of the first two
    y = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0]])
    p = np.array([[0.9, 0.1, 0.8], [0.9, 0.9, 0.1], [0.1, 0.9, 0.1]])
    assert f1(y, p, average="macro") == 1.0
    assert f1(y, p, average="micro") == pytest.approx(8 / 9)
    assert f1(y, p, average="none").tolist() == [1, 1, 0]


def test_rows_of_weights_equal_resampling_for_every_decision_metric():
    rng = np.random.default_rng(1)
    y, p = rng.integers(0, 3, 60), rng.dirichlet(np.ones(3), 60)
    weights = next(bootstrap_weights(60, n_resamples=10, strata=y))
    for metric in (accuracy, balanced_accuracy, mcc, kappa, top_k):
        options = {"k": 2} if metric is top_k else {}
        expected = [metric(np.repeat(y, row), np.repeat(p, row, axis=0), **options) for row in weights]
        np.testing.assert_allclose(metric(y, p, weights=weights, **options), expected, rtol=1e-12)


def test_positions_are_counted_as_decisions_of_their_own():
    rng = np.random.default_rng(2)
    y, p = rng.integers(0, 3, (5, 30)), rng.dirichlet(np.ones(3), (5, 30))
    flat, predicted = y.ravel(), p.argmax(-1).ravel()
    w = np.array([2, 1, 0, 1, 3])
    each = np.repeat(w, 30)
    assert balanced_accuracy(y, p, weights=w) == pytest.approx(
        sk.balanced_accuracy_score(flat, predicted, sample_weight=each), **CLOSE
    )
    assert mcc(y, p, weights=w) == pytest.approx(sk.matthews_corrcoef(flat, predicted, sample_weight=each), **CLOSE)
    np.testing.assert_array_equal(
        confusion_matrix(Task("per_position", 3), y, p), sk.confusion_matrix(flat, predicted, labels=[0, 1, 2])
    )


def test_confusion_matrix_of_labels_equals_scikit_learn():
    rng = np.random.default_rng(3)
    y, p = rng.integers(0, 2, (40, 3)), rng.random((40, 3))
    expected = sk.multilabel_confusion_matrix(y, p >= 0.5)
    np.testing.assert_array_equal(confusion_matrix(Task("multilabel", 3), y, p), expected)


def test_regression_has_no_confusion_matrix():
    with pytest.raises(DataError, match="no confusion matrix"):
        confusion_matrix(Task("regression", 1), [1.0], [1.0])


def test_error_of_each_class_is_one_minus_its_recall():
    y, p = np.array([0, 0, 1, 2]), np.eye(4)[[0, 1, 1, 0]]
    np.testing.assert_array_equal(per_class_error(y, p), [0.5, 0.0, 1.0, np.nan])


def test_precision_at_k_never_proposes_an_unknown_label():
    assert precision_at_k([[np.nan, 1.0, 0.0]], [[0.9, 0.5, 0.1]], k=1) == 1.0


def test_binary_f1_of_many_classes_is_refused():
    with pytest.raises(DataError, match="macro"):
        f1([0, 1, 2], np.eye(3))
