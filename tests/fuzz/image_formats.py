"""The files of images: the starting points of the mutation fuzzers."""

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz.formats import Format


def _image(path: Path) -> Any:
    from deepbio.datasets.readers import read_images

    return read_images(path)


def _npz(path: Path) -> Any:
    from deepbio.datasets.readers.npz import read_npz

    return read_npz(path)


def _make_image(name: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        from PIL import Image

        pixels = np.random.default_rng(0).integers(0, 256, (24, 24, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name)
        return folder / name

    return make


def _make_npz(folder: Path) -> Path:
    x, y = np.zeros((3, 8, 8), np.uint8), np.array([[0], [1], [0]])
    arrays = {
        f"{part}_{kind}": value for part in ("train", "val", "test") for kind, value in (("images", x), ("labels", y))
    }
    np.savez_compressed(folder / "a.npz", **arrays)  # type: ignore
    return folder / "a.npz"


def _make_nifti(folder: Path) -> Path:
    import nibabel

    values = np.arange(8 * 8 * 3, dtype=np.int16).reshape(8, 8, 3)
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), folder / "a.nii")
    return folder / "a.nii"


def _make_nifti_gz(folder: Path) -> Path:
    (folder / "b.nii.gz").write_bytes(gzip.compress(_make_nifti(folder).read_bytes()))
    return folder / "b.nii.gz"


def _nifti(path: Path) -> Any:
    from deepbio.datasets.readers.nifti import read_nifti

    return read_nifti(path, window=(40, 400))


def _make_dicom(folder: Path) -> Path:
    from pydicom.data import get_testdata_file

    shutil.copy(str(get_testdata_file("CT_small.dcm")), folder / "a.dcm")
    return folder / "a.dcm"


def _dicom(path: Path) -> Any:
    from deepbio.datasets.readers.dicom import read_dicom

    return read_dicom(path, window=(40, 400))


IMAGE_FORMATS: dict[str, Format] = {
    "png": Format(_make_image("a.png"), _image),
    "jpeg": Format(_make_image("a.jpg"), _image),
    "tiff": Format(_make_image("a.tif"), _image),
    "npz": Format(_make_npz, _npz, "zip"),
    "nifti": Format(_make_nifti, _nifti),
    "nifti.gz": Format(_make_nifti_gz, _nifti, "gzip"),
    "dicom": Format(_make_dicom, _dicom),
}
