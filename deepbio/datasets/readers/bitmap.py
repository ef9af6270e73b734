"""PNG, JPEG and TIFF through Pillow: 8 bits per pixel, or 16 bits of grey through a window."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from deepbio.datasets.readers.grey_window import ImageHeader, Window, apply_window
from deepbio.errors import DataError

_FORMATS = ("PNG", "JPEG", "TIFF")
_GREY = ("1", "L")
_DEEP = ("I;16", "I;16B", "I;16L", "I", "F")
_COLOUR = ("RGB", "RGBA", "P", "LA", "PA")


def bitmap_header(path: Path, window: Window = None) -> ImageHeader:
    """Read the header of an image that can be converted to 8 bits per pixel.

    Raises:
        DataError: the image does not exist, is too large, has several pages, or has more than 8 bits per pixel and no window.
    """
    with warnings.catch_warnings():
        # Pillow warns of an image so large that it may be an attack. Refused here, it never reaches the threads.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with _open(path) as image:
            mode, pages = image.mode, getattr(image, "n_frames", 1)
            size = (image.height, image.width)
            several = pages > 1 and image.format != "MPO"  # a camera's JPEG with a preview behind it
    if mode in _DEEP:
        if window is None:
            raise DataError(
                f"{path}: expected 8 bits per pixel; this image has more (Pillow's mode {mode!r}). "
                "Choose the grey values to show: window=(center, width), or window='full' for 0 to 65535 (--window)."
            )
        if window == "full" and not mode.startswith("I"):
            raise DataError(
                f"{path}: the pixels are fractions without a full range. Pass window=(center, width) (--window)."
            )
    elif mode not in _GREY + _COLOUR:
        raise DataError(f"{path}: expected a grey or RGB image; its mode is {mode!r}. Convert it to RGB.")
    if several:
        raise DataError(f"{path}: expected one image; the file has {pages} pages. Save each as a file.")
    return ImageHeader(mode in _GREY + _DEEP, size)


def decode_bitmap(path: Path, frames: Sequence[int] = (0,), window: Window = None) -> list[np.ndarray]:
    """Decode an image to uint8 `(height, width)` or `(height, width, 3)`, once per frame. Palettes become colour.

    Raises:
        DataError: the image is damaged or partly transparent.
    """
    return [_decode(path, window)] * len(frames)


def _decode(path: Path, window: Window) -> np.ndarray:
    with _open(path) as image:
        try:
            image.load()
        except (OSError, ValueError, SyntaxError) as error:
            raise DataError(f"{path}: the image is damaged ({error}). Replace or remove it.") from error
        if image.mode in _DEEP:
            if window is None:
                raise DataError(f"{path}: the image has more than 8 bits per pixel since it was opened.")
            values = np.asarray(image)
            if image.mode == "F" and not np.isfinite(values).all():
                raise DataError(f"{path}: expected finite grey values; found NaN or infinity. Fill them first.")
            return apply_window(values, *((32767.5, 65535.0) if window == "full" else window))
        if "A" in image.mode or "transparency" in image.info:
            image = image.convert("RGBA")
            if image.getextrema()[3][0] < 255:
                raise DataError(f"{path}: the image is partly transparent. Put it on a background first.")
        return np.asarray(image.convert("L" if image.mode in _GREY else "RGB"))


def _open(path: Path) -> Any:
    try:
        return Image.open(path, formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(f"{path}: the image is too large ({error}). Cut it into tiles.") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{path}: expected a PNG, JPEG or TIFF image; it cannot be read ({error}).") from error
