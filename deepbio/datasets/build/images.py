"""A `Dataset` of images: from a folder, from a table that lists files, or from an archive in MedMNIST's formatat."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.datasets.build.builder import Grouping, builder, groups_of
from deepbio.datasets.options import Names, names_of
from deepbio.datasets.readers import ImageFiles, read_image_folder, read_npz, read_table
from deepbio.datasets.readers.grey_window import Window
from deepbio.datasets.readers.images import class_folders
from deepbio.datasets.splitting import FRACTIONS, Duplicates
from deepbio.errors import DataError
from deepbio.files import FilePath
from deepbio.specs import Kind

IN_MEMORY = 1 << 30  # bytes of pixels that are decoded once and kept
_PUBLISHED = {"train", "valid", "val", "validation", "test"}


@builder("folder")
def from_folder(
    path: FilePath,
    *,
    shape: tuple[int, ...] | None = None,
    window: Window = None,
    group: Grouping | None = None,
    positive: str | None = None,
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    name: str | None = None,
) -> dict[str, Any]:
    """Build a data set from a folder of PNG, JPEG, TIFF, DICOM or NIfTI images, with one subfolder per class.

    If the subfolders are `train` and `test` (and `valid`, `val` or `validation`), each with one subfolder per class, they are
    the published splits. Up to 1 GiB of pixels are decoded once and kept; more are decoded batch by batch.

    Args:
        path: Path of the folder.
        shape: `(height, width, channels)` to which images are resized; None requires images of one size.
        window: `(center, width)` of the grey values to show, or `"full"`; see `deepbio.datasets.readers.ImageFiles`.
        group: Group of an image, such as the patient, by its path in the folder: a regular expression or a function. A recipe
            can record a regular expression only. Without it, the frames and slices of one file are a group.
        positive: Positive class of two; None takes the second in the alphabet.
        fractions, seed, duplicates: Options of the splits; see `deepbio.datasets.splitting.split_examples`.
        name: Name of the data set; None uses the folder's.

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
    published = sorted(class_folders(folder)) if folder.is_dir() else []
    if {"train", "test"} <= set(published) <= _PUBLISHED:
        read = {part: read_image_folder(folder / part, shape=shape, window=window) for part in published}
        for part, found in read.items():
            if found.classes != read["train"].classes:
                raise DataError(
                    f"{folder / part}: expected the classes of train, {list(read['train'].classes)}; found {list(found.classes)}."
                )
        paths = list(dict.fromkeys(path for found in read.values() for path in found.images.paths))
        names = [path.relative_to(folder).as_posix() for path in paths]
        images = ImageFiles(paths, ids=names, shape=shape, window=window)
        split = [id.split("/", 1)[0] for id in images.ids.tolist()]
    else:
        read = {"": read_image_folder(folder, shape=shape, window=window)}
        images, split = read[""].images, None
    return {
        "x": decoded(images),
        "y": np.concatenate([found.labels for found in read.values()]),
        "modality": "image",
        "labels": next(iter(read.values())).classes,
        "ids": images.ids,
        "groups": file_groups(images) if group is None else groups_of(images.ids.tolist(), group),
        "split": split,
        "name": name or folder.resolve().name,
    }


@builder("manifest")
def from_manifest(
    path: FilePath,
    *,
    image: str,
    label: str | None = None,
    targets: Names = (),
    folder: FilePath | None = None,
    group: str | None = None,
    id: str | None = None,
    split: str | None = None,
    kind: Kind | None = None,
    labels: Sequence[str] | None = None,
    positive: str | None = None,
    shape: tuple[int, ...] | None = None,
    window: Window = None,
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    encoding: str = "utf-8",
    name: str | None = None,
) -> dict[str, Any]:
    """Build a data set from a table (CSV, TSV, JSON lines or Parquet) with one image file per row.

    If a file contains several images (frames of a DICOM file, slices of a NIfTI volume), each has the labels of the row.

    Args:
        path: Path of the table.
        image: Column of file names.
        label: Column of classes; or `targets`: columns of 0/1 labels or of numbers.
        targets: Columns to predict, if not `label`.
        folder: Folder of the images; None uses the table's folder.
        group: Column of the group, such as the patient. No group is in two splits. Without it, the images of one file are a
            group.
        id: Column that names the rows; None uses the file names.
        split: Column that contains train, valid or test.
        kind, labels, positive: Task to learn; see `deepbio.datasets.build.from_arrays`.
        shape, window: Options of the images; see `deepbio.datasets.readers.ImageFiles`.
        fractions, seed, duplicates: Options of the splits; see `deepbio.datasets.splitting.split_examples`.
        encoding: Encoding of the table.
        name: Name of the data set; None uses the table's.

    Raises:
        DataError: what `read_table` and `ImageFiles` raise, a file that does not exist, with its row, or splits that cannot be
            made.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> here = Path(tempfile.mkdtemp())
        >>> draw = np.random.default_rng(0)
        >>> for i in range(40):
        ...     Image.fromarray(draw.integers(0, 256, (8, 8), np.uint8)).save(here / f"{i}.png")
        >>> rows = "".join(f"{i}.png,{'ill' if i % 2 else 'well'},p{i // 2}\\n" for i in range(40))
        >>> _ = (here / "scans.csv").write_text("file,finding,patient\\n" + rows)
        >>> from_manifest(here / "scans.csv", image="file", label="finding", group="patient", positive="ill")
        Dataset('scans', binary, image (8, 8, 1), train=28 valid=6 test=6)
    """
    columns = names_of(targets)
    table = read_table(
        path, label=label, targets=columns, text=image, group=group, id=id, split=split, encoding=encoding
    )
    base = Path(path).parent if folder is None else Path(folder)
    listed = table.texts or []
    files = [base / file for file in listed]
    for row, file in enumerate(files, start=1):
        if not file.is_file():
            raise DataError(
                f"{path}, row {row}, column {image!r}: expected an image at {file}; there is none. Correct the row, or pass "
                "the folder of the images as folder=FOLDER (on the command line --data folder=FOLDER)."
            )
    images = ImageFiles(files, ids=listed if id is None else table.ids.tolist(), shape=shape, window=window)
    groups = np.array(listed) if group is None and len(images) > len(files) else table.groups
    y = table.labels if label is not None else table.targets
    return {
        "x": decoded(images),
        "y": None if y is None else y[images.files],
        "modality": "image",
        "labels": labels or (None if label else columns),
        "ids": images.ids,
        "groups": None if groups is None else groups[images.files],
        "split": None if table.splits is None else table.splits[images.files],
    }


@builder("npz")
def from_npz(
    path: FilePath,
    *,
    kind: Kind | None = None,
    labels: Sequence[str] | None = None,
    positive: str | None = None,
    duplicates: Duplicates = "group",
    name: str | None = None,
) -> dict[str, Any]:
    """Build a data set from an archive in MedMNIST's format, with its own splits.

    Args:
        path: Path of the `.npz` file; see `deepbio.datasets.readers.read_npz`.
        kind, labels, positive: Task to learn; see `deepbio.datasets.build.from_arrays`.
        duplicates: `"group"` refuses splits that share images, `"drop"` removes them from training and validation (and from
            test if their labels differ), `"keep"` keeps the published splits as they are.
        name: Name of the data set; None uses the file's.

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
    return {
        "x": np.concatenate([split.images for split in splits.values()]),
        "y": np.concatenate([split.labels for split in splits.values()]),
        "modality": "image",
        "ids": np.array([f"{part}:{i + 1}" for part, split in splits.items() for i in range(len(split.images))]),
        "split": np.repeat(list(splits), [len(split.images) for split in splits.values()]),
    }


def decoded(images: ImageFiles) -> ImageFiles | np.ndarray:
    """Return the pixels if they take at most 1 GiB, otherwise the source."""
    return images[np.arange(len(images))] if int(np.prod(images.shape)) <= IN_MEMORY else images


def file_groups(images: ImageFiles) -> list[str] | None:
    """Return the file of each image as its group, or None if every file contains one image."""
    if len(np.unique(images.files)) == len(images):
        return None
    return [id.rsplit("#", 1)[0] for id in images.ids.tolist()]  # only frames and slices have the mark
