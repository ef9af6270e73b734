"""Another prevalence, and what stands beside each prediction."""

import numpy as np
import pytest

from deepbio.errors import DataError, ModelError
from deepbio.inference import calibrate, predict
from deepbio.inference.prediction_table import meaning_columns, prediction_rows, thresholds_for
from deepbio.metrics import adjust_prevalence
from deepbio.zoo import describe


@pytest.fixture(scope="module")
def calibrated(breast_cancer_model, breast_cancer):
    return calibrate(breast_cancer_model, breast_cancer.valid, threshold={"sensitivity": 0.95})


def test_odds_change_by_the_ratio_of_the_prior_odds(calibrated, breast_cancer):
    before = predict(calibrated, breast_cancer.test)
    after = predict(calibrated, breast_cancer.test, prevalence=0.01)
    [trained] = describe(calibrated).postprocessing.prevalence
    assert trained == pytest.approx(np.mean(breast_cancer.valid.y))
    inner = (before > 1e-6) & (before < 1 - 1e-6)
    ratio = (after / (1 - after) / (before / (1 - before)))[inner]
    np.testing.assert_allclose(ratio, 0.01 / 0.99 / (trained / (1 - trained)), rtol=1e-6)


def test_a_prevalence_is_named_by_label_or_given_in_order(splice_model, splice):
    model = calibrate(splice_model, splice.valid)
    named = predict(model, splice.test, prevalence={"IE": 0.005, "N": 0.99, "EI": 0.005})
    np.testing.assert_allclose(named, predict(model, splice.test, prevalence=[0.99, 0.005, 0.005]))
    np.testing.assert_allclose(named.sum(axis=1), 1)
    assert named[:, 0].mean() > predict(model, splice.test)[:, 0].mean()
    same = predict(model, splice.test, prevalence=describe(model).postprocessing.prevalence)
    np.testing.assert_allclose(same, predict(model, splice.test))


def test_what_cannot_be_adjusted_is_refused(calibrated, breast_cancer_model, splice_model, splice, breast_cancer):
    with pytest.raises(ModelError, match="not known: first model = "):
        predict(breast_cancer_model, breast_cancer.test, prevalence=0.1)
    for option in ({"logits": True}, {"calibrated": False}):
        with pytest.raises(ModelError, match="adjusts calibrated probabilities"):
            predict(calibrated, breast_cancer.test, prevalence=0.1, **option)
    with pytest.raises(DataError, match="between 0 and 1"):
        predict(calibrated, breast_cancer.test, prevalence=1.2)
    model = calibrate(splice_model, splice.valid)
    with pytest.raises(ModelError, match="3 frequencies"):
        predict(model, splice.test, prevalence=0.1)
    with pytest.raises(ModelError, match="names N, EI, IE"):
        predict(model, splice.test, prevalence={"N": 1.0})


def test_a_probability_has_the_interval_of_its_bin_beside_it(calibrated, breast_cancer):
    record, p = describe(calibrated), predict(calibrated, breast_cancer.test)
    found = meaning_columns(record, p)
    i = int(np.argmax(p))
    y, q = np.asarray(breast_cancer.valid.y), predict(calibrated, breast_cancer.valid)
    last = q > 0.8  # five bins: the split has 85 examples
    assert p[i] > 0.8
    assert found["observed"][i] == f"{y[last].mean():.3g}"
    assert found["observed_examples"][i] == str(last.sum())
    assert float(found["observed_low"][i]) < y[last].mean() <= float(found["observed_high"][i])
    assert set(found["prevalence"]) == {f"{y.mean():.3g}"}
    assert float(found["sensitivity"][0]) >= 0.95


def test_a_chosen_threshold_decides_the_same_at_any_prevalence(calibrated, breast_cancer):
    record = describe(calibrated)
    labels = []
    for prevalence in (None, 0.01, 0.9):
        options = {} if prevalence is None else {"prevalence": prevalence}
        p = predict(calibrated, breast_cancer.test, **options)
        rows = prediction_rows(record.task, ["x"] * len(p), p, thresholds=thresholds_for(record, prevalence))[1]
        labels.append([row[1] for row in rows])
    assert labels[0] == labels[1] == labels[2]
    plain = predict(calibrated, breast_cancer.test)
    assert meaning_columns(record, plain, 0.01)["sensitivity"] == meaning_columns(record, plain)["sensitivity"]


def test_observed_frequencies_of_two_classes_follow_the_prevalence(calibrated, breast_cancer):
    record, p = describe(calibrated), predict(calibrated, breast_cancer.test)
    before, after = meaning_columns(record, p), meaning_columns(record, p, 0.01)
    known = [i for i, text in enumerate(before["observed"]) if text not in ("", "0", "1")]
    assert known
    assert all(float(after["observed"][i]) < float(before["observed"][i]) for i in known)
    assert set(after["prevalence"]) == {"0.01"}


def test_several_classes_at_another_prevalence_have_no_bins(splice_model, splice):
    model = calibrate(splice_model, splice.valid)
    record, p = describe(model), predict(model, splice.test)
    assert set(meaning_columns(record, p)) == {
        "observed", "observed_low", "observed_high", "observed_examples", "prevalence",
    }  # fmt: skip
    found = meaning_columns(record, p, [0.99, 0.005, 0.005])
    assert set(found) == {"prevalence"}
    assert set(found["prevalence"]) == {"0.99", "0.005"}


def test_a_model_without_calibration_has_no_columns(splice_model, splice):
    assert meaning_columns(describe(splice_model), predict(splice_model, splice.test)) == {}


def test_the_frequency_of_either_of_two_labels_is_enough_and_both_add_up_to_1(calibrated, breast_cancer):
    negative, positive = describe(calibrated).task.labels
    expected = predict(calibrated, breast_cancer.test, prevalence=0.2)
    for named in ({positive: 0.2}, {negative: 0.8}, {negative: 0.8, positive: 0.2}):
        np.testing.assert_allclose(predict(calibrated, breast_cancer.test, prevalence=named), expected)
    with pytest.raises(ModelError, match="add up to 1; received a sum of 1.1"):
        predict(calibrated, breast_cancer.test, prevalence={negative: 0.9, positive: 0.2})


def test_percentages_are_no_probabilities_to_adjust():
    with pytest.raises(DataError, match="between 0 and 1; received 20 to 90"):
        adjust_prevalence([20, 90], trained=0.5, prevalence=0.1)
