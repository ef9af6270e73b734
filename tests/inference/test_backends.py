"""Keras on another backend than TensorFlow: `predict` and `evaluate` work, `fit` says at once that it does not."""

import json
import os
import subprocess

import keras
import numpy as np
import pytest

import deepbio
from deepbio.datasets import load_dataset
from deepbio.errors import TrainingError
from deepbio.zoo import get_model

PROGRAM = """
import json, sys, keras, numpy as np, deepbio
from deepbio.datasets import load_dataset
from deepbio.zoo import get_model
data, model = load_dataset("uci_splice"), get_model("dna_cnn.uci_splice")
found = deepbio.evaluate(model, data.test, n_resamples=0).metrics["accuracy"].value
print(json.dumps([keras.backend.backend(), found, deepbio.predict(model, data.test.x[:300]).tolist()]))
"""


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
def test_predictions_on_jax_equal_those_on_tensorflow():
    python = os.environ.get("JAX_PYTHON")
    if python is None:
        pytest.skip("needs an interpreter with deepbio's packages and jax: JAX_PYTHON")
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    done = subprocess.run([python, "-c", PROGRAM], capture_output=True, text=True, env=environment, check=True)
    backend, accuracy, p = json.loads(done.stdout.splitlines()[-1])
    data, model = load_dataset("uci_splice"), get_model("dna_cnn.uci_splice")
    assert backend == "jax"
    assert accuracy == deepbio.evaluate(model, data.test, n_resamples=0).metrics["accuracy"].value
    np.testing.assert_allclose(p, deepbio.predict(model, data.test.x[:300]), atol=1e-5)
