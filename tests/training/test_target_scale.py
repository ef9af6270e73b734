"""Regression does not depend on the unit of the target, and returns values in it."""

from pathlib import Path

import numpy as np
import pytest

import deepbio
from deepbio.datasets import Dataset
from deepbio.errors import TrainingError
from deepbio.training.settings import resolve
from deepbio.zoo import describe, get_model

CASES = Path(__file__).parents[1] / "data" / "cases"


def trained(target, out, epochs):
    data = Dataset.from_csv(CASES / "tables" / "cost.csv", targets=[target], features=["a", "b", "c", "d"])
    model = get_model("mlp", dataset=data, seed=0)
    deepbio.fit(model, data, epochs=epochs, seed=0, out=out, verbose=False)
    return model, data


def test_a_target_in_another_unit_is_learnt_as_well(tmp_path):
    (one, units), (other, costs) = (trained(target, tmp_path / target, 40) for target in ("units", "cost"))
    p, q = deepbio.predict(one, units.test), deepbio.predict(other, costs.test)
    assert q == pytest.approx(150_000 + 70_000 * p, rel=2e-2, abs=2_000)
    assert 1 - ((costs.test.y - q) ** 2).sum() / ((costs.test.y - costs.test.y.mean()) ** 2).sum() > 0.85


def test_the_scale_is_part_of_the_preset_and_of_what_it_predicts(tmp_path):
    model, data = trained("cost", tmp_path / "run", 1)
    assert describe(model).task.std == pytest.approx(tuple(np.asarray(data.train.y, np.float64).std(axis=0)))
    loaded = get_model(tmp_path / "run")
    np.testing.assert_array_equal(deepbio.predict(loaded, data.test), deepbio.predict(model, data.test))


def test_the_scale_of_trained_weights_stays_with_other_data(tmp_path):
    model, data = trained("cost", tmp_path / "run", 1)
    x = np.asarray(data.test.x)
    other = Dataset.from_arrays(np.concatenate([x] * 9) + np.arange(9 * len(x))[:, None], np.arange(9.0 * len(x)))
    again = get_model(tmp_path / "run", dataset=other)
    assert describe(again).task.std == describe(model).task.std
    np.testing.assert_array_equal(deepbio.predict(again, x), deepbio.predict(model, x))


def test_label_smoothing_of_a_model_is_for_classes_only():
    defaults = {"label_smoothing": 0.1}
    assert resolve(defaults, {}, kind="regression").label_smoothing == 0
    assert resolve(defaults, {}, kind="counts").label_smoothing == 0
    assert resolve(defaults, {}, kind="multiclass").label_smoothing == 0.1
    data = Dataset.from_manifest(CASES / "images" / "tables" / "bone_age.csv", image="id", targets=["boneage"])
    deepbio.fit(get_model("image_cnn", dataset=data, seed=0), data, epochs=1, verbose=False)
    with pytest.raises(TrainingError, match="label_smoothing is for classification"):
        deepbio.fit(get_model("image_cnn", dataset=data), data, epochs=1, label_smoothing=0.1, verbose=False)


def test_an_ordinal_loss_needs_an_order():
    words = {"image": "file", "label": "grade"}
    path = CASES / "images" / "tables" / "words.csv"
    data = Dataset.from_manifest(path, **words)
    with pytest.raises(TrainingError, match="mild, moderate, none, severe are in the order of the alphabet"):
        deepbio.fit(get_model("mlp", dataset=data), data, loss="ordinal", epochs=1, verbose=False)
    said = Dataset.from_manifest(path, **words, labels=["none", "mild", "moderate", "severe"])
    deepbio.fit(get_model("mlp", dataset=said), said, loss="ordinal", epochs=1, verbose=False)
