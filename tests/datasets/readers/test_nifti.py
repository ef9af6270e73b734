"""NIfTI slices are those that nibabel reads; values that are not finite are named."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deepbio.datasets.readers import read_images, read_nifti
from deepbio.errors import DataError

nibabel = pytest.importorskip("nibabel", reason="needs the extra 'images'")

# real files that come with nibabel
REAL = Path(nibabel.__file__).parent / "tests" / "data"


def write_nifti(path, volume, **header):
    image = nibabel.Nifti1Image(volume, np.eye(4), dtype=volume.dtype)
    for name, value in header.items():
        image.header[name] = value
    nibabel.save(image, path)
    return path


@pytest.mark.parametrize("name", ["anatomical.nii", "standard.nii.gz"])
def test_real_volumes_agree_with_nibabel(name):
    volume = nibabel.load(REAL / name).get_fdata()
    low, high = volume.min(), volume.max()
    expected = np.floor((volume - low) / (high - low) * 255 + 0.5)
    found = read_nifti(REAL / name, window="full")
    assert found.shape == (volume.shape[2], *volume.shape[:2], 1)
    assert np.abs(found[..., 0].astype(int) - np.moveaxis(expected, 2, 0)).max() <= 1
    assert (found[..., 0] == np.moveaxis(expected, 2, 0)).mean() > 0.999


@settings(max_examples=20)
@given(arrays(np.uint8, st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 4))))
def test_bytes_come_back_exactly(tmp_path_factory, volume):
    path = write_nifti(tmp_path_factory.mktemp("nifti") / "a.nii.gz", volume)
    assert (read_nifti(path)[..., 0] == np.moveaxis(volume, 2, 0)).all()


def test_slices_are_images_by_number(tmp_path):
    volume = np.random.default_rng(0).integers(-1000, 2000, (4, 5, 6)).astype(np.int16)
    path = write_nifti(tmp_path / "ct.nii", volume)
    images = read_images(path, window=(40, 400))
    assert images.shape == (6, 4, 5, 1)
    assert images.ids.tolist()[-1] == "ct.nii#6"
    expected = np.clip((volume[:, :, 3] + 160) / 400, 0, 1) * 255
    assert (images[3][..., 0] == np.floor(expected + 0.5)).all()


def test_the_display_range_of_the_header_is_the_window(tmp_path):
    volume = np.array([[[0.0, 1.0, 2.0]]], np.float32)
    path = write_nifti(tmp_path / "a.nii", volume, cal_min=0, cal_max=2)
    assert read_nifti(path).squeeze().tolist() == [0, 128, 255]


def test_without_a_range_a_window_is_asked_for(tmp_path):
    path = write_nifti(tmp_path / "a.nii", np.zeros((2, 2, 2), np.int16))
    with pytest.raises(DataError, match=r"a\.nii: the file does not say which grey values to show"):
        read_nifti(path)


def test_values_that_are_not_finite_are_named_or_made_low(tmp_path):
    volume = np.ones((2, 2, 3), np.float32)
    volume[1, 0, 2] = np.nan
    path = write_nifti(tmp_path / "a.nii", volume)
    with pytest.raises(DataError, match=r"a\.nii, slice 3: 1 voxel\(s\) are NaN or infinite, the first at \(1, 0, 2\)"):
        read_nifti(path, window=(1, 2))
    assert read_nifti(path, window=(0.5, 1), missing="low")[2].squeeze().tolist() == [[255, 255], [0, 255]]


def test_volumes_over_time_and_damage_are_named(tmp_path):
    with pytest.raises(DataError, match=r"functional\.nii: expected a volume of three axes"):
        read_nifti(REAL / "functional.nii", window="full")
    content = (REAL / "anatomical.nii").read_bytes()
    (tmp_path / "short.nii").write_bytes(content[: len(content) // 2])
    (tmp_path / "short.nii.gz").write_bytes(gzip.compress(content)[:-100])
    (tmp_path / "text.nii").write_text("no volume")
    for name, message in (
        ("short.nii", "cut short or damaged"),
        ("short.nii.gz", "damaged|cannot be read"),
        ("text.nii", "cannot be read"),
    ):
        with pytest.raises(DataError, match=rf"{name}: .*(?:{message})"):
            read_nifti(tmp_path / name, window="full")


def test_ras_orders_the_axes_by_the_body(tmp_path):
    volume = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    affine = np.diag([-1.0, 1, 1, 1])[
        [2, 0, 1, 3]
    ]  # the first axis runs to the front, the second up, the third to the left
    image = nibabel.Nifti1Image(volume, affine @ np.eye(4))
    nibabel.save(image, tmp_path / "a.nii")
    expected = nibabel.as_closest_canonical(image)
    assert nibabel.aff2axcodes(expected.affine) == ("R", "A", "S")
    found = read_nifti(tmp_path / "a.nii", orient="RAS")[..., 0]
    assert (np.moveaxis(found, 0, 2) == np.asarray(expected.dataobj)).all()
    images = read_images(tmp_path / "a.nii", orient="RAS")
    assert (images[np.arange(len(images))][..., 0] == found).all()
    assert images.fingerprint() != read_images(tmp_path / "a.nii").fingerprint()


def test_an_orientation_that_is_not_stated_is_refused(tmp_path):
    path = write_nifti(tmp_path / "a.nii", np.zeros((2, 3, 4), np.uint8))
    image = nibabel.load(path)
    image.header["sform_code"] = image.header["qform_code"] = 0
    nibabel.save(nibabel.Nifti1Image(np.asarray(image.dataobj), None, image.header), path)
    with pytest.raises(DataError, match=r"a\.nii: the header does not say how the volume lies"):
        read_images(path, orient="RAS")
    with pytest.raises(DataError, match="orient is 'RAS' or None"):
        read_images(path, orient="LPS")  # type: ignore[arg-type]


def test_two_axes_are_one_slice_and_four_are_refused_with_the_way(tmp_path):
    flat = np.arange(6, dtype=np.uint8).reshape(2, 3)
    path = write_nifti(tmp_path / "a.nii", flat)
    assert (read_images(path)[0][..., 0] == flat).all()
    path = write_nifti(tmp_path / "b.nii", np.zeros((2, 3, 4, 5), np.uint8))
    with pytest.raises(DataError, match=r"b\.nii: expected a volume of three axes.*four_to_three"):
        read_images(path)
