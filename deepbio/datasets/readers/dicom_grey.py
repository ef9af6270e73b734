"""Grey values of DICOM: rescaled to the modality's units, then shown through a window or a table, with high values bright."""

from pathlib import Path
from typing import Any

import numpy as np

from deepbio.datasets.readers.grey_window import Window, apply_window
from deepbio.errors import DataError
from deepbio.optional import require

GREY = ("MONOCHROME1", "MONOCHROME2")


def check_shown(path: Path, file: Any, frame: int, window: Window) -> None:
    """Check that the file or `window` says which grey values of a frame to show.

    Raises:
        DataError: neither does, and the values have more than 8 bits.
    """
    if "FloatPixelData" in file or "DoubleFloatPixelData" in file:
        if window == "full":
            raise DataError(
                f"{path}: the pixels are fractions without a full range. Pass window=(center, width) (--window)."
            )
        bits = 32
    else:
        bits = int(file.BitsStored)
    if (table := _table(file, "ModalityLUTSequence")) is not None:
        bits = _table_bits(path, table, "ModalityLUTSequence")
    if (voi := _table(file, "VOILUTSequence")) is not None:
        _table_bits(path, voi, "VOILUTSequence")
    if _rescale(file, frame)[0] == 0:
        raise DataError(
            f"{path}: RescaleSlope (0028,1053) is 0, which makes all grey values equal. Export the file again."
        )
    if window is None and bits > 8 and _own_window(file, frame) is None and voi is None:
        raise DataError(
            f"{path}: the file does not say which grey values to show: {bits} bits, and neither a window nor a VOI LUT. Pass "
            "window=(center, width), such as (40, 400) for soft tissue in Hounsfield units, or window='full' for all (on the "
            "command line --window 40,400 or --window full)."
        )


def show_grey(path: Path, file: Any, frame: int, values: np.ndarray, window: Window) -> np.ndarray:
    """Return the stored grey values of a frame as bytes, see `deepbio.datasets.readers.dicom.decode_dicom`."""
    check_shown(path, file, frame, window)
    pixels = require("pydicom.pixels", extra="dicom", purpose="Reading DICOM")
    own = _own_window(file, frame) if window is None else None
    modality, voi = _table(file, "ModalityLUTSequence"), _table(file, "VOILUTSequence")
    if modality is not None:
        rescaled = pixels.apply_modality_lut(values, file)
        low, high = 0.0, 2.0 ** _table_bits(path, modality, "ModalityLUTSequence") - 1
    else:
        slope, intercept = _rescale(file, frame)
        rescaled = values * slope + intercept
        low, high = _stored_range(file, slope, intercept)
    if not np.isfinite(rescaled).all():
        raise DataError(f"{path}, frame {frame + 1}: expected finite grey values; found NaN or infinity.")
    if own is not None:
        shown = apply_window(rescaled, *own)
    elif window is None and voi is not None:
        # the table is indexed by whole numbers
        if np.any(rescaled != np.round(rescaled)):
            raise DataError(
                f"{path}: the VOI LUT is for whole numbers; rescaled values are not. Pass window=(center, width)."
            )
        table = pixels.apply_voi(rescaled.astype(np.int64), file).astype(np.float64)
        top = 2.0 ** _table_bits(path, voi, "VOILUTSequence") - 1
        shown = apply_window(table, top / 2, top)
    elif window is None or window == "full":
        shown = apply_window(rescaled, (low + high) / 2, high - low)
    else:
        shown = apply_window(rescaled, *window)
    return 255 - shown if file.PhotometricInterpretation == "MONOCHROME1" else shown


def _table(file: Any, name: str) -> Any:
    return file[name].value[0] if file.get(name) else None


def _table_bits(path: Path, table: Any, name: str) -> int:
    descriptor = table.get("LUTDescriptor")
    bits = int(descriptor[2]) if descriptor is not None and len(descriptor) == 3 else 0
    if not 8 <= bits <= 16:
        raise DataError(
            f"{path}: the LUTDescriptor of {name} says {bits} bits; expected 8 to 16. Pass window=(center, width)."
        )
    return bits


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


def _stored_range(file: Any, slope: float, intercept: float) -> tuple[float, float]:
    bits, signed = int(file.get("BitsStored") or 1), int(file.get("PixelRepresentation") or 0)  # fractions have neither
    ends = [-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1] if signed else [0.0, 2.0**bits - 1]
    low, high = sorted(end * slope + intercept for end in ends)
    return low, high
