"""Image files as a source: headers are checked at once, pixels are decoded when they are asked for; and folders of them."""

from __future__ import annotations

import hashlib
import logging
import operator
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from deepbio.datasets.readers.bitmap import bitmap_header, decode_bitmap
from deepbio.datasets.readers.dicom import decode_dicom, dicom_header, dicom_study, dicomdir_files, is_dicomdir
from deepbio.datasets.readers.grey_window import ImageHeader, Window, check_window
from deepbio.datasets.readers.image_kind import ImageKind, image_kind, image_paths, is_image, subfolders
from deepbio.datasets.readers.nifti import Missing, Orient, check_nifti_options, decode_nifti, nifti_header
from deepbio.errors import DataError
from deepbio.files import FilePath, check_exists

_THREADS = 8
log = logging.getLogger("deepbio")


class ImageFiles:
    """PNG, JPEG, TIFF, BMP, GIF, WebP, DICOM and NIfTI files as a source: `source[indices]` decodes images to uint8.

    A file is what its content says, whatever its ending. Palettes and CMYK become RGB, and an orientation in EXIF is applied.
    The headers of all files are read at once; damage behind a header is found when the pixels are read. Each frame of a DICOM
    file and each slice of a NIfTI volume is an image of its own, named `path#1`, `path#2` and so on.

    Args:
        paths: Paths of the files.
        ids: Name of each file; None uses the path.
        shape: `(height, width, channels)` to which every image is resized (bilinear, antialiased). None uses the size of the
            first, refuses others, and uses one channel if all images are grey, otherwise three.
        window: Grey values to show if there are more than 256: `(center, width)` in the file's rescaled units, or `"full"`. None
            uses the window of a DICOM or NIfTI file and refuses files of more than 8 bits that have none. Bitmaps of 8 bits are
            read as they are in any case, which is logged.
        nan: NaN and infinity in NIfTI: `"error"` refuses them, `"low"` shows them as 0.
        orient: `"RAS"` orders the axes of NIfTI volumes by the body: to the right, to the front, up. None keeps them.

    Attributes:
        sizes: `(height, width)` of each image before it is resized, int64 `(n, 2)`.

    Raises:
        DataError: a file is not an image, several sizes, more than 8 bits per pixel without a window, several pages or, when its
            pixels are read, a damaged or partly transparent image. The message names the file.
        OptionalDependencyError: pydicom, nibabel or the decoder of a compressed DICOM file is needed and not installed.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        ids: Sequence[str] | None = None,
        shape: tuple[int, ...] | None = None,
        window: Window = None,
        nan: Missing = "error",
        orient: Orient = None,
    ) -> None:
        check_nifti_options(nan, orient)
        self.window: Window = check_window(window)
        self.orient: Orient = orient
        self._nifti: dict[str, Any] = {"missing": nan, "orient": orient}
        self.dtype = np.dtype(np.uint8)
        self._kinds: dict[Path, ImageKind] = {path: image_kind(path) or "bitmap" for path in dict.fromkeys(paths)}
        headers = [self._header(path) for path in paths]
        plain = [path for path, header in zip(paths, headers, strict=True) if not header.windowed]
        if plain and self.window not in (None, "full"):
            log.warning(
                "%s is an image of 8 bits, as are %d of %d: they are read as they are, not through the window %s.",
                plain[0], len(plain), len(paths), self.window,
            )  # fmt: skip
        counts = [header.frames for header in headers]
        names = [str(path) for path in paths] if ids is None else list(ids)
        self.files = np.repeat(np.arange(len(headers)), counts)  # which file each image is from
        self.frames = np.concatenate([np.zeros(0, np.int64), *(np.arange(count) for count in counts)])
        self.paths = [paths[i] for i in self.files.tolist()]
        self.sizes = np.array([header.size for header in headers], np.int64).reshape(-1, 2)[self.files]
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
        try:
            height, width, channels = map(operator.index, shape)
        except (TypeError, ValueError):
            height = width = channels = 0
        if channels not in (1, 3) or min(height, width) < 1:
            raise DataError(f"shape is (height, width, channels), with 1 or 3 channels; received {shape!r}.")
        self._image_shape = (height, width, channels)

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
            images = self._decode(path, self.frames[chosen[here]].tolist())
            for row, image in zip(here, images, strict=True):
                out[row] = self._fit(image)

        _each(fill, list(rows))
        return out

    def take(self, indices: Iterable[int]) -> ImageFiles:
        """Return the source of some of the images, in the order of `indices`, without reading them."""
        chosen = [int(i) for i in indices]
        part = object.__new__(ImageFiles)  # the headers have been read
        part.__dict__.update(self.__dict__, paths=[self.paths[i] for i in chosen])
        for name in ("ids", "files", "frames", "sizes"):
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
        """Return one SHA-256 of all files, the shape to which they are resized and the options of reading."""
        options = "" if self.window is None else f"{self.window} "
        options += "".join(f"{value} " for value in self._nifti.values() if value not in (None, "error"))
        return hashlib.sha256(f"{self.shape} {options}{' '.join(self.digests())}".encode()).hexdigest()

    def studies(self) -> list[str] | None:
        """Return the study of each image if all files are DICOM and say it, otherwise None."""
        if {self._kinds[path] for path in self.paths} != {"dicom"}:
            return None
        distinct = list(dict.fromkeys(self.paths))
        found = dict(zip(distinct, _each(dicom_study, distinct), strict=True))
        return None if None in found.values() else [str(found[path]) for path in self.paths]

    def _header(self, path: Path) -> ImageHeader:
        kind = self._kinds[path]
        if kind == "nifti":
            return nifti_header(path, self.window, orient=self._nifti["orient"])
        return (dicom_header if kind == "dicom" else bitmap_header)(path, self.window)

    def _decode(self, path: Path, frames: list[int]) -> list[np.ndarray]:
        kind = self._kinds[path]
        if kind == "nifti":
            return decode_nifti(path, frames, self.window, **self._nifti)
        return (decode_dicom if kind == "dicom" else decode_bitmap)(path, frames, self.window)

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


def read_image_folder(
    path: FilePath,
    *,
    shape: tuple[int, ...] | None = None,
    window: Window = None,
    nan: Missing = "error",
    orient: Orient = None,
) -> ImageFolder:
    """Read a folder with one subfolder of images per class.

    Args:
        path: Path of the folder.
        shape: `(height, width, channels)` to which every image is resized; see `ImageFiles`.
        window, nan, orient: How pixels are read; see `ImageFiles`.

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
    classes = subfolders(folder)
    for loose in (p for p in sorted(folder.iterdir()) if p.is_file() and not p.name.startswith(".") and is_image(p)):
        raise DataError(f"{loose}: expected images in one subfolder per class; this one is in none. Move it into one.")
    if not classes:
        raise DataError(f"{folder}: expected one subfolder of images per class; found no subfolder.")
    if len(classes) == 1 and subfolders(folder / classes[0]):
        log.warning("%s has one class, %r. If the classes are in it, pass %s.", folder, classes[0], folder / classes[0])
    files = [image_paths(folder / name) for name in classes]
    labels = np.repeat(np.arange(len(classes)), [len(of_class) for of_class in files])
    paths = [path for of_class in files for path in of_class]
    ids = [path.relative_to(folder).as_posix() for path in paths]
    images = ImageFiles(paths, ids=ids, shape=shape, window=window, nan=nan, orient=orient)
    return ImageFolder(images, labels[images.files], tuple(classes))


def read_images(
    path: FilePath,
    *,
    shape: tuple[int, ...] | None = None,
    window: Window = None,
    nan: Missing = "error",
    orient: Orient = None,
) -> ImageFiles:
    """Read one image file, all of a folder and its subfolders, sorted by path, or those of a DICOMDIR, without labels.

    Args:
        path: Path of an image, of a folder of images, or of a DICOMDIR.
        shape: `(height, width, channels)` to which every image is resized; see `ImageFiles`.
        window, nan, orient: How pixels are read; see `ImageFiles`.

    Raises:
        DataError: there is no such file or folder, there are no images in it, or `ImageFiles` refuses a file.

    Example:
        >>> Image.new("RGB", (6, 5)).save("scan.png")
        >>> read_images("scan.png", shape=(8, 8, 1)).shape
        (1, 8, 8, 1)
    """
    file = Path(path)
    if file.is_file():
        folder, paths = file.parent, dicomdir_files(file) if is_dicomdir(file) else [file]
    else:
        folder = check_exists(path, folder=True)
        paths = image_paths(folder)
    ids = [each.relative_to(folder).as_posix() for each in paths]
    return ImageFiles(paths, ids=ids, shape=shape, window=window, nan=nan, orient=orient)


def _each(function: Callable[[Path], Any], paths: list[Path]) -> list[Any]:
    if len(paths) == 1:
        return [function(paths[0])]
    with ThreadPoolExecutor(_THREADS) as pool:  # Pillow decodes without Python's lock
        return list(pool.map(function, paths))
