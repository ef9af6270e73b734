"""NIfTI volumes through nibabel, slice by slice, as stored or along the axes of the body."""

import math
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from deepbio.datasets.readers.grey_window import ImageHeader, Window, apply_window
from deepbio.errors import DataError
from deepbio.files import check_exists
from deepbio.limits import too_large, unpacked_limit
from deepbio.optional import require

Missing = Literal["error", "low"]
Orient = Literal["RAS"] | None


def nifti_header(path: Path, window: Window = None, *, orient: Orient = None) -> ImageHeader:
    """Read the header of a NIfTI file: size `(first axis, second axis)` and number of the slices along the last axis.

    Raises:
        DataError: the file is no NIfTI, has not three axes, has no orientation if one is asked for, or has grey values without
            any stated range and no window.
        OptionalDependencyError: nibabel is not installed (extra `images`).
    """
    volume = _open(path, orient)
    shape = _three_axes(volume.shape)
    if len(shape) != 3 or 0 in shape:
        raise DataError(
            f"{path}: expected a volume of three axes; found shape {volume.shape}. Save its volumes one by one, for example "
            "with nibabel: for i, one in enumerate(nibabel.funcs.four_to_three(nibabel.load(FILE))): "
            "nibabel.save(one, f'{i}.nii.gz'); their slices are then images."
        )
    if (voxels := volume.get_data_dtype()).fields is not None or voxels.kind == "c":
        raise DataError(f"{path}: expected grey values; the voxels are {voxels}.")
    if window is None and _own_window(volume) is None:
        raise DataError(
            f"{path}: the file does not say which grey values to show. Pass window=(center, width), such as (40, 400) for soft "
            "tissue in Hounsfield units, or window='full' for all (on the command line --window 40,400 or --window full)."
        )
    return ImageHeader(True, (int(shape[0]), int(shape[1])), int(shape[2]))


def decode_nifti(
    path: Path, slices: Sequence[int], window: Window = None, *, missing: Missing = "error", orient: Orient = None
) -> list[np.ndarray]:
    """Decode slices `volume[:, :, k]` to uint8, as stored or with the axes in the order of `orient`.

    Values are scaled by the header's slope and intercept, then windowed: by `window`; without one by the header's `cal_min`
    and `cal_max`, or 0 to 255 for bytes. `"full"` runs from the volume's lowest to its highest finite value.

    Args:
        path: Path of the file, plain or gzip.
        slices: Numbers of the slices, from 0.
        window: `(center, width)`, `"full"` or None.
        missing: `"error"` refuses NaN and infinity; `"low"` makes them 0.
        orient: `"RAS"` flips and exchanges axes so that they run to the right, to the front and up; None keeps them as stored.

    Raises:
        DataError: the file is cut short, or values are not finite.

    Source: the NIfTI-1 data format, nifti.nimh.nih.gov.
    """
    volume = _open(path, orient)
    try:
        whole = np.asanyarray(volume.dataobj)  # a gzip file must be unpacked from its start in any case
    except (OSError, EOFError, ValueError, TypeError, OverflowError, MemoryError, zlib.error) as error:
        raise DataError(f"{path}: the volume is cut short or damaged ({str(error)[:200]}). Copy it again.") from error
    whole = whole.reshape(_three_axes(whole.shape))
    finite = np.isfinite(whole)
    if not finite.all():
        if missing == "error":
            first = tuple(np.argwhere(~finite)[0].tolist())
            raise DataError(
                f"{path}, slice {first[2] + 1}: {(~finite).sum()} voxel(s) are NaN or infinite, the first at {first}. Fill them, "
                "or show them as the lowest value with nan='low' (on the command line --data nan=low)."
            )
        if not finite.any():
            raise DataError(f"{path}: no voxel has a finite value.")
        whole = np.where(finite, whole, whole[finite].min())
    if window == "full":
        low, high = float(whole.min()), float(whole.max())
        window = ((low + high) / 2, max(high - low, 1e-30))
    elif window is None and (window := _own_window(volume)) is None:
        nifti_header(path, orient=orient)  # raises
    out = [apply_window(whole[:, :, k], *window) for k in slices]  # type: ignore[misc]
    return out if finite.all() else [np.where(finite[:, :, k], image, 0) for k, image in zip(slices, out, strict=True)]


def read_nifti(path: Any, *, window: Window = None, missing: Missing = "error", orient: Orient = None) -> np.ndarray:
    """Read all slices of one NIfTI volume: uint8 `(slices, first axis, second axis, 1)`; see `decode_nifti`.

    Raises:
        DataError: the file does not exist, is no NIfTI, has no window, or has values that are not finite.
    """
    file = check_exists(path)
    header = nifti_header(file, window, orient=orient)
    return np.stack(decode_nifti(file, range(header.frames), window, missing=missing, orient=orient))[..., None]


def nifti_classes(path: Path, orient: Orient = None) -> list[np.ndarray]:
    """Decode the slices of a volume of class numbers, each int64 `(first axis, second axis)`.

    Raises:
        DataError: the file is no NIfTI, or a value is no whole number.
    """
    nifti_header(path, "full", orient=orient)
    volume = _open(path, orient)
    values = np.asanyarray(volume.dataobj)
    whole = values.reshape(_three_axes(values.shape))
    if not np.isfinite(whole).all() or (whole != np.round(whole)).any():
        raise DataError(f"{path}: expected a mask of class numbers; found fractions.")
    return list(np.moveaxis(whole.astype(np.int64), 2, 0))


def check_nifti_options(nan: Missing, orient: Orient) -> None:
    """Check the options of NIfTI files.

    Raises:
        DataError: an unknown value.

    Example:
        >>> check_nifti_options("low", "RAS")
    """
    if nan not in get_args(Missing):
        raise DataError(f"nan is 'error' or 'low'; received {nan!r}.")
    if orient not in (None, "RAS"):
        raise DataError(f"orient is 'RAS' or None, the axes as stored; received {orient!r}.")


def stored_axes(path: Path) -> tuple[str, ...] | None:
    """Return where the stored axes run to, such as `("R", "A", "S")`, or None if the header does not say."""
    volume = _open(path)
    if not (int(volume.header["sform_code"]) or int(volume.header["qform_code"])):
        return None
    axes = require("nibabel", extra="images", purpose="Reading NIfTI").aff2axcodes(volume.affine)
    return None if None in axes else tuple(axes)


def _three_axes(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of a volume: without further axes of size one, and with one slice if there are two axes."""
    if len(shape) > 3 and set(shape[3:]) == {1}:
        return shape[:3]
    return (*shape, 1) if len(shape) == 2 else shape


def _open(path: Path, orient: Orient = None) -> Any:
    nibabel = require("nibabel", extra="images", purpose="Reading NIfTI")
    try:
        volume = nibabel.load(path)
    except Exception as error:  # nibabel raises many classes for a damaged header
        raise DataError(f"{path}: expected a NIfTI file; it cannot be read ({str(error)[:200]}).") from error
    if not isinstance(volume, nibabel.Nifti1Image):  # NIfTI-2 is one too
        raise DataError(f"{path}: expected a NIfTI file; found {type(volume).__name__}.")
    size = math.prod(volume.shape) * volume.get_data_dtype().itemsize
    if size > (limit := unpacked_limit(path.stat().st_size, any_ratio=1 << 30)):  # a mask of zeros packs very well
        raise too_large(path, size, limit)
    if orient is None:
        return volume
    if not (int(volume.header["sform_code"]) or int(volume.header["qform_code"])):
        raise DataError(
            f"{path}: the header does not say how the volume lies (sform_code and qform_code are 0). Read it without orient."
        )
    try:
        return nibabel.as_closest_canonical(volume)
    except Exception as error:  # an affine without an inverse, or two axes
        raise DataError(
            f"{path}: the volume cannot be oriented ({str(error)[:200]}). Read it without orient."
        ) from error


def _own_window(volume: Any) -> tuple[float, float] | None:
    low, high = float(volume.header["cal_min"]), float(volume.header["cal_max"])
    if np.isfinite(low) and np.isfinite(high) and high > low:
        return (low + high) / 2, high - low
    plain = volume.header.get_slope_inter() in ((None, None), (1.0, 0.0))
    return (127.5, 255.0) if volume.get_data_dtype() == np.uint8 and plain else None
