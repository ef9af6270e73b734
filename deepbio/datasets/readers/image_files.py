"""Image files as a source: headers are checked at once, pixels are decoded when they are asked for."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from deepbio.errors import DataError

ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
_FORMATS = ("PNG", "JPEG", "TIFF")
_GREY = ("1", "L")
_COLOUR = ("RGB", "RGBA", "P", "LA", "PA")
_THREADS = 8


class ImageFiles:
    """PNG, JPEG and TIFF files as a source: `source[indices]` decodes the files asked for to uint8.

    Palettes become colour. Pixels are taken as they are stored: a turn noted in EXIF is not applied. The headers of all
    files are read at once; damage behind a header shows when the pixels are read.

    Args:
        paths: the files.
        ids: a name for each; None takes the path.
        shape: `(height, width, channels)` to which every image is brought (bilinear, antialiased); None takes the size of
            the first, refuses others, and takes one channel where all images are grey and three where one is not.

    Raises:
        DataError: a file that is no such image, several sizes, more than 8 bits a pixel, several pages or, when its
            pixels are read, a damaged or partly transparent one; each names the file.
    """

    def __init__(
        self, paths: Sequence[Path], *, ids: Sequence[str] | None = None, shape: tuple[int, ...] | None = None
    ) -> None:
        self.paths = list(paths)
        self.ids = np.array([str(path) for path in paths] if ids is None else list(ids))
        self.dtype = np.dtype(np.uint8)
        headers = [_header(path) for path in self.paths]
        if shape is None:
            size = headers[0][1]
            for path, (_, found) in zip(self.paths, headers, strict=True):
                if found != size:
                    raise DataError(
                        f"{path}: expected {size[0]} x {size[1]} pixels as in {self.paths[0]}; found {found[0]} x "
                        f"{found[1]}. Say to what size all images are to be brought."
                    )
            shape = (*size, 1 if all(mode in _GREY for mode, _ in headers) else 3)
        self._image_shape = tuple(shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of all images, `(n, height, width, channels)`."""
        return (len(self.paths), *self._image_shape)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, indices: Any) -> np.ndarray:
        chosen = np.asarray(indices, dtype=np.int64)
        if chosen.ndim == 0:
            return self._decode(self.paths[int(chosen)])
        images = _each(self._decode, [self.paths[i] for i in chosen.tolist()])
        return np.stack(images) if images else np.empty((0, *self._image_shape), dtype=np.uint8)

    def take(self, indices: Iterable[int]) -> ImageFiles:
        """Give the source of some of the files, in the order of `indices`, without reading them."""
        chosen = [int(i) for i in indices]
        part = object.__new__(ImageFiles)  # the headers have been read
        part.__dict__.update(self.__dict__, paths=[self.paths[i] for i in chosen], ids=self.ids[chosen])
        return part

    def digests(self) -> list[str]:
        """Give the SHA-256 of each file, without decoding it: equal files, equal digests."""
        return _each(lambda path: hashlib.sha256(path.read_bytes()).hexdigest(), self.paths)

    def fingerprint(self) -> str:
        """Give one SHA-256 of all files and of the shape that they are brought to."""
        return hashlib.sha256(f"{self.shape} {' '.join(self.digests())}".encode()).hexdigest()

    def _decode(self, path: Path) -> np.ndarray:
        height, width, channels = self._image_shape
        with _open(path) as image:
            try:
                image.load()
            except (OSError, ValueError, SyntaxError) as error:
                raise DataError(f"{path}: the image is damaged ({error}). Replace or remove it.") from error
        if "A" in image.mode or "transparency" in image.info:
            image = image.convert("RGBA")
            if image.getextrema()[3][0] < 255:
                raise DataError(f"{path}: the image is partly transparent. Put it on a background first.")
        image = image.convert("L" if channels == 1 else "RGB")
        if image.size != (width, height):
            image = image.resize((width, height), resample=Image.Resampling.BILINEAR)
        return np.asarray(image).reshape(height, width, channels)


def _each(function: Callable[[Path], Any], paths: list[Path]) -> list[Any]:
    with ThreadPoolExecutor(_THREADS) as pool:  # Pillow decodes without holding Python's lock
        return list(pool.map(function, paths))


def _header(path: Path) -> tuple[str, tuple[int, int]]:
    """Mode and (height, width) of an image that can be read as 8 bits a pixel."""
    with warnings.catch_warnings():
        # Pillow warns of an image so large that it may be an attack. Refused here, it never reaches the threads.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with _open(path) as image:
            mode, pages = image.mode, getattr(image, "n_frames", 1)
            size = (image.height, image.width)
            several = pages > 1 and image.format != "MPO"  # a camera's JPEG with a preview behind it
    if mode.startswith(("I", "F")):
        raise DataError(
            f"{path}: expected 8 bits a pixel; this image has more (Pillow's mode {mode!r}). "
            "Choose a window of grey values and save it as 8 bits."
        )
    if mode not in _GREY + _COLOUR:
        raise DataError(f"{path}: expected a grey or RGB image; its mode is {mode!r}. Convert it to RGB.")
    if several:
        raise DataError(f"{path}: expected one image; the file holds {pages} pages. Save each as a file.")
    return mode, size


def _open(path: Path) -> Any:
    try:
        return Image.open(path, formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(f"{path}: the image is too large ({error}). Cut it into tiles.") from error
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{path}: expected a PNG, JPEG or TIFF image; it cannot be read ({error}).") from error
