"""DICOM is read as pydicom reads it: rescaled, windowed, bright is high; what is no image is named."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbio.datasets import Dataset
from deepbio.datasets.readers import read_dicom, read_images
from deepbio.datasets.readers.grey_window import apply_window, check_window
from deepbio.errors import DataError

pydicom = pytest.importorskip("pydicom", reason="needs the extra 'images'")
from pydicom.dataset import Dataset as Dicom  # noqa: E402
from pydicom.pixels import apply_modality_lut, apply_voi_lut, pixel_array  # noqa: E402
from pydicom.sequence import Sequence  # noqa: E402

# real files that come with pydicom
REAL = Path(pydicom.__file__).parent / "data" / "test_files"


def write_dicom(path, pixels, **changed):
    """Write grey frames as a file of 16 bits."""
    pixels = np.asarray(pixels)
    file = Dicom()
    file.file_meta = pydicom.dataset.FileMetaDataset()
    file.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    file.file_meta.MediaStorageSOPClassUID = file.SOPClassUID = pydicom.uid.CTImageStorage
    file.file_meta.MediaStorageSOPInstanceUID = file.SOPInstanceUID = "1.2.3"
    file.Modality, file.PhotometricInterpretation, file.SamplesPerPixel = "CT", "MONOCHROME2", 1
    file.Rows, file.Columns = pixels.shape[-2:]
    file.BitsAllocated, file.BitsStored, file.HighBit = 16, 16, 15
    file.PixelRepresentation = int(pixels.dtype.kind == "i")
    if pixels.ndim == 3:
        file.NumberOfFrames = len(pixels)
    file.PixelData = pixels.astype("<i2" if pixels.dtype.kind == "i" else "<u2").tobytes()
    for name, value in changed.items():
        if value is None:
            delattr(file, name)
        else:
            setattr(file, name, value)
    file.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm"])
def test_real_grey_files_agree_with_pydicom(name):
    file = pydicom.dcmread(REAL / name)
    values = apply_modality_lut(pixel_array(file), file).astype(np.float64)
    # the ends of the stored bits, rescaled: those of pydicom's window, and of the full range
    bits, slope, intercept = (
        int(file.BitsStored),
        float(file.get("RescaleSlope", 1)),
        float(file.get("RescaleIntercept", 0)),
    )
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if file.PixelRepresentation else (0, 2**bits - 1)
    low, high = low * slope + intercept, high * slope + intercept
    full = np.floor((values - low) / (high - low) * 255 + 0.5)
    assert np.abs(read_dicom(REAL / name, window="full")[0, ..., 0] - full).max() <= 1e-9
    if "WindowCenter" in file:
        windowed = np.floor((apply_voi_lut(values, file) - low) / (high - low) * 255 + 0.5)
        assert np.abs(read_dicom(REAL / name)[0, ..., 0] - windowed).max() <= 1e-9


@pytest.mark.parametrize("name", ["examples_rgb_color.dcm", "SC_rgb_rle.dcm", "SC_rgb_rle_2frame.dcm"])
def test_real_colour_files_agree_with_pydicom(name):
    expected = pixel_array(pydicom.dcmread(REAL / name))
    assert (read_dicom(REAL / name) == expected.reshape(-1, *expected.shape[-3:])).all()


def test_a_real_palette_becomes_its_colours():
    file = pydicom.dcmread(REAL / "examples_palette.dcm")
    expected = pydicom.pixels.apply_color_lut(pixel_array(file), file) >> 8
    assert (read_dicom(REAL / "examples_palette.dcm")[0] == expected).all()


@settings(max_examples=50)
@given(
    st.integers(-2000, 3000), st.integers(100, 5000), st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]),
    st.lists(st.integers(-1024, 3071), min_size=1, max_size=30),
)  # fmt: skip
def test_every_window_agrees_with_pydicom(center, width, shape, values):
    file = Dicom()
    file.PhotometricInterpretation, file.BitsStored, file.PixelRepresentation = "MONOCHROME2", 16, 0
    file.WindowCenter, file.WindowWidth, file.VOILUTFunction = center, width, shape
    expected = apply_voi_lut(np.array(values, np.float64), file) / 65535 * 255
    assert np.abs(apply_window(np.array(values), center, width, shape) - expected).max() <= 0.5 + 1e-9


def test_hounsfield_units_are_windowed_as_asked(tmp_path):
    # 40 and 400 show -160 to 240 HU
    stored = np.array([[0, 864, 1064, 1264, 4000]], np.uint16)
    path = write_dicom(tmp_path / "a.dcm", stored, RescaleSlope=1, RescaleIntercept=-1024)
    assert read_dicom(path, window=(40, 400)).squeeze().tolist() == [0, 0, 128, 255, 255]
    assert read_images(path, window=(40, 400))[np.array([0])].squeeze().tolist() == [0, 0, 128, 255, 255]
    assert read_dicom(path, window="full").squeeze()[[0, 4]].tolist() == [0, 16]  # 4000 of 65535


def test_where_low_is_bright_the_image_is_turned_round(tmp_path):
    stored = np.array([[0, 100, 200]], np.uint16)
    options = {"WindowCenter": 100, "WindowWidth": 200, "VOILUTFunction": "LINEAR_EXACT"}
    one = read_dicom(write_dicom(tmp_path / "1.dcm", stored, **options))
    two = read_dicom(write_dicom(tmp_path / "2.dcm", stored, PhotometricInterpretation="MONOCHROME1", **options))
    assert one.squeeze().tolist() == [0, 128, 255]
    assert (two == 255 - one).all()


def test_frames_are_images_of_their_own_and_one_group(tmp_path):
    draw = np.random.default_rng(0)
    for label in ("calm", "wild"):
        (tmp_path / label).mkdir()
        for i in range(10):
            frames = draw.integers(0, 65536, (3, 4, 5), dtype=np.uint16)
            write_dicom(tmp_path / label / f"{i}.dcm", frames, SOPInstanceUID=f"1.2.{i}")
    images = read_images(tmp_path / "calm", window="full")
    assert images.shape == (30, 4, 5, 1)
    assert images.ids[:4].tolist() == ["0.dcm#1", "0.dcm#2", "0.dcm#3", "1.dcm#1"]
    whole = images[np.arange(30)]
    assert (whole[[29, 0, 4]] == images[np.array([29, 0, 4])]).all()
    assert (read_dicom(tmp_path / "calm" / "0.dcm", window="full") == whole[:3]).all()
    assert len(set(images.digests())) == 30
    data = Dataset.from_folder(tmp_path, window="full")
    files = [{id.split("#")[0] for id in split.ids} for _, split in data.splits()]
    assert sum(map(len, files)) == 20
    assert sum(len(split) for _, split in data.splits()) == 60


def test_an_enhanced_file_rescales_each_frame(tmp_path):
    def group(slope):
        values = Dicom()
        values.RescaleSlope, values.RescaleIntercept, values.RescaleType = slope, 0, "US"
        part = Dicom()
        part.PixelValueTransformationSequence = Sequence([values])
        return part

    frames = np.full((2, 1, 1), 100, np.uint16)
    path = write_dicom(tmp_path / "a.dcm", frames, PerFrameFunctionalGroupsSequence=Sequence([group(1), group(2)]))
    assert read_dicom(path, window=(127.5, 255)).squeeze().tolist() == [100, 200]


@pytest.mark.parametrize("name", ["rtplan.dcm", "reportsi.dcm", "test-SR.dcm", "waveform_ecg.dcm"])
def test_a_real_file_without_pixels_is_named(name):
    with pytest.raises(DataError, match=rf"{name}: this DICOM file contains no image"):
        read_dicom(REAL / name)


def test_a_real_file_that_is_cut_short_is_named(monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns of the length, too
        with pytest.raises(DataError, match=r"MR_truncated\.dcm, frame 1: the pixels cannot be decoded"):
            read_dicom(REAL / "MR_truncated.dcm")


@pytest.mark.parametrize("window", ["soft", (40, 0), (40, -1), (40,), (float("nan"), 1)])
def test_a_window_that_is_none_is_refused(window):
    with pytest.raises(DataError, match="window"):
        check_window(window)


def test_a_study_in_files_without_endings_is_one_group(tmp_path):
    draw = np.random.default_rng(0)
    for i in range(24):
        folder = tmp_path / "ab"[i % 2] / f"study{i % 12}"
        folder.mkdir(parents=True, exist_ok=True)
        for j in range(2):  # slices, each a file
            options = {"SOPInstanceUID": f"1.2.{i}.{j}", "StudyInstanceUID": f"1.9.{i % 12}"}
            write_dicom(folder / f"IM{i:03}{j}", draw.integers(0, 65536, (4, 5), np.uint16), **options)
    data = Dataset.from_folder(tmp_path, window="full")
    studies = [{str(id).split("/")[1] for id in split.ids} for _, split in data.splits()]
    assert sum(map(len, studies)) == 12
    assert sum(len(split) for _, split in data.splits()) == 48


def test_a_dicomdir_is_read_in_its_order_and_skipped_in_a_folder():
    disc = REAL / "dicomdirtests"
    images = read_images(disc / "DICOMDIR", shape=(8, 8, 1), window="full")
    assert images.ids[0] == "77654033/CR1/6154"
    assert len(images) == len(read_images(disc / "77654033", shape=(8, 8, 1), window="full")) + len(
        read_images(disc / "98892001", shape=(8, 8, 1), window="full")
    ) + len(read_images(disc / "98892003", shape=(8, 8, 1), window="full"))


def enhanced(**values):
    part = Dicom()
    for name, value in values.items():
        setattr(part, name, value)
    return Sequence([part])


def table(bits, entries=(0, 255)):
    return enhanced(LUTDescriptor=[len(entries), 0, bits], LUTData=np.array(entries, "<u2").tobytes())


ODD = {
    "an overlay above the stored bits": ({"BitsStored": 12, "HighBit": 11, "WindowCenter": 2048, "WindowWidth": 4096}, None),
    "stored bits in the middle": ({"BitsStored": 12, "HighBit": 13}, "contradicts itself"),
    "more bits stored than allocated": ({"BitsStored": 20, "HighBit": 19}, "contradicts itself"),
    "a slope of zero": ({"RescaleSlope": 0, "RescaleIntercept": 5}, r"RescaleSlope \(0028,1053\) is 0"),
    "a window of no width": ({"WindowCenter": 5, "WindowWidth": 0}, "does not say which grey values"),
    "a modality table of no bits": ({"ModalityLUTSequence": table(0)}, "LUTDescriptor of ModalityLUTSequence says 0 bits"),
    "a VOI table of 32 bits": ({"VOILUTSequence": table(32)}, "LUTDescriptor of VOILUTSequence says 32 bits"),
    "no photometric interpretation": ({"PhotometricInterpretation": None}, "lacks PhotometricInterpretation"),
    "grey of three samples": ({"SamplesPerPixel": 3}, "describes no image: .* 3 sample"),
    "no rows": ({"Rows": 0}, "describes no image: 0 x"),
    "more frames than pixels": ({"NumberOfFrames": 3, "WindowCenter": 5, "WindowWidth": 9}, "frame 1: .* cannot be decoded"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
def test_odd_headers_are_right_or_one_error(tmp_path, kind):
    changed, message = ODD[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = write_dicom(tmp_path / "a.dcm", np.array([[0, 2048, 4095 + 4096 * 8]], np.uint16), **changed)
        if message is None:
            assert read_dicom(path).squeeze().tolist() == [0, 128, 255]  # the unused bits mean nothing (PS3.5, 8.1.1)
            return
        with pytest.raises(DataError, match=rf"a\.dcm.*{message}"):
            read_dicom(path)


def test_a_window_of_one_value_is_a_threshold():
    # PS3.3, C.11.2.1.2: LINEAR of width 1 is 0 up to the center less one half, and 255 above
    assert apply_window(np.array([4, 5, 6]), 5, 1, "LINEAR").tolist() == [0, 255, 255]


@pytest.mark.parametrize(
    ("kind", "message"),
    [("HSV", "written as HSV are not read"), ("CMYK", "written as CMYK"), ("YBR_RCT", "YBR_RCT is for JPEG 2000")],
)
def test_colours_that_would_be_shown_as_others_are_refused(tmp_path, kind, message):
    colours = {"PhotometricInterpretation": kind, "SamplesPerPixel": 3, "PlanarConfiguration": 0}
    depth = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelData": bytes(range(48)), "Rows": 4, "Columns": 4}
    path = write_dicom(tmp_path / "a.dcm", np.zeros((4, 4), np.uint16), **colours, **depth)
    with pytest.raises(DataError, match=message):
        read_dicom(path)
