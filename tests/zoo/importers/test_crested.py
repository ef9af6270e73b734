"""CREsted's form: a .keras file is rebuilt from its own description, without code."""

import importlib
import os
import sys
import types
from pathlib import Path

import keras
import numpy as np
import pytest

from deepbio.errors import WeightsError
from deepbio.zoo import check_golden_outputs, describe, get_model
from deepbio.zoo.importers import import_weights


def one_hot(codes):
    return np.eye(5, 4, dtype=np.float32)[codes]


def small_network(activation="softplus", extra=None):
    inputs = keras.Input((40, 4))
    x = keras.layers.Conv1D(6, 5, use_bias=False)(inputs)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Activation("gelu")(x)
    x = extra(x) if extra else x
    x = keras.layers.GlobalAveragePooling1D()(x)
    model = keras.Model(inputs, keras.layers.Dense(3, activation=activation)(x))
    random = np.random.Generator(np.random.Philox(4))
    model.set_weights([np.abs(random.normal(size=w.shape)) + 0.1 for w in model.get_weights()])
    return model


CODES = np.random.Generator(np.random.Philox(1)).integers(0, 5, (2, 40)).astype(np.uint8)


@pytest.mark.parametrize("activation", ["softplus", "sigmoid"])
def test_the_network_is_the_same_and_its_preset_loads(activation, tmp_path):
    network = small_network(activation)
    network.compile(loss="mse")
    network.save(tmp_path / "best.keras")
    import_weights("crested", tmp_path / "best.keras", out=tmp_path / "p", labels=["B cell", "T cell", "NK cell"])
    model = get_model(tmp_path / "p")
    task = describe(model).task
    assert task is not None
    assert task.kind == {"softplus": "regression", "sigmoid": "multilabel"}[activation]
    found = task.probabilities(np.asarray(model.predict_on_batch(CODES)))
    np.testing.assert_allclose(found, network.predict_on_batch(one_hot(CODES)), rtol=1e-5)
    assert check_golden_outputs(model, tmp_path / "p") < 1e-5


def test_code_in_the_file_is_refused(tmp_path):
    small_network(extra=keras.layers.Lambda(lambda x: x * 2)).save(tmp_path / "evil.keras")
    with pytest.raises(WeightsError, match="'Lambda'.*could run code"):
        import_weights("crested", tmp_path / "evil.keras")


def test_another_kind_of_file_is_an_error(tmp_path):
    np.savez(tmp_path / "w.npz", x=np.zeros(2))
    with pytest.raises(WeightsError, match=r"no .keras file"):
        import_weights("crested", tmp_path / "w.npz")


@pytest.mark.peers
@pytest.mark.parametrize("name", ["dilated_cnn", "deeptopic_cnn", "simple_convnet"])
def test_crested_networks(name, tmp_path, monkeypatch):
    """CRESTED names a copy of the repository aertslab/CREsted, of which only the networks are imported."""
    source = Path(os.environ.get("CRESTED", "none")) / "src/crested"
    if not source.is_dir():
        pytest.skip("set CRESTED to a copy of the repository aertslab/CREsted")
    for package in ("crested", "crested.tl", "crested.tl.zoo"):
        module = types.ModuleType(package)
        module.__path__ = [str(source.parent / package.replace(".", "/"))]
        monkeypatch.setitem(sys.modules, package, module)
    network = getattr(importlib.import_module(f"crested.tl.zoo._{name}"), name)(seq_len=1100, num_classes=4)
    random = np.random.Generator(np.random.Philox(4))
    network.set_weights([w * 0.9 + 0.05 * np.abs(random.normal(size=w.shape)) for w in network.get_weights()])
    network.save(tmp_path / "best.keras")
    model = import_weights("crested", tmp_path / "best.keras")
    codes = random.integers(0, 5, (2, 1100)).astype(np.uint8)
    task = describe(model).task
    assert task is not None
    theirs = network.predict_on_batch(one_hot(codes))
    found = task.probabilities(np.asarray(model.predict_on_batch(codes)))
    np.testing.assert_allclose(found, theirs, rtol=0, atol=1e-4 * np.abs(theirs).max())
