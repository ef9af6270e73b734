"""DICOM files through pydicom: what is in a file, and its frames as bytes."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.datasets.readers.dicom_grey import GREY, check_shown, show_grey
from deepbio.datasets.readers.grey_window import ImageHeader, Window
from deepbio.errors import DataError, OptionalDependencyError
from deepbio.files import check_exists
from deepbio.limits import too_large, unpacked_limit
from deepbio.optional import require

_PURPOSE = "Reading DICOM"
_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_NEEDED = ("SamplesPerPixel", "BitsAllocated")
_WHOLE_NUMBERS = ("BitsStored", "PixelRepresentation")  # needed unless the pixels are fractions
_NUMBERS = ("NumberOfFrames", "Rows", "Columns", "HighBit", *_NEEDED, *_WHOLE_NUMBERS, "WindowCenter", "WindowWidth")
# Colours that are decoded to RGB; those of JPEG 2000 by its decoder only
_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "PALETTE COLOR")
_PLUGINS = {"JPEG 2000": "pylibjpeg-openjpeg", "High-Throughput": "pylibjpeg-openjpeg", "RLE": "pylibjpeg-rle"}


def dicom_header(path: Path, window: Window = None) -> ImageHeader:
    """Read the header of a DICOM file: grey or colour, `(height, width)`, number of frames.

    Raises:
        DataError: the file is no DICOM, has no pixels, such as a report or a structure set, lacks an element or has one that
            cannot be read, or has grey values of more than 8 bits and neither the file nor `window` says which to show.
        OptionalDependencyError: pydicom, or the decoder of the file's compression, is not installed (extras `images` and `dicom`).
    """
    file = _open(path)
    try:
        return _header(path, file, window)
    except (DataError, OptionalDependencyError):
        raise
    except Exception as error:  # pydicom converts a value when it is asked for, and raises many classes
        place = next((name for name in _NUMBERS if not _readable(file, name)), "a value")
        raise DataError(
            f"{path}: {place} in the DICOM header is not valid ({_reason(error)}). Export it again."
        ) from error


def decode_dicom(path: Path, frames: Sequence[int], window: Window = None) -> list[np.ndarray]:
    """Decode frames of a DICOM file to uint8 `(height, width)` or `(height, width, 3)`.

    Grey values are rescaled by slope and intercept (for example to Hounsfield units) or by the table of the modality, then
    windowed: by `window`; without one by the file's first window or its table. Values of at most 8 bits need neither.
    `"full"` is the range of the stored bits, rescaled, or of the table's output. MONOCHROME1, where low is bright, is inverted.

    Args:
        path: Path of the file.
        frames: Numbers of the frames, from 0.
        window: `(center, width)` in rescaled units, `"full"`, or None for the file's own.

    Raises:
        DataError: pixels are cut short or do not fit the header.
        OptionalDependencyError: the pixels are compressed in a way for which no decoder is installed.

    Source: DICOM PS3.3, sections C.7.6.3 and C.11.
    """
    file = _open(path)
    return [_decode(path, file, frame, window) for frame in frames]


def read_dicom(path: Any, *, window: Window = None) -> np.ndarray:
    """Read all frames of one DICOM file: uint8 `(frames, height, width, channels)`; see `decode_dicom`.

    Raises:
        DataError: the file does not exist, or what `dicom_header` and `decode_dicom` raise.
    """
    file = check_exists(path)
    header = dicom_header(file, window)
    frames = np.stack(decode_dicom(file, range(header.frames), window))
    return frames[..., None] if frames.ndim == 3 else frames


def dicomdir_files(path: Path) -> list[Path]:
    """Return the files that a DICOMDIR lists, in its order.

    Raises:
        DataError: the file is no DICOMDIR, or a file that it lists is missing.
    """
    records = _open(path).get("DirectoryRecordSequence") or []
    named = [record.get("ReferencedFileID") for record in records if record.get("DirectoryRecordType") == "IMAGE"]
    files = [path.parent.joinpath(*([parts] if isinstance(parts, str) else list(parts))) for parts in named if parts]
    if not files:
        raise DataError(f"{path}: expected a DICOMDIR that lists images; it lists none.")
    for file in files:
        if not file.is_file():
            raise DataError(f"{path}: it lists {file}, which does not exist. Copy the whole disc, or read its folder.")
    return files


def is_dicomdir(path: Path) -> bool:
    """Return whether a file is named like the index of a disc.

    Example:
        >>> is_dicomdir(Path("disc/DICOMDIR"))
        True
    """
    return path.name.upper() == "DICOMDIR"


def dicom_study(path: Path) -> str | None:
    """Return the unique identifier of a file's study, or None. All its series and slices show one patient."""
    try:
        found = _open(path).get("StudyInstanceUID")
    except Exception:  # a file that cannot be read has been refused before
        return None
    return str(found) if found else None


def _open(path: Path) -> Any:
    pydicom = require("pydicom", extra="images", purpose=_PURPOSE)
    try:
        return pydicom.dcmread(path, defer_size=1024)
    except pydicom.errors.InvalidDicomError as error:
        if (found := _without_preamble(pydicom, path)) is not None:
            return found
        raise DataError(f"{path}: expected a DICOM file; it has no DICM mark after 128 bytes.") from error
    except Exception as error:  # pydicom raises many classes
        raise DataError(f"{path}: expected a DICOM file; it cannot be read ({_reason(error)}).") from error


def _without_preamble(pydicom: Any, path: Path) -> Any:
    """Return a file without preamble and mark, if its elements are those of an image; otherwise None."""
    try:
        file = pydicom.dcmread(path, force=True, defer_size=1024)
        if "SOPClassUID" not in file or not any(name in file for name in ("Rows", *_PIXELS, "Modality")):
            return None
        if "TransferSyntaxUID" not in file.file_meta:  # as pydicom found it to be written
            implicit, little = file.original_encoding
            uid = pydicom.uid
            explicit = uid.ExplicitVRLittleEndian if little else uid.ExplicitVRBigEndian
            file.file_meta.TransferSyntaxUID = uid.ImplicitVRLittleEndian if implicit else explicit
        return file
    except Exception:  # bytes that are no DICOM lead anywhere
        return None


def _header(path: Path, file: Any, window: Window) -> ImageHeader:
    missing = [name for name in ("Rows", "Columns", "PhotometricInterpretation") if file.get(name) in (None, "")]
    pixels = [name for name in _PIXELS if name in file]
    if not pixels or len(missing) == 3:
        kind = file.get("Modality") or file.get("SOPClassUID", "") or "unknown kind"
        lacks = f"it lacks {', '.join(missing) or 'pixels'}; its modality is {kind}"
        raise DataError(f"{path}: this DICOM file contains no image ({lacks}). Remove it.")
    missing += [name for name in _NEEDED + _WHOLE_NUMBERS * (pixels[0] == "PixelData") if file.get(name) in (None, "")]
    if missing:
        tag = require("pydicom.datadict", extra="images", purpose=_PURPOSE).tag_for_keyword(missing[0])
        place = f"{missing[0]} ({tag >> 16:04X},{tag & 0xFFFF:04X})"
        raise DataError(
            f"{path}: the DICOM header lacks {place}, without which its pixels have no meaning. Export it again."
        )
    kind, bits = file.PhotometricInterpretation, int(file.BitsAllocated)
    grey = kind in GREY
    if not grey and kind not in _COLOURS:
        raise DataError(f"{path}: colours written as {kind} are not read. Export it as RGB.")
    if not grey and bits != 8 and kind != "PALETTE COLOR":
        raise DataError(f"{path}: expected colours of 8 bits; found {bits}. Convert it.")
    frames = int(file.get("NumberOfFrames") or 1)
    size = (int(file.Rows), int(file.Columns))
    if min(*size, frames) < 1 or int(file.SamplesPerPixel) != (1 if grey or kind == "PALETTE COLOR" else 3):
        found = f"{size[0]} x {size[1]} pixels, {frames} frame(s), {kind} of {file.SamplesPerPixel} sample(s)"
        raise DataError(f"{path}: the DICOM header describes no image: {found}. Export it again.")
    whole = size[0] * size[1] * frames * int(file.SamplesPerPixel) * max(1, bits // 8)
    if whole > (limit := unpacked_limit(path.stat().st_size, any_ratio=1 << 30)):
        raise too_large(path, whole, limit)
    stored = int(file.get("BitsStored") or bits)
    if not 1 <= stored <= bits or int(file.get("HighBit", stored - 1)) != stored - 1:
        found = f"BitsAllocated {bits}, BitsStored {stored}, HighBit {file.get('HighBit')}"
        raise DataError(f"{path}: the DICOM header contradicts itself: {found}. Export it again.")
    _check_decoder(path, file)
    if grey:
        for frame in range(frames):
            check_shown(path, file, frame, window)
    return ImageHeader(grey, size, frames)


def _readable(file: Any, name: str) -> bool:
    """Return whether an element is absent, empty, or one number or several."""
    try:
        np.atleast_1d(file.get(name) or 0).astype(np.float64)
    except Exception:  # as above
        return False
    return True


def _check_decoder(path: Path, file: Any) -> None:
    """Refuse a compression for which no decoder is installed, and name the package that has one."""
    syntax = file.file_meta.get("TransferSyntaxUID")
    if syntax is None:
        raise DataError(
            f"{path}: the file does not say how it is written (TransferSyntaxUID (0002,0010)). Export it again."
        )
    try:
        known = require("pydicom.pixels", extra="images", purpose=_PURPOSE).get_decoder(syntax)
    except NotImplementedError:
        raise DataError(f"{path}: pixels written as {syntax.name} are not read. Save the frames as images.") from None
    if not syntax.is_compressed and file.PhotometricInterpretation in ("YBR_ICT", "YBR_RCT"):
        raise DataError(
            f"{path}: {file.PhotometricInterpretation} is for JPEG 2000; the pixels are not compressed. Export it as RGB."
        )
    if not known.is_available:
        raise OptionalDependencyError(f"{path}: {_decoder_advice(syntax.name)}")


def _plugin(syntax: str) -> str:
    """Return the package of pylibjpeg that decodes a transfer syntax."""
    return next((package for start, package in _PLUGINS.items() if syntax.startswith(start)), "pylibjpeg-libjpeg")


def _decoder_advice(syntax: str) -> str:
    return (
        f"pixels compressed as {syntax} need the packages 'pylibjpeg' and {_plugin(syntax)!r}. Install the decoders of all kinds "
        "(pylibjpeg-libjpeg for JPEG and JPEG-LS, pylibjpeg-openjpeg for JPEG 2000, pylibjpeg-rle) with: "
        "pip install 'deepbio-zoo[dicom]'"
    )


def _decode(path: Path, file: Any, frame: int, window: Window) -> np.ndarray:
    pixels = require("pydicom.pixels", extra="images", purpose=_PURPOSE)
    try:
        values = pixels.pixel_array(file, index=frame)
    except OptionalDependencyError:
        raise
    except Exception as error:  # decoders of many packages, without a common class of errors
        where = f"{path}, frame {frame + 1}: the pixels cannot be decoded"
        syntax = file.file_meta.get("TransferSyntaxUID")
        if (
            syntax is not None
            and syntax.is_compressed
            and find_spec(_plugin(syntax.name).removeprefix("pylibjpeg-")) is None
        ):
            # one decoder is installed, but not for these pixels: Pillow reads 8 bits of JPEG only
            advice = f"If the file is whole, {_decoder_advice(syntax.name)}"
            raise DataError(
                f"{where}: they are damaged, or the decoder that is installed does not know them. {advice}"
            ) from error
        raise DataError(f"{where} ({_reason(error)}). The file is cut short, or its header is wrong.") from error
    try:
        kind = file.PhotometricInterpretation
        if kind == "PALETTE COLOR":
            colours = pixels.apply_color_lut(values, file)
            shown = (colours >> 8 if colours.dtype.itemsize > 1 else colours).astype(np.uint8)
        else:
            shown = show_grey(path, file, frame, values, window) if kind in GREY else values
    except DataError:
        raise
    except Exception as error:  # tables of wrong lengths, values that are no numbers
        raise DataError(
            f"{path}, frame {frame + 1}: the pixels cannot be shown ({_reason(error)}). Export it again."
        ) from error
    grey, size = kind in GREY, (int(file.Rows), int(file.Columns))
    if shown.dtype != np.uint8 or shown.shape != (size if grey else (*size, 3)):
        raise DataError(
            f"{path}, frame {frame + 1}: expected bytes of {size} pixels; found {shown.dtype} {shown.shape}."
        )
    return shown


def _reason(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:200]
