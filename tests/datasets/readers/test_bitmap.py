"""Bitmaps are judged by the depth that the file states, shown as EXIF says, and read whatever their ending."""

import struct

import numpy as np
import pytest
from PIL import Image, ImageOps

from deepbio.datasets.readers import read_images
from deepbio.errors import DataError

COLOUR = np.random.default_rng(1).integers(0, 256, (5, 7, 3), np.uint8)


def write_tiff(path, values, *, white_is_zero=False, **changed):
    """Write grey values as one strip (TIFF 6.0, sections 2 and 4)."""
    order = ">" if values.dtype.byteorder == ">" else "<"
    tags = {
        256: values.shape[1],
        257: values.shape[0],
        258: 8 * values.dtype.itemsize,
        259: 1,
        262: int(not white_is_zero),
    }
    tags |= {273: 0, 277: 1, 278: values.shape[0], 279: values.nbytes, 339: {"u": 1, "i": 2, "f": 3}[values.dtype.kind]}
    tags |= {int(tag.removeprefix("t")): value for tag, value in changed.items()}
    tags[273] = 8 + 2 + 12 * len(tags) + 4
    entries = b"".join(struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(tags))
    path.write_bytes(head + entries + bytes(4) + values.tobytes())
    return path


@pytest.mark.parametrize(
    ("dtype", "window", "white_is_zero"),
    [("<u2", "full", False), (">u2", "full", False), ("<i2", "full", False), (">i2", (0, 2000), False),
     ("<u2", (30000, 9000), True), ("<u4", (2**31, 2**32), False), ("<i4", (0, 2**32), False), ("<f4", (0.5, 1), False),
     ("<f4", (0.5, 1), True), ("|i1", "full", False), ("|u1", None, True)],
)  # fmt: skip
def test_grey_values_of_every_depth(tmp_path, random, dtype, window, white_is_zero):
    kind = np.dtype(dtype)
    ends = (0, 1) if kind.kind == "f" else (np.iinfo(kind).min, np.iinfo(kind).max)
    values = (ends[0] + random.random((5, 7)) * (ends[1] - ends[0])).astype(kind)
    path = write_tiff(tmp_path / "a.tif", values, white_is_zero=white_is_zero)
    low, high = ends if window in (None, "full") else (window[0] - window[1] / 2, window[0] + window[1] / 2)
    expected = np.clip((values.astype(np.float64) - low) / (high - low), 0, 1) * 255
    found = read_images(path, window=window)[0][..., 0]
    assert np.abs(found - (255 - expected if white_is_zero else expected)).max() <= 0.51


def test_the_full_range_of_12_bits_is_that_of_12_bits(tmp_path):
    packed = np.frombuffer(bytes([0x00, 0x08, 0x00, 0xFF, 0xFF, 0xFF]), np.uint8)[None]  # 0 2048 4095 4095
    path = write_tiff(tmp_path / "a.tif", packed, t256=4, t258=12, t279=6)
    assert read_images(path, window="full")[0].ravel().tolist() == [0, 128, 255, 255]


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_in_exif_is_applied(tmp_path, ending, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{ending}"
    Image.fromarray(COLOUR).save(path, exif=exif)
    images = read_images(path)
    with Image.open(path) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    assert images.shape == (1, *expected.shape)  # as the header says
    assert (images[0] == expected).all()


def test_grey_with_opaque_alpha_is_grey(tmp_path):
    grey = np.dstack([COLOUR[..., 0], np.full((5, 7), 255, np.uint8)])
    Image.fromarray(grey).save(tmp_path / "a.png")
    assert read_images(tmp_path / "a.png").shape == (1, 5, 7, 1)
    assert (read_images(tmp_path / "a.png")[0][..., 0] == COLOUR[..., 0]).all()


@pytest.mark.parametrize(
    ("form", "mode"), [("BMP", "RGB"), ("BMP", "L"), ("GIF", "P"), ("WEBP", "RGB"), ("JPEG", "CMYK")]
)
@pytest.mark.parametrize("ending", [".png", "", ".1.2.840"])
def test_other_formats_are_read_by_their_content(tmp_path, form, mode, ending):
    path = tmp_path / f"a{ending}"
    with path.open("wb") as file:
        Image.fromarray(COLOUR).convert(mode).save(file, form)
    with Image.open(path) as image:
        expected = np.asarray(image.convert("L" if mode == "L" else "RGB"))
    for found in (read_images(path), read_images(tmp_path)):  # as a file, and as one of a folder
        assert (found[0].squeeze() == expected).all()


def damaged_exif(path):
    image = Image.fromarray(COLOUR)
    image.save(path, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")


def animation(path):
    frames = [Image.fromarray(COLOUR), Image.fromarray(255 - COLOUR)]
    frames[0].save(path, "GIF", save_all=True, append_images=frames[1:])


def transparent(path):
    Image.fromarray(COLOUR).convert("RGBA").putalpha(9)
    Image.fromarray(np.dstack([COLOUR, np.full((5, 7), 9, np.uint8)])).save(path, "WEBP", lossless=True)


def header_only(form):
    def write(path):
        Image.fromarray(COLOUR).save(path, form)
        path.write_bytes(path.read_bytes()[:30])

    return write


ODD = {
    "animated GIF": ("a.gif", animation, "expected one image; the file has 2 pages"),
    "transparent WebP": ("a.webp", transparent, "partly transparent"),
    "BMP cut in its header": ("a.bmp", header_only("BMP"), "cannot be read|damaged"),
    "WebP cut short": ("a.webp", header_only("WEBP"), "cannot be read|damaged"),
    "GIF cut short": ("a.gif", header_only("GIF"), "cannot be read|damaged"),
    "EXIF without sense": ("a.jpg", damaged_exif, None),
    "TIFF of colours in 16 bits": ("a.tif", lambda p: write_tiff(p, np.zeros((5, 21), "<u2"), t262=2, t277=3), "3 x 16|read"),
    "TIFF of 64-bit integers": ("a.tif", lambda p: write_tiff(p, np.zeros((5, 7), "<u8")), "cannot be read"),
    "TIFF without a width": ("a.tif", lambda p: write_tiff(p, np.zeros((5, 7), "<u1"), t256=0), "cannot be read|damaged"),
    "NaN among fractions": ("a.tif", lambda p: write_tiff(p, np.full((5, 7), np.nan, "<f4")), "found NaN or infinity"),
    "text named as an image": ("a.webp", lambda p: p.write_text("no image"), "cannot be read"),
    "a link that leads nowhere": ("a", lambda p: p.symlink_to("nowhere"), "the symlink leads to no file"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")
@pytest.mark.parametrize("kind", ODD)
def test_odd_bitmaps_are_right_or_one_error(tmp_path, kind):
    name, write, message = ODD[kind]
    write(tmp_path / name)
    if message is None:
        with Image.open(tmp_path / name) as image:
            assert (read_images(tmp_path)[0] == np.asarray(image)).all()
        return
    with pytest.raises(DataError, match=message) as caught:
        read_images(tmp_path, window=(0, 1))[np.arange(1)]
    assert str(tmp_path / name) in str(caught.value)
