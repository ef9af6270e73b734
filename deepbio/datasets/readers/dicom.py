"""DICOM through pydicom: rescaled, windowed by the file or the user, and always with high values bright."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.datasets.readers.grey_window import ImageHeader, Window, apply_window
from deepbio.errors import DataError, OptionalDependencyError
from deepbio.files import check_exists
from deepbio.optional import require

_GREY = ("MONOCHROME1", "MONOCHROME2")
_PURPOSE = "Reading DICOM"


def dicom_header(path: Path, window: Window = None) -> ImageHeader:
    """Read the header of a DICOM file: grey or colour, `(height, width)`, number of frames.

    Raises:
        DataError: the file is no DICOM, or has no pixels, such as a report or a structure set.
        OptionalDependencyError: pydicom is not installed (extra `images`).
    """
    file = _open(path)
    missing = [name for name in ("Rows", "Columns", "PhotometricInterpretation") if file.get(name) in (None, "")]
    pixels = [name for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData") if name in file]
    if missing or not pixels:
        kind = file.get("Modality") or file.get("SOPClassUID", "") or "unknown kind"
        lacks = f"it lacks {', '.join(missing) or 'pixels'}; its modality is {kind}"
        raise DataError(f"{path}: this DICOM file contains no image ({lacks}). Remove it.")
    grey = file.PhotometricInterpretation in _GREY
    if not grey and int(file.get("BitsAllocated", 8)) != 8 and file.PhotometricInterpretation != "PALETTE COLOR":
        raise DataError(f"{path}: expected colours of 8 bits; found {file.BitsAllocated}. Convert it.")
    return ImageHeader(grey, (int(file.Rows), int(file.Columns)), max(1, int(file.get("NumberOfFrames") or 1)))


def decode_dicom(path: Path, frames: Sequence[int], window: Window = None) -> list[np.ndarray]:
    """Decode frames of a DICOM file to uint8 `(height, width)` or `(height, width, 3)`.

    Grey values are rescaled by slope and intercept (for example to Hounsfield units), then windowed: by `window`; without one
    by the file's first window or its table; without that, or with `"full"`, over the full range of the stored bits.
    MONOCHROME1, where low is bright, is inverted.

    Args:
        path: Path of the file.
        frames: Numbers of the frames, from 0.
        window: `(center, width)` in rescaled units, `"full"`, or None for the file's own.

    Raises:
        DataError: pixels are cut short, or compressed in a way for which no decoder is installed.

    Source: DICOM PS3.3, sections C.7.6.3 and C.11.
    """
    file = _open(path)
    return [_decode(path, file, frame, window) for frame in frames]


def read_dicom(path: Any, *, window: Window = None) -> np.ndarray:
    """Read all frames of one DICOM file: uint8 `(frames, height, width, channels)`; see `decode_dicom`.

    Raises:
        DataError: the file does not exist, is no DICOM, or has no pixels or damaged ones.
    """
    file = check_exists(path)
    header = dicom_header(file)
    frames = np.stack(decode_dicom(file, range(header.frames), window))
    return frames[..., None] if frames.ndim == 3 else frames


def _open(path: Path) -> Any:
    pydicom = require("pydicom", extra="images", purpose=_PURPOSE)
    try:
        return pydicom.dcmread(path, defer_size=1024)
    except (pydicom.errors.InvalidDicomError, OSError, ValueError, KeyError, EOFError, AttributeError) as error:
        raise DataError(f"{path}: expected a DICOM file; it cannot be read ({str(error)[:200]}).") from error


def _decode(path: Path, file: Any, frame: int, window: Window) -> np.ndarray:
    pixels = require("pydicom.pixels", extra="images", purpose=_PURPOSE)
    try:
        values = pixels.pixel_array(file, index=frame)
    except OptionalDependencyError:
        raise
    except Exception as error:  # decoders of many packages, without a common class of errors
        raise DataError(
            f"{path}, frame {frame + 1}: the pixels cannot be decoded ({str(error).splitlines()[0][:200]}). The file is cut "
            "short, or compressed in a way that pydicom needs another package for (pylibjpeg)."
        ) from error
    kind = file.PhotometricInterpretation
    if kind == "PALETTE COLOR":
        colours = pixels.apply_color_lut(values, file)
        return (colours >> 8 if colours.dtype.itemsize > 1 else colours).astype(np.uint8)
    if kind not in _GREY:
        return values
    slope, intercept = _rescale(file, frame)
    own = _own_window(file, frame) if window is None else None
    if window is None and own is None and "VOILUTSequence" in file:
        table = pixels.apply_voi(pixels.apply_modality_lut(values, file), file).astype(np.float64)
        bits = int(file.VOILUTSequence[0].LUTDescriptor[2])
        bytes_ = apply_window(table, (2**bits - 1) / 2, 2**bits - 1)
    else:
        if window is None or window == "full":
            low, high = _stored_range(file, values, slope, intercept)
            window = ((low + high) / 2, max(high - low, 1.0))
        has_table = "ModalityLUTSequence" in file
        rescaled = pixels.apply_modality_lut(values, file) if has_table else values * slope + intercept
        bytes_ = apply_window(rescaled, *own) if own else apply_window(rescaled, *window)
    return 255 - bytes_ if kind == "MONOCHROME1" else bytes_


def _groups(file: Any, frame: int, sequence: str) -> Any:
    """Return the functional group of an enhanced multi-frame file for one frame or all, otherwise the file itself."""
    per_frame = file.get("PerFrameFunctionalGroupsSequence") or []
    shared = file.get("SharedFunctionalGroupsSequence") or []
    groups = [group for group in [*per_frame[frame : frame + 1], *shared[:1]] if group.get(sequence)]
    return groups[0].get(sequence)[0] if groups else file


def _rescale(file: Any, frame: int) -> tuple[float, float]:
    where = _groups(file, frame, "PixelValueTransformationSequence")
    slope, intercept = where.get("RescaleSlope"), where.get("RescaleIntercept")
    return float(1 if slope in (None, "") else slope), float(0 if intercept in (None, "") else intercept)


def _own_window(file: Any, frame: int) -> tuple[float, float, Any] | None:
    where = _groups(file, frame, "FrameVOILUTSequence")
    center, width = (_first(where.get(name)) for name in ("WindowCenter", "WindowWidth"))
    if center is None or width is None or width <= 0:
        return None
    shape = where.get("VOILUTFunction") or "LINEAR"
    return center, width, shape if shape in ("LINEAR_EXACT", "SIGMOID") else "LINEAR"


def _first(value: Any) -> float | None:
    values = value if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue" else [value]
    return None if not len(values) or values[0] in (None, "") else float(values[0])


def _stored_range(file: Any, values: np.ndarray, slope: float, intercept: float) -> tuple[float, float]:
    if values.dtype.kind == "f":
        ends = [float(values.min()), float(values.max())]
    else:
        bits, signed = int(file.BitsStored), int(file.get("PixelRepresentation") or 0)
        ends = [-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1] if signed else [0.0, 2.0**bits - 1]
    low, high = sorted(end * slope + intercept for end in ends)
    return low, high
