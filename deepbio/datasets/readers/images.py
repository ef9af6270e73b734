"""Image files as a source: headers are checked at once, pixels are decoded when they are asked for; and folders of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from deepbio.datasets.readers.bitmap import bitmap_header, decode_bitmap
from deepbio.datasets.readers.dicom import decode_dicom, dicom_header
from deepbio.datasets.readers.grey_window import ImageHeader, Window, check_window
from deepbio.datasets.readers.nifti import decode_nifti, nifti_header
from deepbio.errors import DataError
from deepbio.files import FilePath, check_exists

ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".dcm", ".dicom", ".nii", ".nii.gz")
_FORMATS = "PNG, JPEG, TIFF, DICOM or NIfTI images"
_IGNORED = ("thumbs.db", "desktop.ini")
_THREADS = 8


class ImageFiles:
    """PNG, JPEG, TIFF, DICOM and NIfTI files as a source: `source[indices]` decodes the images asked for to uint8.

    Palettes become colour. Pixels are used as stored: a rotation in EXIF is not applied. The headers of all files are read at
    once; damage behind a header is found when the pixels are read. Each frame of a DICOM file and each slice of a NIfTI
    volume is an image of its own, named `path#1`, `path#2` and so on.

    Args:
        paths: Paths of the files.
        ids: Name of each file; None uses the path.
        shape: `(height, width, channels)` to which every image is resized (bilinear, antialiased). None uses the size of the
            first, refuses others, and uses one channel if all images are grey, otherwise three.
        window: Grey values to show if there are more than 256: `(center, width)` in the file's rescaled units, or `"full"`. None
            uses the window of a DICOM or NIfTI file and refuses 16-bit PNG and TIFF.

    Raises:
        DataError: a file is not an image, several sizes, more than 8 bits per pixel without a window, several pages or, when its
            pixels are read, a damaged or partly transparent image. The message names the file.
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
        headers = [_codec(path)[0](path, self.window) for path in paths]
        counts = [header.frames for header in headers]
        names = [str(path) for path in paths] if ids is None else list(ids)
        self.files = np.repeat(np.arange(len(headers)), counts)  # which file each image is from
        self.frames = np.concatenate([np.zeros(0, np.int64), *(np.arange(count) for count in counts)])
        self.paths = [paths[i] for i in self.files.tolist()]
        of_file = zip(self.files.tolist(), self.frames.tolist(), strict=True)
        self.ids = np.array([names[i] if counts[i] == 1 else f"{names[i]}#{frame + 1}" for i, frame in of_file])
        if shape is None:
            size = headers[0].size
            for path, header in zip(paths, headers, strict=True):
                if header.size != size:
                    one, other = ("{} x {}".format(*pixels) for pixels in (size, header.size))
                    raise DataError(
                        f"{path}: expected {one} pixels as in {paths[0]}; found {other}. Pass a common "
                        "shape=(height, width, channels) (--data shape=[64,64,1], say)."
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
        rows: dict[Path, list[int]] = {}
        for row, i in enumerate(chosen.tolist()):
            rows.setdefault(self.paths[i], []).append(row)

        def fill(path: Path) -> None:
            here = rows[path]
            images = _codec(path)[1](path, self.frames[chosen[here]].tolist(), self.window)
            for row, image in zip(here, images, strict=True):
                out[row] = self._fit(image)

        _each(fill, list(rows))
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
        """Return the SHA-256 of each file without decoding it, and of the frame if a file has several."""
        distinct = list(dict.fromkeys(self.paths))
        hashes = _each(lambda path: hashlib.sha256(path.read_bytes()).hexdigest(), distinct)
        found = dict(zip(distinct, hashes, strict=True))
        return [
            found[path] if frame == 0 else hashlib.sha256(f"{found[path]} {frame}".encode()).hexdigest()
            for path, frame in zip(self.paths, self.frames.tolist(), strict=True)
        ]

    def fingerprint(self) -> str:
        """Return one SHA-256 of all files, the shape to which they are resized and the window."""
        window = "" if self.window is None else f"{self.window} "
        return hashlib.sha256(f"{self.shape} {window}{' '.join(self.digests())}".encode()).hexdigest()

    def _fit(self, pixels: np.ndarray) -> np.ndarray:
        height, width, channels = self._image_shape
        image = Image.fromarray(pixels).convert("L" if channels == 1 else "RGB")
        if image.size != (width, height):
            image = image.resize((width, height), resample=Image.Resampling.BILINEAR)
        return np.asarray(image).reshape(height, width, channels)


@dataclass(frozen=True, eq=False)
class ImageFolder:
    """The images of a folder with one subfolder per class.

    Args:
        images: Source of uint8 `(n, height, width, channels)`; `images.ids` are the paths in the folder.
        labels: Class of each image as an index into `classes`, int64 `(n,)`.
        classes: Names of the subfolders, sorted.
    """

    images: ImageFiles
    labels: np.ndarray
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.images)


def read_image_folder(path: FilePath, *, shape: tuple[int, ...] | None = None, window: Window = None) -> ImageFolder:
    """Read a folder with one subfolder of PNG, JPEG, TIFF, DICOM or NIfTI files per class.

    Args:
        path: Path of the folder.
        shape: `(height, width, channels)` to which every image is resized; see `ImageFiles`.
        window: Grey values to show if there are more than 256; see `ImageFiles`.

    Raises:
        DataError: there is no folder or no class, a class is empty, or `ImageFiles` refuses a file.

    Example:
        >>> for name in ("benign", "malignant"):
        ...     (Path("scans") / name).mkdir(parents=True)
        ...     Image.new("L", (6, 5)).save(Path("scans") / name / "1.png")
        >>> read = read_image_folder("scans")
        >>> read.images[np.arange(2)].shape, read.classes, read.images.ids.tolist()
        ((2, 5, 6, 1), ('benign', 'malignant'), ['benign/1.png', 'malignant/1.png'])
    """
    folder = check_exists(path, folder=True)
    classes = class_folders(folder)
    for loose in (p for p in sorted(folder.iterdir()) if is_image(p) and p.is_file()):
        raise DataError(f"{loose}: expected images in one subfolder per class; this one is in none. Move it into one.")
    if not classes:
        raise DataError(f"{folder}: expected one subfolder of images per class; found no subfolder.")
    files = [image_paths(folder / name) for name in classes]
    labels = np.repeat(np.arange(len(classes)), [len(of_class) for of_class in files])
    paths = [path for of_class in files for path in of_class]
    ids = [path.relative_to(folder).as_posix() for path in paths]
    images = ImageFiles(paths, ids=ids, shape=shape, window=window)
    return ImageFolder(images, labels[images.files], tuple(classes))


def read_images(path: FilePath, *, shape: tuple[int, ...] | None = None, window: Window = None) -> ImageFiles:
    """Read one image file, or all of a folder and its subfolders, sorted by path, without labels.

    Args:
        path: Path of a file, or of a folder of PNG, JPEG, TIFF, DICOM or NIfTI files.
        shape: `(height, width, channels)` to which every image is resized; see `ImageFiles`.
        window: Grey values to show if there are more than 256; see `ImageFiles`.

    Raises:
        DataError: there is no such file or folder, there are no images in it, or `ImageFiles` refuses a file.

    Example:
        >>> Image.new("RGB", (6, 5)).save("scan.png")
        >>> read_images("scan.png", shape=(8, 8, 1)).shape
        (1, 8, 8, 1)
    """
    if Path(path).is_file():
        return ImageFiles([Path(path)], ids=[Path(path).name], shape=shape, window=window)
    folder = check_exists(path, folder=True)
    paths = image_paths(folder)
    return ImageFiles(paths, ids=[p.relative_to(folder).as_posix() for p in paths], shape=shape, window=window)


def is_image(path: Path) -> bool:
    """Return whether a file's name has the ending of an image.

    Example:
        >>> is_image(Path("brain.nii.gz")), is_image(Path("reads.fa.gz"))
        (True, False)
    """
    return path.name.lower().endswith(ENDINGS)


def class_folders(folder: Path) -> list[str]:
    """Return the names of the subfolders, sorted, without hidden ones."""
    return sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def image_paths(folder: Path) -> list[Path]:
    """Return the image files below a folder, sorted. Hidden files are left out; any other file is refused."""
    paths = []
    for path in sorted(folder.rglob("*")):
        if path.is_dir() or path.name.startswith(".") or path.name.lower() in _IGNORED:
            continue
        if not is_image(path):
            raise DataError(f"{path}: expected {_FORMATS}. Convert the file or move it away.")
        paths.append(path)
    if not paths:
        raise DataError(f"{folder}: expected {_FORMATS}; the folder has none.")
    return paths


def _codec(path: Path) -> tuple[Callable[..., ImageHeader], Callable[..., list[np.ndarray]]]:
    """Return the functions that read the header and that decode frames of a file, by its name."""
    name = path.name.lower()
    if name.endswith((".nii", ".nii.gz")):
        return nifti_header, decode_nifti
    return (dicom_header, decode_dicom) if name.endswith((".dcm", ".dicom")) else (bitmap_header, decode_bitmap)


def _each(function: Callable[[Path], Any], paths: list[Path]) -> list[Any]:
    if len(paths) == 1:
        return [function(paths[0])]
    with ThreadPoolExecutor(_THREADS) as pool:  # Pillow decodes without Python's lock
        return list(pool.map(function, paths))
