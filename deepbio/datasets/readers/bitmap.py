"""PNG, JPEG, TIFF, BMP, GIF and WebP through Pillow: 8 bits per pixel, or more bits of grey through a window."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from deepbio.datasets.readers.grey_window import ImageHeader, Window, apply_window
from deepbio.errors import DataError

_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP")
_GREY = ("1", "L", "LA")
_COLOUR = ("RGB", "RGBA", "P", "PA", "CMYK")
_ORIENTATION = 0x0112


class _Depth(NamedTuple):
    """What the file says of its samples, which the mode of Pillow does not always show."""

    bits: int = 8
    samples: int = 1
    signed: bool = False
    fractions: bool = False
    white_is_zero: bool = False

    @property
    def deep(self) -> bool:
        """Whether the values are not those of 0 to 255."""
        return self.bits > 8 or self.signed or self.fractions


def bitmap_header(path: Path, window: Window = None) -> ImageHeader:
    """Read the header of an image: grey or colour, and its size as it is shown (after the orientation in EXIF).

    Raises:
        DataError: the image does not exist, is too large, has several pages, has more than 8 bits per colour, or has more than
            8 bits of grey and no window.
    """
    with warnings.catch_warnings():
        # Pillow warns of an image so large that it may be an attack. Refused here, it never reaches the threads.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with _open(path) as image:
            mode, depth = image.mode, _depth(path, image)
            try:
                pages = getattr(image, "n_frames", 1)
            except Exception as error:  # Pillow raises many classes
                raise DataError(f"{path}: the image is damaged ({error}). Replace or remove it.") from error
            size = (image.height, image.width)
            if image.format != "TIFF" and _orientation(image) > 4:  # Pillow has turned the size of a TIFF
                size = size[::-1]
            several = pages > 1 and image.format != "MPO"  # a camera's JPEG with a preview behind it
    if depth.deep and depth.samples > 1:
        raise DataError(
            f"{path}: expected 8 bits per pixel and colour; found {depth.samples} x {depth.bits} bits. Save grey values of 16 "
            "bits, or colours of 8 bits."
        )
    if depth.deep:
        _check_window(path, depth, window)
    elif mode not in _GREY + _COLOUR:
        raise DataError(f"{path}: expected a grey or RGB image; its mode is {mode!r}. Convert it to RGB.")
    if several:
        raise DataError(f"{path}: expected one image; the file has {pages} pages. Save each as a file.")
    return ImageHeader(depth.deep or mode in _GREY, size, windowed=depth.deep)


def decode_bitmap(path: Path, frames: Sequence[int] = (0,), window: Window = None) -> list[np.ndarray]:
    """Decode an image to uint8 `(height, width)` or `(height, width, 3)`, once per frame. Palettes become colour.

    The image is turned as its EXIF orientation says. Grey values of more than 8 bits are windowed; where a TIFF says that
    white is zero, the image is inverted after it.

    Raises:
        DataError: the image is damaged or partly transparent.
    """
    return [_decode(path, window)] * len(frames)


def decode_classes(path: Path) -> np.ndarray:
    """Decode a mask to the class numbers of its pixels, int64 `(height, width)`: grey values, or indices into a palette.

    Raises:
        DataError: the file has colours or fractions, or is damaged.
    """
    with _open(path) as image:
        depth, turned = _depth(path, image), _orientation(image)
        _load(path, image)
        values = np.asarray(image if image.mode != "1" else image.convert("L"))
        if depth.bits == 32 and not depth.signed and values.dtype == np.int32:
            values = values.view(np.uint32)
        bands = values[..., :-1] if image.mode in ("RGBA", "LA", "PA") else values
        if depth.fractions or image.mode == "CMYK" or (depth.deep and depth.samples > 1):
            raise DataError(f"{path}: expected a mask of class numbers; found {depth.samples} x {depth.bits} bits.")
        if bands.ndim == 3 and (bands != bands[..., :1]).any():
            raise DataError(
                f"{path}: expected a mask of class numbers, grey or with a palette; found colours. Save the number of the class "
                "of each pixel as its grey value."
            )
        flat = bands[..., 0] if bands.ndim == 3 else bands
    return _turn(flat.astype(np.int64), 1 if image.format == "TIFF" else turned)


def _decode(path: Path, window: Window) -> np.ndarray:
    with _open(path) as image:
        depth, turned = _depth(path, image), _orientation(image)
        _load(path, image)
        if image.format != "TIFF" and _orientation(image) != turned:
            raise DataError(f"{path}: the orientation of the image is written behind its pixels. Save it again.")
        if not depth.deep:
            pixels = _bytes(path, image)
        elif "transparency" in image.info:
            raise DataError(f"{path}: the image has a transparent grey value. Put it on a background first.")
        else:
            center, width = _check_window(path, depth, window)
            values = _stored(image, depth)
            if depth.fractions and not np.isfinite(values).all():
                raise DataError(f"{path}: expected finite grey values; found NaN or infinity. Fill them first.")
            pixels = apply_window(values, center, width)
            pixels = 255 - pixels if depth.white_is_zero else pixels
        return _turn(pixels, 1 if image.format == "TIFF" else turned)


def _bytes(path: Path, image: Any) -> np.ndarray:
    grey = image.mode in _GREY
    if image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
        image = image.convert("RGBA")
        if image.getextrema()[3][0] < 255:
            raise DataError(f"{path}: the image is partly transparent. Put it on a background first.")
    return np.asarray(image.convert("L" if grey else "RGB"))


def _stored(image: Any, depth: _Depth) -> np.ndarray:
    values = np.asarray(image)
    if depth.bits == 8:
        return values.view(np.int8)
    # Pillow keeps 32 bits without a sign in integers with one
    return values.view(np.uint32) if depth.bits == 32 and not (depth.signed or depth.fractions) else values


def _check_window(path: Path, depth: _Depth, window: Window) -> tuple[float, float]:
    """Return center and width of the grey values to show."""
    kind = "fractions" if depth.fractions else f"integers of {depth.bits} bits{' with a sign' if depth.signed else ''}"
    if window is None:
        raise DataError(
            f"{path}: expected 8 bits per pixel; found {kind}. Choose the grey values to show: window=(center, width), or for 16 "
            "bits window='full' (on the command line --window CENTER,WIDTH or --window full)."
        )
    if window != "full":
        return window
    if depth.fractions or depth.bits > 16:
        raise DataError(f"{path}: the pixels are {kind}, without a full range. Pass window=(center, width) (--window).")
    width = 2.0**depth.bits - 1
    return -0.5 if depth.signed else width / 2, width


def _depth(path: Path, image: Any) -> _Depth:
    """Return the depth in the file's own header: IHDR of a PNG, tags 258, 262, 277 and 339 of a TIFF."""
    if image.format == "PNG":
        with path.open("rb") as file:
            header = file.read(26)
        bits, colour = header[24], header[25]
        return _Depth(bits, {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(colour, 1))
    if image.format != "TIFF":
        return _Depth()
    tags = image.tag_v2
    bits, formats = (_numbers(tags.get(tag, 1)) for tag in (258, 339))
    samples, light = tags.get(277, 1), tags.get(262)
    return _Depth(max(bits), samples, 2 in formats, 3 in formats, light == 0)


def _numbers(value: Any) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, tuple) else (value,)


def _orientation(image: Any) -> int:
    """Return the orientation in EXIF, 1 to 8; 1 if there is none that can be read."""
    if image.format == "TIFF" or (image.format == "PNG" and "exif" not in image.info):
        return 1  # Pillow turns a TIFF itself
    try:
        found = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # broken EXIF, which viewers pass over
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _turn(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Return an image as its EXIF orientation (1 to 8) says that it is shown."""
    if orientation > 4:
        pixels = pixels.swapaxes(0, 1)
    across = orientation in (2, 3, 6, 7)
    down = orientation in (3, 4, 7, 8)
    return np.ascontiguousarray(pixels[:: -1 if down else 1, :: -1 if across else 1])


def _load(path: Path, image: Any) -> None:
    try:
        image.load()
    except Exception as error:  # Pillow raises many classes
        raise DataError(f"{path}: the image is damaged ({error}). Replace or remove it.") from error


def _open(path: Path) -> Any:
    try:
        return Image.open(path, formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(f"{path}: the image is too large ({error}). Cut it into tiles.") from error
    except Exception as error:  # Pillow raises many classes
        raise DataError(
            f"{path}: expected a PNG, JPEG, TIFF, BMP, GIF or WebP image; it cannot be read ({error})."
        ) from error
