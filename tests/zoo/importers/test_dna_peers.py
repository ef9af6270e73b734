"""HyenaDNA, Sei, Malinois and ProCapNet against their authors' code: the same outputs, and as many parameters.

PEERS_PYTHON names a Python with PyTorch, einops and SciPy; HYENADNA, SEI, BODA2 and PROCAPNET copies of the repositories
HazyResearch/hyena-dna, FunctionLab/sei-framework, sjgosai/boda2 and kundajelab/ProCapNet.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepbio.zoo import get_model, model_spec
from deepbio.zoo.importers import import_weights

SIDE = Path(__file__).with_name("dna_side.py")
pytestmark = pytest.mark.peers


def peer(name, folder):
    """Let the authors' code write its weights and its outputs into a folder, and return the arrays."""
    command = [os.environ.get("PEERS_PYTHON", sys.executable), str(SIDE), name, str(folder)]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if "No module named" in done.stderr:
        pytest.skip(f"{done.stderr.strip().splitlines()[-1]}; set PEERS_PYTHON and the repository")
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(np.load(folder / "result.npz"))


def assert_same(name, ours, theirs):
    """Compare to 1e-4 of the largest, and print the difference."""
    ours = np.asarray(ours, np.float64)
    assert ours.shape == theirs.shape
    assert theirs.std() > 0.001 * np.abs(theirs).mean()
    difference = np.abs(ours - theirs).max() / np.abs(theirs).max()
    print(f"{name}: largest difference {difference:.1e} of the largest output")
    assert difference < 1e-4


def test_hyenadna_predicts_the_next_base_as_the_authors_code(tmp_path):
    found = peer("hyenadna", tmp_path)
    model = import_weights("hyenadna", tmp_path / "weights.ckpt", length=found["codes"].shape[1])
    assert_same("hyenadna", model.predict_on_batch(found["codes"]), found["outputs"])
    for size in ("tiny", "small", "medium"):
        assert model_spec(f"hyenadna_{size}").parameters == found[size]


def test_hyenadna_classifies_by_the_mean_as_the_authors_code(tmp_path):
    found = peer("hyenadna_classes", tmp_path)
    language = import_weights("hyenadna", tmp_path / "weights.ckpt", length=200)
    options: dict[str, Any] = {"embedding_dim": 24, "num_layers": 2, "max_length": 258, "filter_units": 16}
    model = get_model("hyenadna_tiny", input_shape=200, outputs=3, **options)
    values = {weight.path: weight for weight in language.weights}
    for weight in model.weights:
        if weight.path.startswith("head"):
            weight.assign(found[weight.path.removeprefix("head/")])
        elif "seed_generator" not in weight.path:
            weight.assign(values[weight.path])
    assert_same("hyenadna", model.predict_on_batch(found["codes"]), found["outputs"])


def test_sei_predicts_as_the_authors_code(tmp_path):
    found = peer("sei", tmp_path)
    model = import_weights("sei", tmp_path / "sei.pth", length=640)
    assert_same("sei", 1 / (1 + np.exp(-np.asarray(model.predict_on_batch(found["codes"])))), found["p"])
    assert model_spec("sei").parameters == found["parameters"]


def test_malinois_predicts_as_the_authors_code(tmp_path):
    found = peer("malinois", tmp_path)
    model = import_weights("malinois", tmp_path / "torch_checkpoint.pt")
    assert model.input_shape == (None, 600)
    assert_same("malinois", model.predict_on_batch(found["codes"]), found["outputs"])
    assert model_spec("malinois").parameters == found["parameters"]


def test_procapnet_predicts_as_the_authors_code_whose_convolutions_are_padded(tmp_path):
    found = peer("procapnet", tmp_path)
    model = import_weights("procapnet", tmp_path / "model.torch")
    rates = np.asarray(model.predict_on_batch(found["codes"]), np.float64)
    total = np.log(np.exp(rates).sum(axis=(1, 2)))
    assert_same("procapnet profile", rates - total[:, None, None], found["profile"])
    assert_same("procapnet counts", total, found["counts"])
    assert model_spec("procapnet").parameters == found["parameters"]
