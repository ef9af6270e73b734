"""A `Dataset` from a folder of images, or from an archive in MedMNIST's form."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from deepbio.datasets.build.arrays import from_arrays
from deepbio.datasets.build.groups import Grouping, groups_of
from deepbio.datasets.build.noting import noted
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.placing import Duplicates
from deepbio.datasets.readers import ImageFiles, read_image_folder, read_npz
from deepbio.datasets.readers.grey_window import Window
from deepbio.datasets.readers.images import class_folders
from deepbio.datasets.splitting import FRACTIONS
from deepbio.errors import DataError
from deepbio.specs import Kind

IN_MEMORY = 1 << 30  # bytes of pixels that are decoded once and kept
_PUBLISHED = {"train", "valid", "val", "validation", "test"}


def from_folder(
    path: str | os.PathLike[str],
    *,
    shape: tuple[int, ...] | None = None,
    window: Window = None,
    group: Grouping | None = None,
    positive: str | None = None,
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    name: str | None = None,
) -> Dataset:
    """Build a data set from a folder of PNG, JPEG, TIFF, DICOM or NIfTI images, one subfolder a class.

    Where the subfolders are `train` and `test` (and `valid`, `val` or `validation`), each with one subfolder a class, they
    are taken as the published splits. Pixels up to 1 GiB are decoded at once and kept; more are decoded batch by batch.

    Args:
        path: the folder.
        shape: `(height, width, channels)` to which images are brought; None takes images of one size.
        window: `(center, width)` of the grey values to see, or `"full"`; see `deepbio.datasets.readers.ImageFiles`.
        group: gives the group of an image, such as the patient, from its path in the folder: a pattern or a function. A recipe
            can note a pattern only. Without it, frames and slices of one file are a group.
        positive: of two classes, the positive one; None takes the second in the alphabet.
        fractions, seed, duplicates: of the splits; see `deepbio.datasets.placing.place_examples`.
        name: of the data set; None takes the folder's.

    Raises:
        DataError: what `read_image_folder` raises, or splits that cannot be made or share images.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> folder = Path(tempfile.mkdtemp())
        >>> draw = np.random.default_rng(0)
        >>> for label in ("benign", "malignant"):
        ...     (folder / label).mkdir()
        ...     for i in range(20):
        ...         Image.fromarray(draw.integers(0, 256, (8, 8), np.uint8)).save(folder / label / f"{i}.png")
        >>> from_folder(folder, name="scans")
        Dataset('scans', binary, image (8, 8, 1), train=28 valid=6 test=6)
    """
    folder = Path(path)
    published = set(class_folders(folder)) if folder.is_dir() else set()
    if {"train", "test"} <= published <= _PUBLISHED:
        read = {part: read_image_folder(folder / part, shape=shape, window=window) for part in sorted(published)}
        _check_classes(folder, {part: found.classes for part, found in read.items()})
    else:
        read = {"": read_image_folder(folder, shape=shape, window=window)}
        published = set()
    images = next(iter(read.values())).images
    if published:
        paths = list(dict.fromkeys(path for found in read.values() for path in found.images.paths))
        names = [path.relative_to(folder).as_posix() for path in paths]
        images = ImageFiles(paths, ids=names, shape=shape, window=window)
    ids = images.ids.tolist()
    used = {"folder": path, "shape": shape, "window": window, "group": group, "positive": positive}
    used |= {"fractions": fractions}
    return from_arrays(
        decoded(images),
        np.concatenate([found.labels for found in read.values()]),
        modality="image",
        labels=next(iter(read.values())).classes,
        positive=positive,
        ids=images.ids,
        groups=file_groups(images) if group is None else groups_of(ids, group),
        split=[id.split("/", 1)[0] for id in ids] if published else None,
        fractions=fractions,
        seed=seed,
        duplicates=duplicates,
        name=name or folder.resolve().name,
        options=noted({**used, "duplicates": duplicates}),
    )


def from_npz(
    path: str | os.PathLike[str],
    *,
    kind: Kind | None = None,
    labels: Sequence[str] | None = None,
    positive: str | None = None,
    duplicates: Duplicates = "group",
    name: str | None = None,
) -> Dataset:
    """Build a data set from an archive in MedMNIST's form, with its own splits.

    Args:
        path: the `.npz` file; see `deepbio.datasets.readers.read_npz`.
        kind, labels, positive: what is predicted; see `from_arrays`.
        duplicates: `"group"` refuses splits that share images, `"drop"` takes them out of training and validation
            (and out of test where their labels differ), `"keep"` leaves the published splits as they are.
        name: of the data set; None takes the file's.

    Raises:
        DataError: what `read_npz` raises, or splits that share images.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "tiny.npz"
        >>> arrays = {}
        >>> for seed, part in enumerate(("train", "val", "test")):
        ...     arrays[f"{part}_images"] = np.random.default_rng(seed).integers(0, 256, (4, 8, 8), np.uint8)
        ...     arrays[f"{part}_labels"] = np.array([[0], [1], [0], [1]])
        >>> np.savez(path, **arrays)
        >>> from_npz(path)
        Dataset('tiny', binary, image (8, 8, 1), train=4 valid=4 test=4)
    """
    splits = read_npz(path)
    parts = np.repeat(list(splits), [len(split.images) for split in splits.values()])
    ids = [f"{part}:{i + 1}" for part, split in splits.items() for i in range(len(split.images))]
    return from_arrays(
        np.concatenate([split.images for split in splits.values()]),
        np.concatenate([split.labels for split in splits.values()]),
        modality="image",
        kind=kind,
        labels=labels,
        positive=positive,
        ids=np.array(ids),
        split=parts,
        duplicates=duplicates,
        name=name or Path(path).name.split(".")[0],
        options=noted({"npz": path, "kind": kind, "labels": labels, "positive": positive, "duplicates": duplicates}),
    )


def decoded(images: ImageFiles) -> ImageFiles | np.ndarray:
    """Return the pixels where all of them take at most 1 GiB, else the source as it is."""
    return images[np.arange(len(images))] if int(np.prod(images.shape)) <= IN_MEMORY else images


def file_groups(images: ImageFiles) -> list[str] | None:
    """Return the file of each image as its group where a file holds several; None where each has its own."""
    if len(np.unique(images.files)) == len(images):
        return None
    return [id.rsplit("#", 1)[0] for id in images.ids.tolist()]  # a file with one image has no such mark, or its own


def _check_classes(folder: Path, classes: Mapping[str, tuple[str, ...]]) -> None:
    expected = classes["train"]
    for part, found in classes.items():
        if found != expected:
            raise DataError(f"{folder / part}: expected the classes of train, {list(expected)}; found {list(found)}.")
