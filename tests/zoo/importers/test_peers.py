"""Importers against the authors' own code: random weights, saved by their own `save`, give the same outputs here.

PEERS_PYTHON names a Python with PyTorch and the packages of the authors; otherwise this one is tried.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deepbio.zoo.importers import import_weights

SIDE = Path(__file__).with_name("peers_side.py")
PYTHON = os.environ.get("PEERS_PYTHON", sys.executable)
pytestmark = pytest.mark.peers


def peer(name, folder):
    """Let the authors' code write its weights and its outputs into a folder, and return the arrays."""
    done = subprocess.run([PYTHON, str(SIDE), name, str(folder)], capture_output=True, text=True, check=False)
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


@pytest.mark.parametrize("case", ["bpnet", "bpnet_strands"])
def test_bpnet_lite(case, tmp_path):
    found = peer(case, tmp_path)
    model = import_weights("bpnet_lite", tmp_path / "model.torch", length=found["codes"].shape[1])
    profile, total = bpnet_parts(model.predict_on_batch(found["codes"]))
    assert_same(profile, found["profile"])
    assert_same(total, found["counts"])
