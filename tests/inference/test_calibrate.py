"""Calibration and thresholds: what a validation split teaches is applied by predict, kept in the preset, and works."""

import json

import keras
import numpy as np
import pytest

from deepbio import metrics
from deepbio.datasets import Split, load_dataset
from deepbio.errors import TrainingError, WeightsError
from deepbio.inference import calibrate, evaluate, fit_postprocessing, predict, predict_sets
from deepbio.inference.prediction_table import prediction_rows
from deepbio.specs import ModelInput, Task
from deepbio.training import fit
from deepbio.zoo import Postprocessing, describe, get_model, save_preset, write_postprocessing
from deepbio.zoo.record import ModelRecord, attach


def test_the_returned_model_is_calibrated_and_the_given_one_predicts_as_before(splice_model, splice):
    before = predict(splice_model, splice.test)
    calibrated = calibrate(splice_model, splice.valid, coverage=0.9)
    after = predict(calibrated, splice.test)
    assert not np.allclose(before, after)
    np.testing.assert_array_equal(predict(splice_model, splice.test), before)
    assert describe(splice_model).postprocessing is None
    np.testing.assert_array_equal(predict(calibrated, splice.test, calibrated=False), before)
    calibration = describe(calibrated).postprocessing.calibration
    np.testing.assert_allclose(after, calibration.apply(before), rtol=1e-12)
    np.testing.assert_array_equal(after.argmax(1), before.argmax(1))
    np.testing.assert_allclose(after.sum(1), 1)


def test_a_calibrated_model_shares_layers_and_weights(splice):
    model = get_model("mlp", dataset=splice, seed=0)
    calibrated = calibrate(model, splice.valid)
    assert calibrated.layers == model.layers
    assert [w.path for w in calibrated.weights] == [w.path for w in model.weights]
    model.set_weights([w + 1 for w in model.get_weights()])
    np.testing.assert_array_equal(
        predict(calibrated, splice.test, logits=True), predict(model, splice.test, logits=True)
    )


def test_calibrating_a_calibrated_model_starts_from_the_network(splice_model, splice):
    once = calibrate(splice_model, splice.valid)
    twice = calibrate(once, splice.valid, coverage=0.8)
    assert describe(twice).postprocessing.calibration == describe(once).postprocessing.calibration
    assert describe(once).postprocessing.conformal is None


def test_a_calibrated_model_is_saved_and_loaded_with_its_postprocessing(splice_model, splice, tmp_path):
    calibrated = calibrate(splice_model, splice.valid, coverage=0.9)
    save_preset(calibrated, tmp_path / "saved")
    loaded = get_model(tmp_path / "saved")
    assert describe(loaded).postprocessing.to_dict() == describe(calibrated).postprocessing.to_dict()
    np.testing.assert_allclose(predict(loaded, splice.test), predict(calibrated, splice.test), atol=1e-6)
    np.testing.assert_array_equal(predict_sets(loaded, splice.test), predict_sets(calibrated, splice.test))


def test_temperature_lowers_the_log_loss_of_the_split_it_was_fitted_on(splice_model, splice):
    calibrated = calibrate(splice_model, splice.valid)
    raw = evaluate(splice_model, splice.valid, n_resamples=10)["log_loss"].value
    assert evaluate(calibrated, splice.valid, n_resamples=10)["log_loss"].value < raw
    assert evaluate(calibrated, splice.valid, n_resamples=10, calibrated=False)["log_loss"].value == pytest.approx(raw)


def test_a_preset_keeps_its_postprocessing(splice, tmp_path):
    built = get_model("mlp", dataset=splice, seed=0)
    fit(built, splice, epochs=1, out=tmp_path / "run", calibration="temperature", verbose=False)
    again = get_model(tmp_path / "run")
    assert describe(again).postprocessing.to_dict() == describe(built).postprocessing.to_dict()
    np.testing.assert_allclose(predict(again, splice.test), predict(built, splice.test), atol=1e-6)
    assert "calibration: temperature" in (tmp_path / "run/recipe.yaml").read_text()
    postprocessing = fit_postprocessing(again, splice.valid, coverage=0.8)
    assert describe(again).postprocessing.to_dict() != postprocessing.to_dict()
    write_postprocessing(tmp_path / "run", postprocessing)
    assert describe(get_model(tmp_path / "run")).postprocessing.to_dict() == postprocessing.to_dict()
    write_postprocessing(tmp_path / "run", None)
    assert describe(get_model(tmp_path / "run")).postprocessing is None


def test_a_damaged_postprocessing_is_an_error_of_the_preset(splice, tmp_path):
    built = get_model("logistic", dataset=splice, seed=0)
    fit(built, splice, epochs=1, out=tmp_path / "run", calibration="temperature", verbose=False)
    file = tmp_path / "run/preset.json"
    preset = json.loads(file.read_text())
    preset["postprocessing"]["calibration"] = {"method": "temperature"}
    file.write_text(json.dumps(preset))
    with pytest.raises(WeightsError, match="postprocessing"):
        get_model(tmp_path / "run")


def test_training_again_or_another_head_removes_the_postprocessing(splice, tmp_path):
    built = get_model("mlp", dataset=splice, seed=0)
    fit(built, splice, epochs=1, out=tmp_path / "run", calibration="temperature", verbose=False)
    assert describe(get_model(tmp_path / "run", outputs=5)).postprocessing is None
    fit(built, splice, epochs=1, verbose=False)
    assert describe(built).postprocessing is None


def test_thresholds_reach_their_aim_and_decide_the_label(breast_cancer_model, breast_cancer):
    postprocessing = fit_postprocessing(breast_cancer_model, breast_cancer.valid, threshold={"sensitivity": 1.0})
    p = predict(calibrate(breast_cancer_model, breast_cancer.valid), breast_cancer.valid)
    assert (p[np.asarray(breast_cancer.valid.y) == 1] >= postprocessing.thresholds[0]).all()
    assert postprocessing.aim == "sensitivity at least 1.0"
    task = breast_cancer.task
    _, rows = prediction_rows(task, ["a", "b"], np.array([0.4, 0.2]), thresholds=(0.3,))
    assert [row[1] for row in rows] == [task.labels[1], task.labels[0]]
    labels = Task("multilabel", 3, ("x", "y", "z"))
    header, rows = prediction_rows(labels, ["a"], np.array([[0.4, 0.2, 0.9]]), thresholds=(0.3, 0.3, 0.95))
    assert (header[1], rows[0][1]) == ("labels", "x")


def test_what_a_task_does_not_allow_is_refused(splice_model, splice):
    for method in ("platt", "isotonic"):
        with pytest.raises(TrainingError, match="calibrates binary tasks"):
            calibrate(splice_model, splice.valid, method=method)
    with pytest.raises(TrainingError, match="Did you mean temperature"):
        fit(get_model("logistic", dataset=splice), splice, calibration="temprature")
    numbers = keras.Input((1,))
    regression = keras.Model(numbers, keras.layers.Identity()(numbers))
    attach(regression, ModelRecord(None, input=ModelInput("table", (1,)), outputs=1, task=Task("regression", 1)))
    with pytest.raises(TrainingError, match="no probabilities"):
        calibrate(regression, Split(np.zeros((2, 1), np.float32), np.zeros((2, 1))))
    xor = load_dataset("xor")
    with pytest.raises(TrainingError, match="one aim: maximize"):
        calibrate(get_model("logistic", dataset=xor), xor.valid, threshold={"recall": 1})
    with pytest.raises(TrainingError, match="needs the model's task"):
        calibrate(keras.Model(numbers, numbers), xor.valid)


@pytest.mark.parametrize(
    "postprocessing",
    [
        Postprocessing("valid", 5),
        Postprocessing("valid", 5, metrics.Platt(1.5, -0.2), (0.1, 0.2), "f1 highest"),
        Postprocessing("valid", 5, metrics.Isotonic((0.1, 0.9), (0.0, 1.0)), ood_quantiles=(-1.0, 2.0)),
        Postprocessing(
            "valid",
            20,
            prevalence=(0.5,),
            bins=metrics.calibration_bins([0, 1] * 10, [0.1, 0.2] * 10, bins=1),
            operating_point=metrics.operating_point([0, 1] * 10, [0.1, 0.6] * 10),
        ),
    ],
)
def test_a_postprocessing_survives_json(postprocessing):
    assert Postprocessing.from_dict(json.loads(json.dumps(postprocessing.to_dict()))) == postprocessing
