"""Which files are images: by their first bytes, and by their ending where these are not enough."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

from deepbio.errors import DataError

ImageKind = Literal["bitmap", "dicom", "nifti"]
FORMATS = "PNG, JPEG, TIFF, BMP, GIF, WebP, DICOM or NIfTI images"
_ENDINGS: dict[str, ImageKind] = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".jpe", ".tif", ".tiff", ".bmp", ".gif", ".webp"), "bitmap"),
    **dict.fromkeys((".dcm", ".dicom", ".ima"), "dicom"),
    **dict.fromkeys((".nii", ".nii.gz"), "nifti"),
}
_BITMAPS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"GIF87a", b"GIF89a")
_IGNORED = ("thumbs.db", "desktop.ini", "dicomdir", "__macosx", "@eadir")


def image_kind(path: Path) -> ImageKind | None:
    """Return the kind of an image file: by its content, otherwise by its ending, or None for any other file.

    DICOM is recognised by its mark (`DICM` after 128 bytes) or, without a preamble, by its first element. Source: DICOM PS3.10,
    section 7.1.

    Example:
        >>> _ = Path("IM000001").write_bytes(bytes(128) + b"DICM")
        >>> image_kind(Path("IM000001")), image_kind(Path("brain.nii.gz")), image_kind(Path("reads.fa.gz"))
        ('dicom', 'nifti', None)
    """
    start = b""
    if path.is_file():  # a pipe would wait for its writer
        with suppress(OSError), path.open("rb") as file:
            start = file.read(132)
    if start[128:132] == b"DICM" or _first_element(start):
        return "dicom"
    if start.startswith(_BITMAPS) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP"):
        return "bitmap"
    if start[:2] == b"BM" and start[6:10] == bytes(4):
        return "bitmap"
    return next((kind for ending, kind in _ENDINGS.items() if path.name.lower().endswith(ending)), None)


def is_image(path: Path) -> bool:
    """Return whether a file is an image, by its ending or by its content.

    Example:
        >>> is_image(Path("brain.nii.gz")), is_image(Path("reads.fa.gz"))
        (True, False)
    """
    return path.name.lower().endswith(tuple(_ENDINGS)) or image_kind(path) is not None


def subfolders(folder: Path) -> list[str]:
    """Return the names of the subfolders, sorted, without hidden ones and what archives of macOS add."""
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and not _hidden(path.name))


def image_paths(folder: Path) -> list[Path]:
    """Return the image files below a folder, sorted. Symlinks are followed. Hidden files and DICOMDIR are left out.

    Raises:
        DataError: another file, a symlink that leads nowhere, or no image.
    """
    paths = sorted(_files(folder, set()))
    for path in paths:
        if path.is_symlink() and not path.exists():
            raise DataError(f"{path}: the symlink leads to no file. Correct or remove it.")
        if not path.is_file():
            raise DataError(f"{path}: expected a file; it is a pipe or a device. Remove it.")
        if not is_image(path):
            raise DataError(f"{path}: expected {FORMATS}. Convert the file or move it away.")
    if not paths:
        raise DataError(f"{folder}: expected {FORMATS}; the folder has none.")
    return paths


def _files(folder: Path, above: set[str]) -> Iterator[Path]:
    """Yield the files below a folder, through symlinks to folders, each of which is entered once on the way down."""
    real = os.path.realpath(folder)
    if real in above:
        raise DataError(f"{folder}: the symlink leads back to a folder above it. Remove it.")
    for path in folder.iterdir():
        if _hidden(path.name):
            continue
        if path.is_dir():
            yield from _files(path, above | {real})
        else:
            yield path


def _hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in _IGNORED


def _first_element(start: bytes) -> bool:
    """Return whether the bytes begin with an element of group 0002 or 0008, as DICOM files without a preamble do."""
    little, explicit = start[:2] in (b"\x02\0", b"\x08\0"), start[4:6] in (b"UL", b"UI", b"CS", b"DA", b"LO", b"SH")
    implicit = start[:2] == b"\x08\0" and start[6:8] == b"\0\0" and start[4:6] != b"\0\0"
    return len(start) == 132 and little and start[3:4] == b"\0" and (explicit or implicit)
