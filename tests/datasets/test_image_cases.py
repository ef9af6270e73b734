"""Images and cells as they come: each kind of file that was once read wrongly in silence is right, or refused with file and reason.

Grey values are by DICOM PS3.3 (C.11.1.1 modality LUT, C.11.2.1.2 windows), PNG (IHDR) and TIFF 6.0 (tags 258, 262, 339), to one
level. The files are in `tests/data/cases/images`; files of pydicom are named as `pydicom.data.get_testdata_file` finds them.
"""

import importlib.util
import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepbio.datasets import Dataset
from deepbio.datasets.readers import read_images
from deepbio.errors import DataError, DeepbioError, OptionalDependencyError

CASES = Path(__file__).parents[1] / "data" / "cases" / "images"
FULL = [0, 6, 31, 62, 93, 125, 187, 255]
TURNED = [255, 239, 191, 127, 68, 37, 6, 0]


def case(name):
    """Return a file of the cases, or one that comes with pydicom (`pydicom:NAME`)."""
    if not name.startswith("pydicom:"):
        return CASES / name
    pydicom = pytest.importorskip("pydicom", reason="needs the extra 'images'")
    return Path(pydicom.__file__).parent / "data" / "test_files" / name.removeprefix("pydicom:")


def shown(name, window=None):
    return read_images(case(name), window=window)[0].ravel()


RIGHT = {
    "the range after a modality LUT is that of its output": ("dicom/modality_lut.dcm", "full", FULL),
    "a DICOM without an ending": ("dicom/IM000001", None, FULL),
    "a DICOM without preamble": ("dicom/no_preamble.dcm", None, FULL),
    "white is zero, 16 bits": ("bitmap/white_is_zero16.tif", (2048, 4096), TURNED),
    "white is zero, 8 bits": ("bitmap/white_is_zero8.tif", None, TURNED),
}


@pytest.mark.parametrize("kind", RIGHT)
def test_grey_values_are_those_of_the_standard(kind):
    name, window, expected = RIGHT[kind]
    assert np.abs(shown(name, window).astype(int) - expected).max() <= 1


NO_WINDOW = (
    r"the file does not say which grey values to show: \d+ bits, and neither a window nor a VOI LUT\. Pass window="
)
ADVICE = "pylibjpeg-libjpeg for JPEG and JPEG-LS, pylibjpeg-openjpeg for JPEG 2000, pylibjpeg-rle"
REFUSED = {
    "CT without a window": ("dicom/ct_without_window.dcm", None, NO_WINDOW),
    "CT without a window (CT_small)": ("pydicom:CT_small.dcm", None, NO_WINDOW),
    "JPEG 2000 without a window": ("pydicom:JPEG2000.dcm", None, NO_WINDOW),
    "a dose without a window": ("pydicom:rtdose_1frame.dcm", None, NO_WINDOW),
    "a modality LUT without a window": ("dicom/modality_lut.dcm", None, NO_WINDOW),
    "a number of frames that is none": ("dicom/bad_number_of_frames.dcm", None, "not valid .*'1A'"),
    "a number of frames that is none (badVR)": ("pydicom:badVR.dcm", None, "not valid .*'1A'"),
    "no bits stored": ("dicom/no_bits_stored.dcm", None, r"lacks BitsStored \(0028,0101\)"),
    "no meta information, and damaged": ("pydicom:no_meta.dcm", None, "expected a DICOM file"),
    "colours of 16 bits, PNG": ("bitmap/rgb16.png", None, "8 bits per pixel and colour; found 3 x 16 bits"),
    "colours of 16 bits, PNG, window": ("bitmap/rgb16.png", (2048, 4096), "found 3 x 16 bits"),
    "colours of 16 bits, TIFF": ("bitmap/rgb16.tif", None, "found 3 x 16 bits"),
    "colours of 16 bits, TIFF, window": ("bitmap/rgb16.tif", (2048, 4096), "found 3 x 16 bits"),
    "32 bits have no full range": ("bitmap/uint32.tif", "full", "integers of 32 bits, without a full range"),
    "a second page without width": ("bitmap/second_page_without_width.tif", None, "the image is damaged"),
    "NaN in a volume": ("nifti/one_nan.nii.gz", "full", r"the first at .*nan='low' \(on the command line --data nan=low\)"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_right_is_one_error_with_the_files_name(kind):
    name, window, message = REFUSED[kind]
    with pytest.raises(DataError, match=message) as caught:
        shown(name, window)
    assert Path(name.removeprefix("pydicom:")).name in str(caught.value)
    assert "force=" not in str(caught.value)
    assert "read_nifti" not in str(caught.value)


@pytest.mark.skipif(importlib.util.find_spec("libjpeg") is not None, reason="the decoder is installed")
def test_a_missing_decoder_names_the_packages_that_help():
    with pytest.raises(OptionalDependencyError, match=rf"JPEGLSNearLossless_08\.dcm: .*{ADVICE}.*deepbio-zoo\[dicom\]"):
        shown("pydicom:JPEGLSNearLossless_08.dcm")


def test_nan_in_a_volume_is_shown_as_the_lowest_value_if_asked():
    read = read_images(CASES / "nifti" / "one_nan.nii.gz", window="full", nan="low")
    assert read[np.arange(len(read))].shape == read.shape


def test_a_header_that_is_damaged_is_one_error_in_a_folder(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for label in "ab":
        (tmp_path / label / "1.dcm").write_bytes((CASES / "dicom" / "bad_number_of_frames.dcm").read_bytes())
    with pytest.raises(DataError, match=r"a/1\.dcm: NumberOfFrames in the DICOM header is not valid"):
        Dataset.from_folder(tmp_path)


@pytest.mark.parametrize(("name", "sizes"), [("train_val", {"valid": 6}), ("Train_Test", {"test": 6})])
def test_folders_of_splits_are_published_splits_in_any_case(name, sizes):
    data = Dataset.from_folder(CASES / "folders" / name)
    assert data.labels == ("cat", "dog")
    found = {part: len(split) for part, split in data.splits()}
    assert sum(found.values()) == 18
    assert sizes.items() <= found.items()


def test_images_beside_masks_are_a_segmentation_set():
    data = Dataset.from_folder(CASES / "folders" / "images_masks")
    assert (data.task.kind, data.labels) == ("per_pixel", ("0", "255"))


def test_a_picture_in_two_classes_is_told(caplog):
    with caplog.at_level(logging.WARNING):
        Dataset.from_folder(CASES / "folders" / "twice")
    assert "One picture has two labels: a/0.png is a and b/9.png is b" in caplog.text


def test_patients_that_are_links_to_folders_are_read(tmp_path, random):
    for label in ("ill", "well"):
        (tmp_path / "scans" / label).mkdir(parents=True)
        for i in range(20):
            patient = tmp_path / "archive" / f"{label}{i}" if i < 12 else tmp_path / "scans" / label / f"own{i}"
            patient.mkdir(parents=True)
            Image.fromarray(random.integers(0, 256, (8, 8), np.uint8)).save(patient / "1.png")
            if i < 12:
                (tmp_path / "scans" / label / f"linked{i}").symlink_to(patient)
    assert sum(len(split) for _, split in Dataset.from_folder(tmp_path / "scans").splits()) == 40
    (tmp_path / "scans" / "ill" / "again").symlink_to(tmp_path / "scans")
    with pytest.raises(DataError, match="the symlink leads back to a folder above it"):
        Dataset.from_folder(tmp_path / "scans")


TABLE = CASES / "tables"
MARKS = ["No Finding", "Cardiomegaly", "Edema", "Pneumonia", "Pleural Effusion"]


@pytest.mark.parametrize("name", ["chexpert.csv", "chexpert_no_blank.csv"])
@pytest.mark.parametrize("kind", [None, "multilabel"])
def test_uncertain_labels_ask_for_a_policy(name, kind):
    with pytest.raises(DataError, match=r"-1.*uncertain="):
        Dataset.from_manifest(TABLE / name, image="Path", targets=MARKS, kind=kind)
    data = Dataset.from_manifest(TABLE / name, image="Path", targets=MARKS, kind=kind, uncertain="missing")
    assert data.task.kind == "multilabel"


def test_grades_are_in_the_order_of_numbers():
    assert Dataset.from_manifest(TABLE / "grades.csv", image="file", label="grade").labels == (
        "0",
        "1",
        "2",
        "10",
        "11",
    )


def test_numbers_are_no_classes_and_masks_are_pixels():
    with pytest.raises(DataError, match=r"targets=\['boneage'\]"):
        Dataset.from_manifest(TABLE / "bone_age.csv", image="id", label="boneage")
    with pytest.raises(DataError, match="kind='per_pixel'"):
        Dataset.from_manifest(TABLE / "masks.csv", image="image", label="mask")
    data = Dataset.from_manifest(TABLE / "masks.csv", image="image", label="mask", kind="per_pixel")
    assert data.train.y.shape[1:] == data.input.shape[:2]


def test_lists_in_a_cell_are_told_or_labels(caplog):
    options = {"image": "Image Index", "label": "Finding Labels", "group": "Patient ID"}
    with caplog.at_level(logging.WARNING):
        Dataset.from_manifest(TABLE / "finding_labels.csv", **options)
    assert "sep='|'" in caplog.text
    data = Dataset.from_manifest(TABLE / "finding_labels.csv", **options, sep="|")
    assert (data.task.kind, data.labels) == ("multilabel", ("Atelectasis", "Effusion"))


def test_a_window_that_pictures_of_8_bits_do_not_need_is_told(tmp_path, random, caplog):
    for i, dtype in enumerate((np.uint8, np.uint8, np.uint16)):
        Image.fromarray(random.integers(0, 256, (4, 4), dtype)).save(tmp_path / f"{i}.png")
    read_images(tmp_path, window=(40, 400))
    assert (
        "0.png is an image of 8 bits, as are 2 of 3: they are read as they are, not through the window (40.0, 400.0)"
        in caplog.text
    )
    caplog.clear()
    read_images(tmp_path, window="full")
    assert caplog.text == ""


def test_a_file_with_two_labels_is_told(caplog):
    with caplog.at_level(logging.WARNING):
        Dataset.from_manifest(TABLE / "twice.csv", image="file", label="y")
    assert "One picture has two labels: v01.png is b and v01.png is a" in caplog.text


def test_masks_of_another_size_are_refused_when_the_data_set_is_built(random):
    x = random.integers(0, 256, (40, 32, 32, 1), np.uint8)
    with pytest.raises(DataError, match=r"masks of 32 x 32 pixels, as the images; received \(16, 16\)"):
        Dataset.from_arrays(x, np.zeros((40, 16, 16), int) + np.eye(16, dtype=int), modality="image", kind="per_pixel")
    with pytest.raises(DataError, match="kind='per_pixel' for masks of images"):
        Dataset.from_arrays(x, np.zeros((40, 32, 32), int), modality="image")


def test_channels_first_and_volumes_are_told(random, caplog):
    with caplog.at_level(logging.WARNING):
        Dataset.from_arrays(random.integers(0, 256, (20, 3, 8, 8), np.uint8), np.arange(20) % 2)
    assert "this looks like channels first. Pass np.moveaxis(x, 1, -1)" in caplog.text
    with caplog.at_level(logging.WARNING):
        Dataset.from_arrays(random.integers(0, 256, (20, 28, 28, 28), np.uint8), np.arange(20) % 2)
    assert "If these are volumes, make each slice an image" in caplog.text
    with pytest.raises(DataError, match=r"Make each slice of a volume an image: x\.reshape\(-1, height"):
        Dataset.from_arrays(random.integers(0, 256, (20, 4, 8, 8, 1), np.uint8), np.arange(20) % 2)


@pytest.fixture
def anndata():
    return pytest.importorskip("anndata", reason="needs the extra 'data'")


CELLS = CASES / "cells"


def test_cells_of_a_backed_file_are_those_in_memory(anndata):
    options = {"label": "ct", "features": ["g3", "g1"]}
    backed = Dataset.from_anndata(anndata.read_h5ad(CELLS / "cells.h5ad", backed="r"), **options)
    assert backed.fingerprint() == Dataset.from_anndata(CELLS / "cells.h5ad", **options).fingerprint()


def test_raw_is_read_and_clusters_are_in_the_order_of_numbers(anndata):
    raw = Dataset.from_anndata(CELLS / "cells.h5ad", label="ct", layer="raw")
    table = anndata.read_h5ad(CELLS / "cells.h5ad")
    expected = table.raw[raw.test.ids.tolist()].X
    assert (raw.test.x == (expected.toarray() if hasattr(expected, "toarray") else expected)).all()
    assert Dataset.from_anndata(CELLS / "cells.h5ad", label="leiden").labels == tuple(map(str, range(12)))


def test_a_gene_that_occurs_twice_is_refused(anndata):
    for features in (["g1", "g2"], None):
        with pytest.raises(DataError, match=r"occur several times in var, for example g1"):
            Dataset.from_anndata(CELLS / "same_gene_twice.h5ad", label="ct", features=features)


@pytest.mark.parametrize(
    "model",
    [
        "image_cnn",
        pytest.param("vit_tiny", marks=pytest.mark.slow),
        pytest.param("efficientnet_lite0", marks=pytest.mark.slow),
    ],
)
def test_numbers_are_learnt_by_models_whose_defaults_are_for_classes(model):
    from deepbio import fit, get_model

    data = Dataset.from_manifest(TABLE / "bone_age.csv", image="id", targets=["boneage"])
    run = fit(get_model(model, dataset=data, seed=0), data, epochs=1, verbose=False)
    assert "r2" in run.valid.metrics or run.valid["rmse"].value > 0


def test_words_without_an_order_are_refused_by_an_ordinal_loss():
    from deepbio import fit, get_model

    data = Dataset.from_manifest(TABLE / "words.csv", image="file", label="grade")
    with pytest.raises(DeepbioError, match="labels="):
        fit(get_model("logistic", dataset=data, seed=0), data, epochs=1, loss="ordinal", verbose=False)
