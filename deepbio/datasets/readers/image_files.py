"""Image files as a source: headers are checked at once, pixels are decoded when they are asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from deepbio.datasets.readers.bitmap import bitmap_header, decode_bitmap
from deepbio.datasets.readers.dicom import decode_dicom, dicom_header
from deepbio.datasets.readers.grey_window import ImageHeader, Window, check_window
from deepbio.datasets.readers.nifti import decode_nifti, nifti_header
from deepbio.errors import DataError

ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".dcm", ".dicom", ".nii", ".nii.gz")
_THREADS = 8


class ImageFiles:
    """PNG, JPEG, TIFF, DICOM and NIfTI files as a source: `source[indices]` decodes the images asked for to uint8.

    Palettes become colour. Pixels are taken as they are stored: a turn noted in EXIF is not applied. The headers of all
    files are read at once; damage behind a header shows when the pixels are read. Each frame of a DICOM file and each
    slice of a NIfTI volume is an image of its own, named `path#1`, `path#2` and so on.

    Args:
        paths: the files.
        ids: a name for each file; None takes the path.
        shape: `(height, width, channels)` to which every image is brought (bilinear, antialiased); None takes the size of
            the first, refuses others, and takes one channel where all images are grey and three where one is not.
        window: grey values to see where there are more than 256: `(center, width)` in the file's rescaled units, or
            `"full"`; None takes what a DICOM or NIfTI file itself says and refuses 16-bit PNG and TIFF.

    Raises:
        DataError: a file that is no such image, several sizes, more than 8 bits a pixel without a window, several pages or,
            when its pixels are read, a damaged or partly transparent one; each names the file.
        OptionalDependencyError: pydicom or nibabel is needed and not installed (extra `images`).
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        ids: Sequence[str] | None = None,
        shape: tuple[int, ...] | None = None,
        window: Window = None,
    ) -> None:
        self.window: Window = check_window(window)
        self.dtype = np.dtype(np.uint8)
        headers = [_header(path, self.window) for path in paths]
        counts = [header.frames for header in headers]
        names = [str(path) for path in paths] if ids is None else list(ids)
        self.files = np.repeat(np.arange(len(headers)), counts)  # which file each image is from
        self.paths = [paths[i] for i in self.files.tolist()]
        self.frames = np.concatenate([np.arange(count) for count in counts]) if counts else np.zeros(0, np.int64)
        self.ids = np.array(
            [
                name if count == 1 else f"{name}#{frame + 1}"
                for name, count in zip(names, counts, strict=True)
                for frame in range(count)
            ]
        )
        if shape is None:
            size = headers[0].size
            for path, header in zip(paths, headers, strict=True):
                if header.size != size:
                    raise DataError(
                        f"{path}: expected {size[0]} x {size[1]} pixels as in {paths[0]}; found {header.size[0]} x "
                        f"{header.size[1]}. Say to what size all images are to be brought."
                    )
            shape = (*size, 1 if all(header.grey for header in headers) else 3)
        if len(shape) != 3 or shape[2] not in (1, 3) or min(shape) < 1:
            raise DataError(f"shape is (height, width, channels), with 1 or 3 channels; received {tuple(shape)}.")
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
            return self[chosen[None]][0]
        out = np.empty((len(chosen), *self._image_shape), dtype=np.uint8)
        places: dict[Path, list[int]] = {}
        for place, i in enumerate(chosen.tolist()):
            places.setdefault(self.paths[i], []).append(place)

        def fill(path: Path) -> None:
            here = places[path]
            for place, image in zip(here, self._decode(path, self.frames[chosen[here]].tolist()), strict=True):
                out[place] = self._fit(image)

        _each(fill, list(places))
        return out

    def take(self, indices: Iterable[int]) -> ImageFiles:
        """Return the source of some of the images, in the order of `indices`, without reading them."""
        chosen = [int(i) for i in indices]
        part = object.__new__(ImageFiles)  # the headers have been read
        part.__dict__.update(self.__dict__, paths=[self.paths[i] for i in chosen])
        for name in ("ids", "files", "frames"):
            setattr(part, name, getattr(self, name)[chosen])
        return part

    def digests(self) -> list[str]:
        """Return the SHA-256 of each file, without decoding it, with the frame where a file has several."""
        distinct = list(dict.fromkeys(self.paths))
        found = dict(
            zip(distinct, _each(lambda path: hashlib.sha256(path.read_bytes()).hexdigest(), distinct), strict=True)
        )
        return [
            found[path] if frame == 0 else hashlib.sha256(f"{found[path]} {frame}".encode()).hexdigest()
            for path, frame in zip(self.paths, self.frames.tolist(), strict=True)
        ]

    def fingerprint(self) -> str:
        """Return one SHA-256 of all files, of the shape that they are brought to and of the window."""
        window = "" if self.window is None else f"{self.window} "
        return hashlib.sha256(f"{self.shape} {window}{' '.join(self.digests())}".encode()).hexdigest()

    def _decode(self, path: Path, frames: list[int]) -> list[np.ndarray]:
        kind = _kind(path)
        if kind == "dicom":
            return decode_dicom(path, frames, self.window)
        if kind == "nifti":
            return decode_nifti(path, frames, self.window)
        return [decode_bitmap(path, self.window)] * len(frames)

    def _fit(self, pixels: np.ndarray) -> np.ndarray:
        height, width, channels = self._image_shape
        image = Image.fromarray(pixels).convert("L" if channels == 1 else "RGB")
        if image.size != (width, height):
            image = image.resize((width, height), resample=Image.Resampling.BILINEAR)
        return np.asarray(image).reshape(height, width, channels)


def _kind(path: Path) -> str:
    name = path.name.lower()
    if name.endswith((".nii", ".nii.gz")):
        return "nifti"
    return "dicom" if name.endswith((".dcm", ".dicom")) else "bitmap"


def _header(path: Path, window: Window) -> ImageHeader:
    kind = _kind(path)
    if kind == "dicom":
        return dicom_header(path)
    return nifti_header(path, window) if kind == "nifti" else bitmap_header(path, window)


def _each(function: Callable[[Path], Any], paths: list[Path]) -> list[Any]:
    if len(paths) == 1:
        return [function(paths[0])]
    with ThreadPoolExecutor(_THREADS) as pool:  # Pillow decodes without holding Python's lock
        return list(pool.map(function, paths))
