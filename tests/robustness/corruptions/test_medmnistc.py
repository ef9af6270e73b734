"""MedMNIST-C's amounts and functions are those of its own package, for every data set, kind and severity that needs no ImageMagick.

MEDMNISTC_PYTHON names a Python with medmnistc 0.1.0; otherwise this one is tried.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from deepbio.robustness import medmnist_c

PYTHON = os.environ.get("MEDMNISTC_PYTHON", sys.executable)
SIDE = Path(__file__).with_name("medmnistc_side.py")
NAMES = {"jpeg_compression": "jpeg", "gamma_corr_up": "gamma_up", "gamma_corr_down": "gamma_down"}
ONE_GREY_VALUE = {"defocus_blur", "gaussian_blur", "saturate"}  # sums and colour spaces in another order of operations


@pytest.mark.peers
def test_corruptions_at_224_pixels_are_those_of_medmnistc(tmp_path):
    random = np.random.Generator(np.random.Philox(0))
    field = ndimage.gaussian_filter(random.standard_normal((224, 224, 3)), (6, 6, 0))
    x = (255 * (field - field.min()) / (field.max() - field.min())).astype(np.uint8)
    np.savez(tmp_path / "x.npz", x=x)
    command = [PYTHON, "-W", "ignore", str(SIDE), str(tmp_path / "x.npz"), str(tmp_path / "out.npz")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "No module named" in done.stderr:
        pytest.skip("medmnistc is not installed; MEDMNISTC_PYTHON names a Python that has it")
    assert done.returncode == 0, done.stderr[-2000:]
    with np.load(tmp_path / "out.npz") as theirs:
        assert len(theirs.files) == 600
        for key in map(str, theirs.files):
            dataset, name, severity = key.split("/")
            one = medmnist_c(dataset)[NAMES.get(name, name)]
            numbers = np.random.default_rng(0) if name == "impulse_noise" else np.random.RandomState(0)
            options = {"scale": 1.0} if one.reference else {}
            ours = one.damage(x, one.amounts[int(severity) - 1], numbers, **options)
            apart = np.abs(ours.astype(int) - theirs[key])
            assert apart.max() <= (1 if name in ONE_GREY_VALUE else 0), key
