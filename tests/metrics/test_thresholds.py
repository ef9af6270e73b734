import numpy as np
import pytest
from hypothesis import given, settings
from sklearn import metrics as sk

from deepbio.errors import DataError
from deepbio.metrics import balanced_accuracy, choose_threshold, sensitivity_at_specificity
from tests.metrics.metric_cases import binary

REFERENCE = {
    "f1": sk.f1_score,
    "accuracy": sk.accuracy_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "mcc": sk.matthews_corrcoef,
}


@pytest.mark.parametrize("goal", list(REFERENCE))
@settings(max_examples=30)
@given(case=binary())
def test_no_threshold_is_better_than_the_chosen_one(goal, case):
    y, p, _ = case
    score = REFERENCE[goal]
    chosen = score(y, p >= choose_threshold(y, p, maximize=goal))
    best = max(score(y, p >= t) for t in [*np.unique(p), 2.0])
    assert chosen == pytest.approx(best, abs=1e-12)


@settings(max_examples=30)
@given(case=binary())
def test_a_fixed_specificity_is_reached_with_the_highest_sensitivity(case):
    y, p, _ = case
    predicted = p >= choose_threshold(y, p, specificity=0.7)
    assert 1 - predicted[y == 0].mean() >= 0.7 - 1e-12
    assert predicted[y == 1].mean() == pytest.approx(sensitivity_at_specificity(y, p, specificity=0.7), abs=1e-12)


def test_a_fixed_sensitivity_or_precision_is_reached():
    rng = np.random.default_rng(0)
    y = np.arange(400) % 2
    p = rng.normal(size=400) + 1.5 * y
    assert sk.recall_score(y, p >= choose_threshold(y, p, sensitivity=0.95)) >= 0.95
    assert sk.precision_score(y, p >= choose_threshold(y, p, precision=0.9)) >= 0.9


def test_labels_get_a_threshold_each():
    y = np.array([[0, 1], [1, 0], [np.nan, 1], [0, 0]])
    p = np.array([[0.1, 0.9], [0.8, 0.3], [0.0, 0.7], [0.2, 0.1]])
    np.testing.assert_allclose(choose_threshold(y, p, maximize="f1"), [0.5, 0.5])


def test_the_threshold_lies_between_scores():
    assert choose_threshold([0, 1], [0.2, 0.6], maximize="accuracy") == pytest.approx(0.4)
    assert balanced_accuracy([0, 1], [0.2, 0.6], threshold=0.4) == 1.0


@pytest.mark.parametrize(
    ("aims", "message"),
    [
        ({}, "none"),
        ({"maximize": "f1", "precision": 0.5}, "Expected one of"),
        ({"maximize": "balanced_acuracy"}, "Did you mean balanced_accuracy"),
        ({"precision": 0.99}, "the best is 0.667"),
    ],
)
def test_aims_that_are_unclear_or_out_of_reach_are_refused(aims, message):
    with pytest.raises(DataError, match=message):
        choose_threshold([1, 1, 0], [0.1, 0.2, 0.3], **aims)


def test_one_class_has_no_threshold():
    with pytest.raises(DataError, match="both classes"):
        choose_threshold([1, 1], [0.1, 0.2], maximize="f1")
