"""Folders of images: one subfolder a class, or images alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepbio.datasets.readers.grey_window import Window
from deepbio.datasets.readers.image_files import ENDINGS, ImageFiles
from deepbio.errors import DataError
from deepbio.files import check_exists

_IGNORED = ("thumbs.db", "desktop.ini")


@dataclass(frozen=True, eq=False)
class ImageFolder:
    """What a folder of class folders holds.

    Args:
        images: uint8 `(n, height, width, channels)`, a source; `images.ids` are the paths in the folder.
        labels: class of each image, int64 `(n,)`, as its place in `classes`.
        classes: names of the subfolders, sorted.
    """

    images: ImageFiles
    labels: np.ndarray
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.images)


def read_image_folder(
    path: str | os.PathLike[str], *, shape: tuple[int, ...] | None = None, window: Window = None
) -> ImageFolder:
    """Read a folder that has one subfolder of PNG, JPEG, TIFF, DICOM or NIfTI files a class.

    Args:
        path: the folder.
        shape: `(height, width, channels)` to which every image is brought; see `ImageFiles`.
        window: grey values to see where there are more than 256; see `ImageFiles`.

    Raises:
        DataError: no folder, no classes, an empty class, or a file that `ImageFiles` refuses; each names the file.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("benign", "malignant"):
        ...     (folder / name).mkdir()
        ...     Image.new("L", (6, 5)).save(folder / name / "1.png")
        >>> read = read_image_folder(folder)
        >>> read.images[np.arange(2)].shape, read.classes, read.images.ids.tolist()
        ((2, 5, 6, 1), ('benign', 'malignant'), ['benign/1.png', 'malignant/1.png'])
    """
    folder = check_exists(path, folder=True)
    classes = class_folders(folder)
    loose = next((p for p in sorted(folder.iterdir()) if is_image(p) and p.is_file()), None)
    if loose is not None:
        raise DataError(f"{loose}: expected images in one subfolder a class; this one is in none. Move it into one.")
    if not classes:
        raise DataError(f"{folder}: expected one subfolder of images a class; found no subfolder.")
    files = [image_paths(folder / name) for name in classes]
    labels = np.repeat(np.arange(len(classes)), [len(of_class) for of_class in files])
    paths = [path for of_class in files for path in of_class]
    ids = [path.relative_to(folder).as_posix() for path in paths]
    images = ImageFiles(paths, ids=ids, shape=shape, window=window)
    return ImageFolder(images, labels[images.files], tuple(classes))


def read_images(
    path: str | os.PathLike[str], *, shape: tuple[int, ...] | None = None, window: Window = None
) -> ImageFiles:
    """Read one image file, or all of a folder and its subfolders, sorted by path, without labels.

    Args:
        path: a file or a folder of PNG, JPEG, TIFF, DICOM or NIfTI files.
        shape: `(height, width, channels)` to which every image is brought; see `ImageFiles`.
        window: grey values to see where there are more than 256; see `ImageFiles`.

    Raises:
        DataError: no such file or folder, no images in it, or a file that `ImageFiles` refuses.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> path = Path(tempfile.mkdtemp()) / "scan.png"
        >>> Image.new("RGB", (6, 5)).save(path)
        >>> read_images(path, shape=(8, 8, 1)).shape
        (1, 8, 8, 1)
    """
    if Path(path).is_file():
        return ImageFiles([Path(path)], ids=[Path(path).name], shape=shape, window=window)
    folder = check_exists(path, folder=True)
    paths = image_paths(folder)
    return ImageFiles(paths, ids=[p.relative_to(folder).as_posix() for p in paths], shape=shape, window=window)


def is_image(path: Path) -> bool:
    """Return whether a file's name ends as that of an image does.

    Example:
        >>> is_image(Path("brain.nii.gz")), is_image(Path("reads.fa.gz"))
        (True, False)
    """
    return path.name.lower().endswith(ENDINGS)


def class_folders(folder: Path) -> list[str]:
    """Return the names of the subfolders, sorted, without hidden ones."""
    return sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def image_paths(folder: Path) -> list[Path]:
    """Return the image files below a folder, sorted; hidden files are left out and any other file is refused."""
    paths = []
    for path in sorted(folder.rglob("*")):
        if path.is_dir() or path.name.startswith(".") or path.name.lower() in _IGNORED:
            continue
        if not is_image(path):
            raise DataError(
                f"{path}: expected PNG, JPEG, TIFF, DICOM or NIfTI images. Convert the file or move it away."
            )
        paths.append(path)
    if not paths:
        raise DataError(f"{folder}: expected PNG, JPEG, TIFF, DICOM or NIfTI images; the folder holds none.")
    return paths
