"""Sample weights weigh the loss as in Keras, on every feed, and are read from files."""

from typing import Any

import keras
import numpy as np
import pytest

import deepbio
from deepbio.datasets import Dataset, Split
from deepbio.datasets.build import from_arrays, from_csv
from deepbio.errors import DataError, TrainingError
from deepbio.training import Run
from deepbio.zoo import get_model


def weighted(weights: np.ndarray | None = None) -> Dataset:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 4)).astype(np.float32)
    y = (x[:, 0] + rng.normal(size=60) > 0).astype(np.int64)
    split = ["train"] * 40 + ["valid"] * 10 + ["test"] * 10
    return from_arrays(x, y, split=split, sample_weight=weights)


WEIGHTS = np.random.default_rng(4).uniform(0, 3, 60)


def trained(data: Dataset, **settings) -> tuple[keras.Model, Run]:
    model = get_model("mlp", dataset=data, seed=0, units=[5], dropout=0)
    settings = {"batch_size": 40, "epochs": 3, "optimizer": keras.optimizers.SGD(0.3), **settings}
    return model, deepbio.fit(model, data, verbose=False, patience=0, **settings)


@pytest.mark.parametrize("settings", [{"cache": "device"}, {"cache": "none"}, {"accumulate": 3}])
def test_weights_and_losses_are_those_of_keras(settings):
    data = weighted(WEIGHTS)
    ours, run = trained(data, **settings)
    theirs: Any = get_model("mlp", dataset=data, seed=0, units=[5], dropout=0)
    theirs.compile(keras.optimizers.SGD(0.3), keras.losses.BinaryCrossentropy(from_logits=True))
    train, valid = data.train, data.valid
    history = theirs.fit(
        train.x, train.y, sample_weight=train.sample_weight, batch_size=40, epochs=3, shuffle=False, verbose=0,
        validation_data=(valid.x, valid.y, valid.sample_weight),
    ).history  # fmt: skip
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-6)
    np.testing.assert_allclose(run.history["loss"], history["loss"], rtol=1e-5)
    np.testing.assert_allclose(run.history["val_loss"], history["val_loss"], rtol=1e-5)


def test_weights_of_one_change_nothing_and_others_do():
    plain, ones, other = (trained(weighted(w))[0].get_weights() for w in (None, np.ones(60), WEIGHTS))
    assert all((a == b).all() for a, b in zip(plain, ones, strict=True))
    assert any((a != b).any() for a, b in zip(plain, other, strict=True))


def test_a_column_of_weights_is_no_feature(tmp_path):
    path = tmp_path / "visits.csv"
    rows = "".join(f"{i},{i % 7 / 2},{'ill' if i % 3 else 'well'}\n" for i in range(60))
    path.write_text("age,trust,diagnosis\n" + rows)
    data = from_csv(path, label="diagnosis", positive="ill", sample_weight="trust")
    assert data.input.features == ("age",)
    numbers = np.asarray(data.train.ids, int) - 1
    assert data.train.sample_weight is not None
    assert data.train.sample_weight.tolist() == (numbers % 7 / 2).tolist()
    assert data.options["sample_weight"] == "trust"


@pytest.mark.parametrize(
    ("value", "found"), [(-1.0, "has -1"), (float("nan"), "has nan"), (float("inf"), "has inf")], ids=str
)
def test_a_weight_that_is_no_weight_names_its_example(value, found):
    with pytest.raises(DataError, match=f"example d2 {found}"):
        Split(np.zeros((2, 1), np.float32), np.zeros(2), np.array(["d1", "d2"]), None, np.array([1.0, value]))


def test_mixup_refuses_weights():
    images = np.random.default_rng(0).integers(0, 255, (60, 8, 8, 1)).astype(np.uint8)
    data = from_arrays(images, np.arange(60) % 2, sample_weight=WEIGHTS)
    model = get_model("image_cnn", dataset=data, seed=0)
    with pytest.raises(TrainingError, match="combine examples of different weights"):
        deepbio.fit(model, data, augment=["mixup"], epochs=1, verbose=False)


def test_a_run_with_other_weights_is_another_run(tmp_path):
    trained(weighted(WEIGHTS), out=tmp_path / "a", epochs=1)
    assert weighted(WEIGHTS).fingerprint() != weighted(WEIGHTS[::-1]).fingerprint() != weighted().fingerprint()
