"""Keras on another backend than TensorFlow: `predict` and `evaluate` work, `fit` says at once that it does not."""

import importlib.util
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

import deepbio
from deepbio.datasets import load_dataset
from deepbio.errors import TrainingError
from deepbio.zoo import get_model
from tests.zoo.test_every_model import every_modality, perturb, some_input, tiny_dataset, tiny_model

PROGRAM = """
import json, sys, keras, numpy as np, deepbio
from deepbio.datasets import load_dataset
from deepbio.zoo import get_model
data, model = load_dataset("uci_splice"), get_model("dna_cnn.uci_splice")
found = deepbio.evaluate(model, data.test, n_resamples=0).metrics["accuracy"].value
refused = ""
try:
    deepbio.fit(model, data)
except deepbio.errors.TrainingError as error:
    refused = str(error)
print(json.dumps([keras.backend.backend(), found, deepbio.predict(model, data.test.x[:300]).tolist(), refused]))
"""
SAVED = """
import pathlib, sys, keras, numpy as np, deepbio
for file in pathlib.Path(sys.argv[1]).glob("*.keras"):
    p = deepbio.predict(keras.saving.load_model(file, compile=False), np.load(file.with_suffix(".npy")))
    np.save(file.with_suffix(f".{keras.backend.backend()}.npy"), p)
"""


def run_on(backend, program, *arguments):
    """Run a program on a backend: with the interpreter of JAX_PYTHON or TORCH_PYTHON, or this one if it has the package."""
    python = os.environ.get(f"{backend.upper()}_PYTHON")
    if python is None and importlib.util.find_spec(backend) is None:
        pytest.skip(
            f"needs {backend} here, or an interpreter with deepbio's packages and {backend}: {backend.upper()}_PYTHON"
        )
    environment = {**os.environ, "KERAS_BACKEND": backend}
    command = [python or sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout


@pytest.fixture
def other_backend(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")


def test_fit_is_refused_before_it_starts(other_backend):
    data = load_dataset("xor")
    with pytest.raises(
        TrainingError, match="fit trains on TensorFlow; Keras runs on jax. Set KERAS_BACKEND=tensorflow"
    ):
        deepbio.fit(get_model("mlp", dataset=data), data)


def test_predictions_go_through_the_compiled_pass_of_keras(monkeypatch):
    data, model = load_dataset("xor"), get_model("mlp", dataset=load_dataset("xor"), seed=0)
    expected = deepbio.predict(model, data.test, batch_size=64)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    np.testing.assert_allclose(deepbio.predict(model, data.test, batch_size=64), expected, atol=1e-6)
    assert deepbio.predict(model, data.test.x[:1]).shape == (1,)


@pytest.mark.peers
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_predictions_on_another_backend_equal_those_on_tensorflow(backend):
    name, accuracy, p, refused = json.loads(run_on(backend, PROGRAM).splitlines()[-1])
    data, model = load_dataset("uci_splice"), get_model("dna_cnn.uci_splice")
    assert name == backend
    assert accuracy == deepbio.evaluate(model, data.test).metrics["accuracy"].value
    np.testing.assert_allclose(p, deepbio.predict(model, data.test.x[:300]), atol=1e-5)
    assert refused.startswith(f"fit trains on TensorFlow; Keras runs on {backend}.")


@pytest.mark.peers
@pytest.mark.timeout(1800)
@pytest.mark.filterwarnings("ignore:You are saving:UserWarning")
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_each_model_of_the_registry_predicts_alike(backend, tmp_path):
    expected = {}
    for case in every_modality():
        name, modality = case.values
        data = tiny_dataset(name, modality)
        model = tiny_model(name, data, seed=0)
        perturb(model)
        x = some_input(data.input, 5)
        np.save(tmp_path / f"{name}-{modality}.npy", x)
        model.save(tmp_path / f"{name}-{modality}.keras")
        expected[f"{name}-{modality}"] = deepbio.predict(model, x)
    run_on(backend, SAVED, str(tmp_path))
    found = {name: np.load(tmp_path / f"{name}.{backend}.npy") for name in expected}
    worst = {name: float(np.abs(found[name] - p).max() / max(1, np.abs(p).max())) for name, p in expected.items()}
    sums = worst.pop("perceptron-image")  # of 1,024 pixels up to 255: 1.3e-5 on PyTorch
    assert (max(worst.values()) <= 1e-5, sums <= 5e-5) == (True, True), (worst, sums)
