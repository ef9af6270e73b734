"""Every file that comes with pydicom is read as pydicom reads it, or refused with one error (`benchmarks/image_sweep.py` counts)."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from deepbio.datasets.readers import read_images
from deepbio.errors import DataError, OptionalDependencyError

pydicom = pytest.importorskip("pydicom", reason="needs the extra 'images'")
from pydicom.pixels import apply_modality_lut, apply_voi_lut, pixel_array  # noqa: E402

FOLDER = Path(pydicom.__file__).parent / "data" / "test_files"
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file() and path.name != "DICOMDIR")


@pytest.mark.parametrize("window", [None, "full"])
def test_every_file_is_right_or_one_error(window):
    right = unnamed = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns of what it repairs
        for path in FILES:
            try:
                images = read_images(path, window=window)
                found = images[np.arange(len(images))]
            except (DataError, OptionalDependencyError) as error:
                unnamed += path.name not in str(error)
                continue
            file = pydicom.dcmread(path)
            if not file.PhotometricInterpretation.startswith("MONOCHROME"):
                continue
            expected = grey(file, pixel_array(file), window).reshape(found.shape)
            assert np.abs(found - expected).max() <= 1, path.name
            right += 1
    assert (right > 20, unnamed) == (True, 0)


def grey(file, values, window):
    """Return stored values as 0 to 255 by pydicom's functions, for files with a window or at most 8 bits."""
    bits, signed = int(file.BitsStored), int(file.PixelRepresentation)
    ends = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    slope, intercept = float(file.get("RescaleSlope", 1)), float(file.get("RescaleIntercept", 0))
    low, high = sorted(end * slope + intercept for end in ends)
    shown = apply_modality_lut(values, file)
    if window is None and "WindowCenter" in file:
        shown = apply_voi_lut(shown, file, prefer_lut=False)
    shown = (np.clip(shown.astype(np.float64), low, high) - low) / (high - low) * 255
    return 255 - shown if file.PhotometricInterpretation == "MONOCHROME1" else shown
