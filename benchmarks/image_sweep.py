"""Real and generated image files against independent readings: pydicom's functions, the arrays written, Pillow's own conversion.

python benchmarks/image_sweep.py --out benchmarks/results/image_sweep.md

DICOM: every file that comes with pydicom, through its own window, the full range and (40, 400), each frame compared with
`apply_modality_lut` and `apply_voi_lut`. TIFF: grey values of every depth, sign, byte order and photometric interpretation,
written byte by byte. Pillow: every mode in every format that can store it, compared with Pillow's conversion to 8 bits.
A file is right (to one grey level, every frame), refused with one error, wrong, or a traceback.
"""

import importlib.util
import io
import struct
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import PIL
import pydicom
from _table import script, table, write_page
from PIL import Image
from pydicom.data import get_testdata_files
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, pixel_array

from deepbio.datasets.readers import read_images
from deepbio.errors import DeepbioError

warnings.simplefilter("ignore")
WINDOWS = {"its own window": None, "full range": "full", "window (40, 400)": (40, 400)}


def main_dicom():
    """Yield `(window, outcome, reason)` of every file that comes with pydicom."""
    files = [path for path in sorted(map(Path, get_testdata_files())) if path.is_file() and path.name != "DICOMDIR"]
    for path in files:
        for name, window in WINDOWS.items():
            yield name, *outcome(path, window, lambda path=path, window=window: expected_dicom(path, window))


def expected_dicom(path, window):
    """Return the frames as bytes by pydicom's functions, `(frames, ...)`; None if the file says no window and needs one."""
    file = pydicom.dcmread(path)
    values, kind = pixel_array(file), file.PhotometricInterpretation
    values = values.reshape(-1, *values.shape[-(2 if int(file.SamplesPerPixel) == 1 else 3) :])
    if kind == "PALETTE COLOR":
        colours = np.stack([apply_color_lut(frame, file) for frame in values])
        return colours >> 8 if colours.dtype.itemsize > 1 else colours
    if not kind.startswith("MONOCHROME"):
        return values
    rescaled = apply_modality_lut(values, file)
    low, high = stored_range(file)
    if window == "full":
        shown = rescaled
    elif window is not None:
        other = pydicom.Dataset()
        for name in (
            "PhotometricInterpretation",
            "BitsStored",
            "PixelRepresentation",
            "RescaleSlope",
            "RescaleIntercept",
        ):
            if name in file:
                setattr(other, name, file[name].value)
        if "ModalityLUTSequence" in file:
            other.ModalityLUTSequence = file.ModalityLUTSequence
        (other.WindowCenter, other.WindowWidth), other.VOILUTFunction = window, "LINEAR_EXACT"
        shown = apply_voi_lut(rescaled, other)
    elif "WindowCenter" in file or "VOILUTSequence" in file:
        shown = apply_voi_lut(rescaled, file, prefer_lut=False)
        if "WindowCenter" not in file:
            low, high = 0, 2 ** int(file.VOILUTSequence[0].LUTDescriptor[2]) - 1
    elif high - low > 255:
        return None
    else:
        shown = rescaled
    shown = (np.clip(shown.astype(np.float64), low, high) - low) / (high - low) * 255
    return 255 - shown if kind == "MONOCHROME1" else shown


def stored_range(file):
    """Return the range of pydicom's output: that of the modality LUT's output, or of the stored bits, rescaled."""
    if "ModalityLUTSequence" in file:
        return 0, 2 ** int(file.ModalityLUTSequence[0].LUTDescriptor[2]) - 1
    bits, signed = int(file.BitsStored), int(file.PixelRepresentation)
    ends = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    low, high = sorted(
        end * float(file.get("RescaleSlope", 1)) + float(file.get("RescaleIntercept", 0)) for end in ends
    )
    return low, high


def main_tiff(folder):
    """Yield `(kind, outcome, reason)` of TIFF files of grey values, written byte by byte."""
    draw = np.random.default_rng(0)
    for order in "<>":
        for code in ("u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"):
            for white_is_zero in (0, 1):
                dtype = np.dtype(order + code)
                top = 1.0 if dtype.kind == "f" else np.iinfo(dtype).max
                values = (
                    (draw.random((5, 7)) * top).astype(dtype)
                    if dtype.kind != "i"
                    else draw.integers(-top - 1, top, (5, 7), dtype.newbyteorder("="), endpoint=True).astype(dtype)
                )
                path = folder / f"{order}{code}{white_is_zero}.tif"
                path.write_bytes(tiff(values, white_is_zero))
                for name, window in (
                    ("no window", None),
                    ("full range", "full"),
                    ("half the range", (0.3 * top, 0.5 * top)),
                ):

                    def expected(values=values, window=window, white_is_zero=white_is_zero, dtype=dtype):
                        return expected_grey(values, window, white_is_zero, dtype)

                    yield f"{dtype.kind}{8 * dtype.itemsize}, {name}", *outcome(path, window, expected)


def expected_grey(values, window, white_is_zero, dtype):
    """Return grey values as bytes, or None where they must be refused: no window, or no full range."""
    plain = dtype.kind == "u" and dtype.itemsize == 1
    if plain:
        shown = values.astype(np.float64)
    elif window is None or (window == "full" and (dtype.kind == "f" or dtype.itemsize > 2)):
        return None
    else:
        ends = (
            (np.iinfo(dtype).min, np.iinfo(dtype).max)
            if window == "full"
            else (window[0] - window[1] / 2, window[0] + window[1] / 2)
        )
        shown = np.clip((values.astype(np.float64) - ends[0]) / (ends[1] - ends[0]), 0, 1) * 255
    return (255 - shown if white_is_zero else shown)[None]


def tiff(values, white_is_zero):
    """Return a TIFF of one strip: 12 tags in the byte order of the values (TIFF 6.0, sections 2 and 4)."""
    order = ">" if values.dtype.byteorder == ">" else "<"
    height, width = values.shape
    kinds = {"u": 1, "i": 2, "f": 3}
    tags = {
        256: width,
        257: height,
        258: 8 * values.dtype.itemsize,
        259: 1,
        262: 0 if white_is_zero else 1,
        273: 0,
        277: 1,
        278: height,
        279: values.nbytes,
        339: kinds[values.dtype.kind],
    }
    tags[273] = 8 + 2 + 12 * len(tags) + 4
    entries = b"".join(struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    return head + struct.pack(order + "H", len(tags)) + entries + bytes(4) + values.tobytes()


def main_pillow(folder):
    """Yield `(mode, outcome, reason)` of every mode of Pillow in every format that stores it."""
    draw = np.random.default_rng(1)
    modes = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "I;16", "I;16B")
    for mode in modes:
        image = Image.fromarray(draw.integers(0, 256, (5, 7, 3), np.uint8))
        if mode in ("I", "F") or mode.startswith("I;16"):
            image = Image.fromarray(
                draw.integers(0, 4096, (5, 7)).astype({"F": np.float32, "I": np.int32}.get(mode, np.uint16))
            )
        if image.mode != mode:
            try:
                image = (
                    image.convert("RGB").convert(mode)
                    if mode not in ("PA", "I;16B")
                    else image.convert("P").convert(mode)
                )
            except ValueError:
                continue
        for form, ending in (
            ("PNG", "png"),
            ("TIFF", "tif"),
            ("BMP", "bmp"),
            ("GIF", "gif"),
            ("WEBP", "webp"),
            ("JPEG", "jpg"),
        ):
            content = io.BytesIO()
            try:
                image.save(content, form, **({"lossless": True} if form == "WEBP" else {}))
            except (OSError, KeyError, ValueError):
                continue  # the format does not store the mode
            path = folder / f"{mode.replace(';', '')}.{ending}"
            path.write_bytes(content.getvalue())
            yield mode, *outcome(path, (2048, 4096), lambda path=path: expected_pillow(path))


def expected_pillow(path):
    """Return the image as bytes by Pillow's own conversion, or by its stored values through the window (2048, 4096)."""
    with Image.open(path) as image:
        if image.mode in ("I", "F") or image.mode.startswith("I;16"):
            return (np.clip(np.asarray(image).astype(np.float64) / 4096, 0, 1) * 255)[None]
        if image.mode in ("YCbCr", "LAB", "HSV", "RGBX", "RGBa", "La"):
            return None
        grey = image.mode in ("1", "L", "LA")
        return np.asarray(image.convert("L" if grey else "RGB"))[None]


def outcome(path, window, expected):
    """Return what `read_images` makes of a file: right, wrong, refused or a traceback, and the reason."""
    try:
        images = read_images(path, window=window)
        found = images[np.arange(len(images))]
    except DeepbioError as error:
        return "refused", str(error).split(": ", 1)[-1]
    except Exception as error:
        return "traceback", f"{path.name}: {error!r}"
    try:
        right = expected()
    except Exception as error:
        return "wrong", f"{path.name}: read, though the reference fails: {error!r}"
    if right is None:
        return "wrong", f"{path.name}: read, though it says no range"
    shape = found.shape if right.ndim == 4 else found.shape[:3]
    off = np.abs(found.reshape(shape).astype(np.float64) - right).max() if shape == right.shape else np.inf
    return ("right", "") if off <= 1 else ("wrong", f"{path.name}: off by {off}")


def classify(reason):
    """Return the kind of a refusal."""
    words = {
        "contains no image": "no image: a report, a plan, a dose without pixels, an index",
        "does not say which grey": "more than 8 bits, and neither a window nor a table",
        "need the packages": "no decoder installed",
        "expected colours of 8 bits": "colours of more than 8 bits",
        "expected a DICOM file": "no DICOM, or no beginning of one",
        "cannot be decoded": "pixels cut short or damaged",
        "is not valid": "a value in the header is not valid",
        "expected a PNG": "no image file",
        "expected PNG": "no image file",
        "No decoder": "no decoder installed",
    }
    return next((kind for mark, kind in words.items() if mark in reason), reason[:60])


def page(title, rows):
    """Return a table of outcomes by kind, and print what is wrong."""
    counts, kinds = (
        Counter((kind, result) for kind, result, _ in rows),
        list(dict.fromkeys(kind for kind, _, _ in rows)),
    )
    for kind, result, reason in rows:
        if result in ("wrong", "traceback"):
            print(kind, result, reason)
    results = ("right", "refused", "wrong", "traceback")
    body = [[kind, *(counts[kind, result] for result in results)] for kind in kinds]
    body.append(["all", *(sum(counts[kind, result] for kind in kinds) for result in results)])
    return [f"## {title}", "", *table(["", *results], body)]


@script(__doc__)
def main(arguments):
    with tempfile.TemporaryDirectory() as folder:
        read, small = list(main_dicom()), Path(folder)
        parts = [page("Files of pydicom", read), page("TIFF by depth", list(main_tiff(small)))]
        parts.append(page("Modes of Pillow", list(main_pillow(small))))
    reasons = Counter(classify(reason) for _, result, reason in read if result == "refused")
    why = ["Why files of pydicom are refused, each through three windows:", ""]
    why += table(["reason", "times"], reasons.most_common())
    decoders = [name for name in ("libjpeg", "openjpeg", "rle") if importlib.util.find_spec(name)]
    about = (
        f"pydicom {pydicom.__version__} with pylibjpeg's {', '.join(decoders) or 'no'} decoders, Pillow {PIL.__version__}. Files are "
        f"those of pydicom's package{' and of pydicom-data' if importlib.util.find_spec('data_store') else ''}."
    )
    write_page(arguments, "Images against independent readings", about, parts[0], why, *parts[1:])
