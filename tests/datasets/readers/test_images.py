import struct
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from deepbio.datasets import Source
from deepbio.datasets.readers import read_image_folder, read_images
from deepbio.errors import DataError

GREY = np.random.default_rng(0).integers(0, 256, (5, 7), dtype=np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 256, (5, 7, 3), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path):
    for name in ("benign", "malignant"):
        (tmp_path / name).mkdir()
        Image.fromarray(GREY).save(tmp_path / name / "1.png")
    return tmp_path


def test_classes_labels_and_ids_are_sorted(folder):
    Image.fromarray(GREY).save(folder / "benign" / "0.tif")
    (folder / "malignant" / "deep").mkdir()
    Image.fromarray(GREY).save(folder / "malignant" / "deep" / "9.png")
    (folder / ".hidden").mkdir()
    (folder / "benign" / ".DS_Store").write_bytes(b"x")
    (folder / "benign" / "Thumbs.db").write_bytes(b"x")
    read = read_image_folder(folder)
    assert read.classes == ("benign", "malignant")
    assert read.images.ids.tolist() == ["benign/0.tif", "benign/1.png", "malignant/1.png", "malignant/deep/9.png"]
    assert read.labels.tolist() == [0, 0, 1, 1]
    assert len(read) == 4


def test_an_image_source_is_a_source_with_batched_access(folder):
    images = read_image_folder(folder).images
    assert isinstance(images, Source)
    assert images.shape == (2, 5, 7, 1)
    assert images.dtype == np.uint8
    batch = images[np.array([1, 0, 1])]
    assert batch.shape == (3, 5, 7, 1)
    assert (batch[0, ..., 0] == GREY).all()
    assert images[np.array([], dtype=np.int64)].shape == (0, 5, 7, 1)
    assert (images[1][..., 0] == GREY).all()


def test_taking_some_images_keeps_order_and_names(folder):
    part = read_image_folder(folder).images.take([1, 0])
    assert part.ids.tolist() == ["malignant/1.png", "benign/1.png"]
    assert part.shape == (2, 5, 7, 1)


@pytest.mark.parametrize("ending", ["png", "tif", "tiff", "TIF"])
def test_pixels_come_back_exactly(tmp_path, ending):
    for name, pixels in (("grey", GREY), ("colour", COLOUR)):
        path = tmp_path / f"{name}.{ending}"
        Image.fromarray(pixels).save(path)
        assert (read_images(path)[0].squeeze() == pixels).all()


@given(
    arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12), st.sampled_from([1, 3]))),
    st.sampled_from(["PNG", "TIFF", "palette"]),
)
def test_any_pixels_are_read_as_pillow_reads_them(pixels, form):
    image = Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels)
    if form == "palette":
        image = image.convert("P")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{'tif' if form == 'TIFF' else 'png'}"
        image.save(path)
        found = read_images(path)[np.arange(1)][0]
        with Image.open(path) as again:
            expected = np.asarray(again.convert("RGB")) if form == "palette" else pixels
    assert (found == expected).all()


def test_jpeg_is_read_as_pillow_reads_it(tmp_path):
    Image.fromarray(COLOUR).save(tmp_path / "a.jpeg")
    with Image.open(tmp_path / "a.jpeg") as image:
        assert (read_images(tmp_path)[0] == np.asarray(image)).all()


def test_grey_beside_colour_is_repeated(folder):
    Image.fromarray(COLOUR).save(folder / "benign" / "2.png")
    images = read_image_folder(folder).images
    assert images.shape == (3, 5, 7, 3)
    assert (images[0] == GREY[..., None]).all()
    assert (images[1] == COLOUR).all()


def test_a_palette_becomes_its_colours(tmp_path):
    few = COLOUR // 128 * 255
    indexed = Image.fromarray(few).quantize(8)
    assert indexed.mode == "P"
    indexed.save(tmp_path / "a.png")
    assert (read_images(tmp_path)[0] == few).all()


def test_an_opaque_alpha_channel_is_dropped_and_a_transparent_one_refused(tmp_path):
    alpha = np.full((5, 7, 1), 255, dtype=np.uint8)
    Image.fromarray(np.concatenate([COLOUR, alpha], axis=-1)).save(tmp_path / "a.png")
    assert (read_images(tmp_path)[0] == COLOUR).all()
    alpha[2, 2] = 254
    Image.fromarray(np.concatenate([COLOUR, alpha], axis=-1)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"a\.png: the image is partly transparent"):
        read_images(tmp_path)[0]


def test_one_bit_is_black_and_white(tmp_path):
    Image.fromarray(GREY > 127).save(tmp_path / "a.png")
    assert (read_images(tmp_path)[0][..., 0] == np.where(GREY > 127, 255, 0)).all()


def test_a_shape_is_brought_about(folder):
    Image.fromarray(np.full((9, 3, 3), 80, np.uint8)).save(folder / "benign" / "2.png")
    images = read_image_folder(folder, shape=(6, 6, 3)).images
    assert images.shape == (3, 6, 6, 3)
    assert (images[1] == 80).all()
    assert read_images(folder, shape=(4, 4, 1))[np.arange(3)].shape == (3, 4, 4, 1)


def test_digests_and_fingerprint_follow_the_content(folder):
    images = read_image_folder(folder).images
    first, second = images.digests()
    assert first == second
    before = images.fingerprint()
    Image.fromarray(255 - GREY).save(folder / "benign" / "1.png")
    assert images.digests()[0] != second
    assert images.fingerprint() != before
    assert read_image_folder(folder, shape=(2, 2, 1)).images.fingerprint() != images.fingerprint()


def test_mixed_sizes_name_the_file(folder):
    Image.fromarray(GREY[:4]).save(folder / "malignant" / "2.png")
    with pytest.raises(DataError, match=r"malignant/2.png: expected 5 x 7 pixels as in .*benign/1.png; found 4 x 7"):
        read_image_folder(folder)


def test_damage_behind_the_header_names_the_file(folder, random):
    noise = random.integers(0, 256, (90, 90), dtype=np.uint8)
    for name in ("a.png", "b.jpg"):
        path = folder / "cut" / name
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(noise).save(path)
        path.write_bytes(path.read_bytes()[:-600])
        with pytest.raises(DataError, match=f"{name}: the image is damaged"):
            read_images(path)[np.array([0])]


def write_16_bit(path):
    Image.fromarray(GREY.astype(np.uint16) * 257).save(path)


def write_float(path):
    Image.fromarray(GREY.astype(np.float32)).save(path)


def write_16_bit_colour(path):
    # Pillow writes 8 bits of colour only: bit depth and colour type of IHDR by hand (PNG, section 11.2.2)
    rows = b"".join(b"\0" + bytes(6 * 7) for _ in range(5))
    chunks = {b"IHDR": struct.pack(">IIBBBBB", 7, 5, 16, 2, 0, 0, 0), b"IDAT": zlib.compress(rows), b"IEND": b""}
    whole = [struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in chunks.items()]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(whole))


def write_pages(path):
    pages = [Image.fromarray(GREY), Image.fromarray(GREY)]
    pages[0].save(path, save_all=True, append_images=pages[1:])


BAD = [
    ("benign/2.png", write_16_bit, "expected 8 bits per pixel"),
    ("benign/2.tif", write_16_bit, "expected 8 bits per pixel"),
    ("benign/2.tif", write_float, "expected 8 bits per pixel"),
    ("benign/2.png", write_16_bit_colour, "expected 8 bits per pixel and colour; found 3 x 16 bits"),
    ("benign/2.tif", write_pages, "the file has 2 pages"),
    ("benign/2.png", lambda path: path.write_bytes(b""), "cannot be read"),
    ("benign/2.png", lambda path: path.write_text("no image"), "cannot be read"),
    ("benign/2.png", lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\xff" * 40), "cannot be read"),
    ("benign/2.dcm", lambda path: path.write_bytes(b"DICM"), "expected a DICOM file"),
    ("benign/2.gif", lambda path: path.write_bytes(b"GIF89a"), "expected a PNG, JPEG, TIFF, BMP, GIF or WebP image"),
    ("benign/2.txt", lambda path: path.write_text("a note"), "expected PNG, JPEG, .* DICOM or NIfTI images"),
    ("loose.png", lambda path: Image.new("L", (7, 5)).save(path), "in one subfolder per class; this one is in none"),
]


@pytest.mark.parametrize(("name", "write", "message"), BAD, ids=[f"{name} {message}" for name, _, message in BAD])
def test_a_bad_image_names_its_file(folder, name, write, message):
    write(folder / name)
    with pytest.raises(DataError, match=message) as caught:
        read_image_folder(folder)
    assert str(folder / name) in str(caught.value)


def test_an_image_too_large_to_be_one_is_refused(folder, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 30)  # five by seven is 35: a warning; above 60 an error
    with pytest.raises(DataError, match=r"1\.png: the image is too large"):
        read_image_folder(folder)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(DataError, match=r"1\.png: the image is too large"):
        read_image_folder(folder)


def test_folders_without_images_are_named(folder, tmp_path_factory):
    (folder / "normal").mkdir()
    with pytest.raises(DataError, match="normal: expected PNG, JPEG, .* NIfTI images; the folder"):
        read_image_folder(folder)
    empty = tmp_path_factory.mktemp("empty")
    with pytest.raises(DataError, match="found no subfolder"):
        read_image_folder(empty)
    with pytest.raises(DataError, match="the folder has none"):
        read_images(empty)
    with pytest.raises(DataError, match="there is none"):
        read_image_folder(empty / "scans")
    with pytest.raises(DataError, match=r"Expected a folder at .*1\.png; it is a file"):
        read_image_folder(folder / "benign" / "1.png")
