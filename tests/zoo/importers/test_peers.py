"""Importers against the authors' own code: random weights, saved by their own `save`, give the same outputs here.

PEERS_PYTHON names a Python with PyTorch and the packages of the authors; otherwise this one is tried. PANGOLIN and KIPOI_MODELS name
copies of the repositories tkzeng/Pangolin and kipoi/models.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deepbio.zoo import describe
from deepbio.zoo.importers import import_weights

SIDE = Path(__file__).with_name("peers_side.py")
PYTHON = os.environ.get("PEERS_PYTHON", sys.executable)
pytestmark = pytest.mark.peers


def peer(name, folder, side=SIDE):
    """Let the authors' code write its weights and its outputs into a folder, and return the arrays."""
    done = subprocess.run([PYTHON, str(side), name, str(folder)], capture_output=True, text=True, check=False)
    if "No module named" in done.stderr:
        pytest.skip(f"a package is not installed ({done.stderr.splitlines()[-1]}); set PEERS_PYTHON")
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(np.load(folder / "result.npz"))


def assert_same(ours, theirs):
    """Compare to 1e-4 of the largest."""
    assert theirs.std() > 0
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4 * np.abs(theirs).max())


def bpnet_parts(log_rates):
    """Return what bpnet-lite returns: the profile's log-softmax over positions and tracks, and the log of all reads."""
    rates = np.asarray(log_rates, np.float64)
    total = np.log(np.exp(rates).sum(axis=(1, 2)))
    return rates - total[:, None, None], total


def logit(p):
    """Return the logits of probabilities in float64."""
    p = np.asarray(p, np.float64)
    return np.log(p) - np.log1p(-p)


@pytest.mark.parametrize(
    ("case", "format"),
    [("bpnet", "bpnet_lite"), ("bpnet_strands", "bpnet_lite"), ("chrombpnet", "bpnet_lite_chrombpnet")],
)
def test_bpnet_lite(case, format, tmp_path):
    found = peer(case, tmp_path)
    model = import_weights(format, tmp_path / "model.torch", length=found["codes"].shape[1])
    profile, total = bpnet_parts(model.predict_on_batch(found["codes"]))
    assert_same(profile, found["profile"])
    assert_same(total, found["counts"])


def test_openspliceai(tmp_path):
    found = peer("openspliceai", tmp_path)
    model = import_weights("openspliceai", tmp_path / "model_best.pt", positions=21)
    assert model.name == "spliceai"
    assert_same(model.predict_on_batch(found["codes"]), found["logits"])


def test_pangolin(tmp_path):
    found = peer("pangolin", tmp_path)
    model = import_weights("pangolin", tmp_path / "final.1.0.3", positions=21)
    z = np.asarray(model.predict_on_batch(found["codes"])[0], np.float64)
    p = 1 / (1 + np.exp(-z))
    assert_same(p[:, 0::2].T, found["p"][1::3])  # of a splice site: the second of each softmax
    assert_same(p[:, 1::2].T, found["p"][2::3])  # usage
    # the softmaxes of the authors have two logits, this model their difference
    assert found["parameters"] - 4 * 33 == sum(np.size(w) for w in model.trainable_weights)


def test_torchxrayvision(tmp_path):
    found = peer("torchxrayvision", tmp_path)
    (file,) = tmp_path.glob("*.pt")
    model = import_weights("torchxrayvision", file)
    logits = np.asarray(model.predict_on_batch(found["images"]))
    assert_same(logits, found["logits"])
    points = describe(model).postprocessing
    assert points is not None
    p = 1 / (1 + np.exp(-logits))
    np.testing.assert_array_equal(p >= np.array(points.thresholds), found["normed"] >= 0.5)


@pytest.mark.parametrize(
    ("case", "format"),
    [
        ("resnet18", "timm_resnet"), ("resnet34", "timm_resnet"), ("resnet50", "timm_resnet"),
        ("tf_efficientnet_lite0", "timm_tf_efficientnet"), ("tf_efficientnet_b0", "timm_tf_efficientnet"),
        ("tf_efficientnet_b1", "timm_tf_efficientnet"),
        *(pytest.param(f"tf_efficientnet_b{i}", "timm_tf_efficientnet", marks=pytest.mark.slow) for i in range(2, 8)),
    ],
)  # fmt: skip
def test_timm(case, format, tmp_path):
    found = peer(case, tmp_path)
    model = import_weights(format, tmp_path / "model.safetensors", image_size=96)
    assert_same(np.asarray(model.predict_on_batch(found["images"])), found["logits"])


@pytest.mark.parametrize("case", ["kipoi_basset", "kipoi_deepsea"])
def test_kipoi(case, tmp_path):
    found = peer(case, tmp_path)
    model = import_weights(case, tmp_path / "model.pth")
    assert_same(np.asarray(model.predict_on_batch(found["codes"])), logit(found["p"]))
