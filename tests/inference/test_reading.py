"""What a validation split teaches about reading predictions: it is used by predict, kept in the preset, and does what it says."""

import json

import keras
import numpy as np
import pytest

from deepbio import metrics
from deepbio.datasets import load_dataset
from deepbio.errors import ModelError, TrainingError, WeightsError
from deepbio.inference import calibrate, evaluate, ood_score, predict, predict_intervals, predict_sets
from deepbio.inference.predict import prediction_rows
from deepbio.specs import ModelInput, Task
from deepbio.training import fit
from deepbio.zoo import Postprocessing, describe, get_model, write_postprocessing
from deepbio.zoo.record import ModelRecord, attach


@pytest.fixture(scope="module")
def data():
    return load_dataset("uci_splice")


@pytest.fixture(scope="module")
def model(data):
    built = get_model("mlp", dataset=data, seed=0)
    fit(built, data, epochs=3, verbose=False)
    return built


@pytest.fixture
def fresh(model, data):
    """The fitted model without a postprocessing."""
    from dataclasses import replace

    attach(model, replace(describe(model), postprocessing=None))
    return model


def _numbers(outputs=1, kind="regression"):
    """A model that gives its input back, so that truth and error are chosen by the test."""
    inputs = keras.Input((outputs,))
    made = keras.Model(inputs, keras.layers.Identity()(inputs))
    task = Task(kind, outputs)
    return attach(made, ModelRecord(None, input=ModelInput("table", (outputs,)), outputs=outputs, task=task))


def test_predict_is_calibrated_after_calibrate_and_says_what_the_network_says_on_request(fresh, data):
    before = predict(fresh, data.test)
    postprocessing = calibrate(fresh, data.valid)
    after = predict(fresh, data.test)
    assert not np.allclose(before, after)
    np.testing.assert_array_equal(predict(fresh, data.test, calibrated=False), before)
    np.testing.assert_allclose(after, postprocessing.calibration.apply(before), rtol=1e-12)
    np.testing.assert_array_equal(after.argmax(1), before.argmax(1))
    np.testing.assert_allclose(after.sum(1), 1)


def test_temperature_lowers_the_log_loss_of_the_split_it_was_fitted_on(fresh, data):
    raw = evaluate(fresh, data.valid, draws=10)["log_loss"].value
    calibrate(fresh, data.valid)
    assert evaluate(fresh, data.valid, draws=10)["log_loss"].value < raw
    assert evaluate(fresh, data.valid, draws=10, calibrated=False)["log_loss"].value == pytest.approx(raw)


def test_a_preset_keeps_how_to_read_its_predictions(data, tmp_path):
    built = get_model("mlp", dataset=data, seed=0)
    fit(built, data, epochs=1, out=tmp_path / "run", calibration="temperature", verbose=False)
    again = get_model(tmp_path / "run")
    assert describe(again).postprocessing == describe(built).postprocessing
    np.testing.assert_allclose(predict(again, data.test), predict(built, data.test), atol=1e-6)
    assert "calibration: temperature" in (tmp_path / "run/recipe.yaml").read_text()
    postprocessing = calibrate(again, data.valid, coverage=0.8)
    write_postprocessing(tmp_path / "run", postprocessing)
    assert describe(get_model(tmp_path / "run")).postprocessing == postprocessing
    write_postprocessing(tmp_path / "run", None)
    assert describe(get_model(tmp_path / "run")).postprocessing is None


def test_a_damaged_readout_is_an_error_of_the_preset(data, tmp_path):
    built = get_model("logistic", dataset=data, seed=0)
    fit(built, data, epochs=1, out=tmp_path / "run", calibration="temperature", verbose=False)
    file = tmp_path / "run/preset.json"
    preset = json.loads(file.read_text())
    preset["postprocessing"]["calibration"] = {"method": "temperature"}
    file.write_text(json.dumps(preset))
    with pytest.raises(WeightsError, match="postprocessing"):
        get_model(tmp_path / "run")


def test_training_again_or_another_head_forgets_what_was_learnt(data, tmp_path):
    built = get_model("mlp", dataset=data, seed=0)
    fit(built, data, epochs=1, out=tmp_path / "run", calibration="temperature", verbose=False)
    assert describe(get_model(tmp_path / "run", outputs=5)).postprocessing is None
    fit(built, data, epochs=1, verbose=False)
    assert describe(built).postprocessing is None


def test_sets_hold_the_truth_as_often_as_asked_on_the_split_that_taught_them(fresh, data):
    calibrate(fresh, data.valid, coverage=0.9)
    held = predict_sets(fresh, data.valid)
    y = np.asarray(data.valid.y)
    assert held.shape == (len(y), 3)
    assert held[np.arange(len(y)), y].mean() == pytest.approx(0.9, abs=0.01)
    assert predict_sets(fresh, data.test).mean() < 0.6  # and not by holding everything


def test_sets_of_two_classes_and_by_class(data):
    data = load_dataset("breast_cancer")
    built = get_model("logistic", dataset=data, seed=0)
    fit(built, data, epochs=3, verbose=False)
    calibrate(built, data.valid, coverage=0.9, by_class=True)
    assert len(describe(built).postprocessing.conformal.cutoff) == 2
    held, y = predict_sets(built, data.valid), np.asarray(data.valid.y)
    for k in range(2):
        assert held[y == k, k].mean() >= 0.9


def test_intervals_hold_the_truth_as_often_as_asked():
    from deepbio.datasets import Split

    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 2)).astype(np.float32)
    y = x + rng.standard_t(3, size=x.shape) * [1.0, 5.0]
    model = _numbers(2)
    calibrate(model, Split(x[:2000], y[:2000]), method="none", coverage=0.8)
    low, high = predict_intervals(model, Split(x[2000:], y[2000:]))
    inside = (low <= y[2000:]) & (y[2000:] <= high)
    np.testing.assert_allclose(inside.mean(axis=0), 0.8, atol=0.03)
    assert (high - low)[0, 1] > 3 * (high - low)[0, 0]


def test_thresholds_serve_their_aim_and_decide_the_label():
    data = load_dataset("breast_cancer")
    built = get_model("logistic", dataset=data, seed=0)
    fit(built, data, epochs=3, verbose=False)
    postprocessing = calibrate(built, data.valid, threshold={"sensitivity": 1.0})
    p, y = predict(built, data.valid), np.asarray(data.valid.y)
    assert (p[y == 1] >= postprocessing.thresholds[0]).all()
    assert postprocessing.aim == "sensitivity at least 1.0"
    task = describe(built).task
    _, rows = prediction_rows(task, ["a", "b"], np.array([0.4, 0.2]), thresholds=(0.3,))
    assert [row[1] for row in rows] == [task.labels[1], task.labels[0]]
    labels = Task("multilabel", 3, ("x", "y", "z"))
    header, rows = prediction_rows(labels, ["a"], np.array([[0.4, 0.2, 0.9]]), thresholds=(0.3, 0.3, 0.95))
    assert (header[1], rows[0][1]) == ("labels", "x")


def test_isotonic_and_platt_are_for_two_classes(fresh, data):
    for method in ("platt", "isotonic"):
        with pytest.raises(TrainingError, match="calibrates binary tasks"):
            calibrate(fresh, data.valid, method=method)
    with pytest.raises(TrainingError, match="Did you mean temperature"):
        fit(fresh, data, calibration="temprature")
    with pytest.raises(TrainingError, match="no probabilities"):
        calibrate(_numbers(), data.valid)
    with pytest.raises(TrainingError, match="one of maximize"):
        calibrate(
            get_model("logistic", dataset=load_dataset("xor")), load_dataset("xor").valid, threshold={"recall": 1}
        )


def test_what_was_not_taught_is_said(fresh, data):
    with pytest.raises(ModelError, match="--coverage"):
        predict_sets(fresh, data.test)
    with pytest.raises(ModelError, match="validation examples"):
        ood_score(fresh, data.test, rank=True)
    calibrate(fresh, data.valid, coverage=0.9)
    with pytest.raises(ModelError, match="predict_sets"):
        predict_intervals(fresh, data.test)


def test_an_energy_is_minus_the_logsumexp_of_the_logits(fresh, data):
    from scipy.special import logsumexp

    z = predict(fresh, data.test, logits=True)
    np.testing.assert_allclose(ood_score(fresh, data.test), -logsumexp(z, axis=1), rtol=1e-12)
    calibrate(fresh, data.valid)
    ranks = ood_score(fresh, data.valid, rank=True)
    assert ranks.mean() == pytest.approx(0.5, abs=0.02)
    assert ranks.min() == 0
    assert ranks.max() == 1


def test_dropout_passes_differ_repeat_by_seed_and_leave_the_model_as_it_was(data):
    built = get_model("dna_cnn", dataset=data, seed=0)
    few = data.test.take(range(20))
    plain = predict(built, few)
    one = predict(built, few, uncertainty="dropout", samples=4, seed=1)
    assert one.draws.shape == (4, 20, 3)
    assert (one.spread > 0).any()
    assert len(np.unique(one.draws.round(12), axis=0)) == 4
    np.testing.assert_array_equal(one.draws, predict(built, few, uncertainty="dropout", samples=4, seed=1).draws)
    assert not np.array_equal(one.draws, predict(built, few, uncertainty="dropout", samples=4, seed=2).draws)
    np.testing.assert_array_equal(predict(built, few), plain)
    assert (one.disagreement >= 0).all()
    assert (one.entropy <= np.log(3) + 1e-9).all()


def test_batch_norm_stays_as_in_inference_when_dropout_is_on():
    inputs = keras.Input((4,))
    x = keras.layers.Dropout(1e-9)(inputs)  # on, but dropping nothing
    x = keras.layers.BatchNormalization()(x)
    model = keras.Model(inputs, keras.layers.Dense(1)(x))
    attach(model, ModelRecord(None, input=ModelInput("table", (4,)), outputs=1, task=Task("binary", 1)))
    x = np.random.default_rng(0).normal(3, 5, (50, 4)).astype(np.float32)
    found = predict(model, x, uncertainty="dropout", samples=2)
    np.testing.assert_allclose(found.mean, predict(model, x), atol=1e-6)
    assert not model.layers[2].moving_mean.numpy().any()


def test_an_ensemble_averages_after_the_link_and_disagrees_where_its_members_do(data):
    members = [get_model("mlp", dataset=data, seed=seed) for seed in range(3)]
    few = data.test.take(range(10))
    alone = np.stack([predict(member, few) for member in members])
    found = predict(members, few, uncertainty="ensemble")
    np.testing.assert_allclose(found.mean, alone.mean(axis=0))
    np.testing.assert_allclose(found.spread, alone.std(axis=0, ddof=1))
    np.testing.assert_allclose(predict(members, few), alone.mean(axis=0))
    same = predict([members[0], members[0]], few, uncertainty="ensemble")
    np.testing.assert_allclose(same.disagreement, 0, atol=1e-12)
    assert (found.disagreement > 0).all()


def test_uncertainty_that_cannot_be_had_is_an_error_that_says_what_to_do(fresh, data):
    few = data.test.take(range(2))
    logistic = get_model("logistic", dataset=data, seed=0)
    with pytest.raises(ModelError, match="no dropout layer"):
        predict(logistic, few, uncertainty="dropout")
    with pytest.raises(ModelError, match="several models"):
        predict(logistic, few, uncertainty="ensemble")
    with pytest.raises(ModelError, match="Did you mean dropout"):
        predict(logistic, few, uncertainty="dropouts")
    with pytest.raises(ModelError, match="equal inputs and outputs"):
        predict([logistic, _numbers()], few)


@pytest.mark.parametrize(
    "postprocessing",
    [
        Postprocessing("valid", 5),
        Postprocessing("valid", 5, metrics.Platt(1.5, -0.2), (0.1, 0.2), "f1 highest"),
        Postprocessing("valid", 5, metrics.Isotonic((0.1, 0.9), (0.0, 1.0)), ood_quantiles=(-1.0, 2.0)),
    ],
)
def test_a_readout_survives_json(postprocessing):
    assert Postprocessing.from_dict(json.loads(json.dumps(postprocessing.to_dict()))) == postprocessing
