"""A `Dataset` of images: from a folder, or from a table that lists files."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepbio.datasets.build.builder import Grouping, builder, groups_of
from deepbio.datasets.build.image_layout import segmentation_pairs, split_folders, tell_same_subfolders
from deepbio.datasets.build.two_labels import log_two_labels
from deepbio.datasets.labels import Uncertain
from deepbio.datasets.options import Names, names_of
from deepbio.datasets.readers import ImageFiles, MissingGroup, read_image_folder, read_table
from deepbio.datasets.readers.grey_window import Window
from deepbio.datasets.readers.masks import read_masks
from deepbio.datasets.readers.nifti import Missing, Orient
from deepbio.datasets.splitting import FRACTIONS, Duplicates, assign_splits, digests, merge_groups
from deepbio.datasets.targets import table_targets
from deepbio.errors import DataError
from deepbio.files import FilePath, check_exists
from deepbio.specs import Kind

IN_MEMORY = 1 << 30  # bytes of pixels that are decoded once and kept
log = logging.getLogger("deepbio")


@builder("folder")
def from_folder(
    path: FilePath,
    *,
    shape: tuple[int, ...] | None = None,
    window: Window = None,
    nan: Missing = "error",
    orient: Orient = None,
    ignore: int | None = None,
    group: Grouping | None = None,
    labels: Sequence[str] | None = None,
    positive: str | None = None,
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    name: str | None = None,
) -> dict[str, Any]:
    """Build a data set from a folder of images with one subfolder per class, or of images and masks.

    Subfolders `train` and `val` or `test` (or `Training`, `test_set`, `valid`, `dev`, `eval`, in any case), each with one subfolder
    per class, are the published splits; a split that is missing is cut from train. Subfolders `images` and `masks` (or `labels`,
    `img_dir` and `ann_dir`, ...), alone or in each split, are a task with a class for each pixel; the mask of an image has its
    name. Symlinks are followed. Up to 1 GiB of pixels are decoded once and kept; more are decoded batch by batch.

    Args:
        path: Path of the folder.
        shape: `(height, width, channels)` to which images are resized; None requires images of one size.
        window: `(center, width)` of the grey values to show, or `"full"`; see `deepbio.datasets.readers.ImageFiles`.
        nan, orient: NaN and axes of NIfTI volumes; see `deepbio.datasets.readers.ImageFiles`.
        ignore: Value of mask pixels that count neither in the loss nor in metrics, such as 255.
        group: Group of an image, such as the patient, by its path in the folder: a regular expression or a function. A recipe
            can record a regular expression only. Without it, the frames and slices of one file are a group, and the files of
            one DICOM study.
        labels: Names of the classes in order; None sorts those of the subfolders. Of masks, see
            `deepbio.datasets.readers.read_masks`.
        positive: Positive class of two; None takes the second.
        fractions, seed, duplicates: Options of the splits; see `deepbio.datasets.splitting.split_examples`.
        name: Name of the data set; None uses the folder's.

    Raises:
        DataError: what `read_image_folder` and `read_masks` raise, or splits that cannot be made or share images.

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
    folder = check_exists(path, folder=True)
    how: dict[str, Any] = {"shape": shape, "window": window, "nan": nan, "orient": orient}
    pairs = segmentation_pairs(folder)
    kind: Kind | None = None
    if pairs is not None:
        images = _named(folder, pairs.images, how)
        y, labels = read_masks(images, pairs.masks, labels=labels, ignore=ignore)
        split = None if pairs.split is None else np.array(pairs.split)[images.files]
        kind = "per_pixel"
    elif ignore is not None:
        raise DataError(f"{folder}: ignore is for masks; expected subfolders images and masks.")
    else:
        images, y, split = _classes(folder, how)
    groups = file_groups(images) if group is None else groups_of(images.ids.tolist(), group)
    x = decoded(images)
    if kind is None:
        log_two_labels(x, images.ids, y)
    if split is not None:
        split = _cut(x, None if kind else y, groups, split, fractions, seed)
    return {
        "x": x,
        "y": y,
        "modality": "image",
        "kind": kind,
        "labels": labels,
        "ids": images.ids,
        "groups": groups,
        "split": split,
        "name": name or folder.resolve().name,
    }


def _named(folder: Path, paths: Sequence[Path], how: Mapping[str, Any]) -> ImageFiles:
    return ImageFiles(list(paths), ids=[path.relative_to(folder).as_posix() for path in paths], **how)


def _classes(folder: Path, how: Mapping[str, Any]) -> tuple[ImageFiles, np.ndarray, np.ndarray | None]:
    """Return the images of a folder of classes or of published splits, the class of each, and its split."""
    published = split_folders(folder)
    if published is None:
        tell_same_subfolders(folder)
        found = read_image_folder(folder, **how)
        return found.images, np.array(found.classes)[found.labels], None
    read = {part: read_image_folder(where, **how) for part, where in published.items()}
    for part, found in read.items():
        if found.classes != read["train"].classes:
            expected = f"expected the classes of train, {list(read['train'].classes)}"
            raise DataError(f"{published[part]}: {expected}; found {list(found.classes)}.")
    paths = list(dict.fromkeys(path for found in read.values() for path in found.images.paths))
    y = np.concatenate([np.array(found.classes)[found.labels] for found in read.values()])
    return _named(folder, paths, how), y, np.repeat(list(read), [len(found) for found in read.values()])


def _cut(x: Any, y: Any, groups: Any, split: np.ndarray, fractions: Mapping[str, float], seed: int) -> np.ndarray:
    """Return published splits, with a test split cut from train if there is none."""
    if "test" in split:
        return split
    train = split == "train"
    same = digests(x)
    merged = same if groups is None else merge_groups(np.asarray(groups).astype(str), same)
    parts = {"train": 1 - fractions["test"], "test": fractions["test"]}
    split = split.astype("<U5")
    split[train] = assign_splits(merged[train], None if y is None else y[train], fractions=parts, salt=str(seed))
    count = (split == "test").sum()
    log.warning("There is no folder of test images: %d of %d images of train are the test split.", count, train.sum())
    return split


@builder("manifest")
def from_manifest(
    path: FilePath | pd.DataFrame,
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
    nan: Missing = "error",
    orient: Orient = None,
    ignore: int | None = None,
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    encoding: str = "utf-8",
    delimiter: str | None = None,
    names: Names | None = None,
    keep_na: bool = False,
    drop_na: bool = False,
    missing_group: MissingGroup = "refuse",
    sep: str | None = None,
    uncertain: Uncertain | None = None,
    name: str | None = None,
) -> dict[str, Any]:
    """Build a data set from a table (CSV, TSV, JSON lines or Parquet) with one image file per row.

    If a file contains several images (frames of a DICOM file, slices of a NIfTI volume), each has the labels of the row.

    Args:
        path: Path of the table, or a pandas frame, from which no recipe can rebuild the data set.
        image: Column of file names.
        label: Column of classes, or with `kind="per_pixel"` of mask files; or `targets`: columns of 0/1 labels or of numbers.
        targets: Columns to predict, if not `label`.
        folder: Folder of the images; None uses the table's folder, or the current one for a frame.
        group: Column of the group, such as the patient. No group is in two splits. Without it, the images of one file, and the
            files of one DICOM study, are a group.
        id: Column that names the rows; None uses the file names.
        split: Column that contains train, valid or test.
        kind, labels, positive: Task to learn; see `deepbio.datasets.build.from_arrays`.
        shape, window, nan, orient: Options of the images; see `deepbio.datasets.readers.ImageFiles`.
        ignore: Value of mask pixels that count neither in the loss nor in metrics.
        fractions, seed, duplicates: Options of the splits; see `deepbio.datasets.splitting.split_examples`.
        encoding, delimiter, names, keep_na, drop_na, missing_group, sep, uncertain: Form of the table and of its labels; see
            `deepbio.datasets.build.from_csv`.
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
    roles: dict[str, Any] = {
        "label": label,
        "targets": columns,
        "text": image,
        "group": group,
        "id": id,
        "split": split,
    }
    table = read_table(
        path,
        **roles,
        encoding=encoding,
        delimiter=delimiter,
        names=None if names is None else names_of(names),
        keep_na=keep_na,
        drop_na=drop_na,
        missing_group=missing_group,
    )
    where = "the frame" if isinstance(path, pd.DataFrame) else str(path)
    beside = Path() if isinstance(path, pd.DataFrame) else Path(path).parent
    base = beside if folder is None else Path(folder)
    how: dict[str, Any] = {"shape": shape, "window": window, "nan": nan, "orient": orient}
    images = ImageFiles(
        _listed(where, image, base, table.texts or [], table.rows, "an image"),
        ids=(table.texts or []) if id is None else table.ids.tolist(),
        **how,
    )
    x = decoded(images)
    if kind == "per_pixel":
        if label is None:
            raise DataError(f"{where}: kind='per_pixel' needs the column of mask files: label=COLUMN (--label COLUMN).")
        masks = _listed(where, label, base, np.asarray(table.labels).tolist(), table.rows, "a mask")
        y, labels = read_masks(images, masks, labels=labels, ignore=ignore)
    else:
        task: dict[str, Any] = {"kind": kind, "labels": labels, "sep": sep, "uncertain": uncertain}
        found, labels = table_targets(path, table, label, columns, **task)
        y = None if found is None else found[images.files]
        if label is not None and sep is None:
            log_two_labels(x, images.ids, y)
    groups = file_groups(images) if table.groups is None else table.groups[images.files]
    return {
        "x": x,
        "y": y,
        "modality": "image",
        "labels": labels,
        "ids": images.ids,
        "groups": groups,
        "split": None if table.splits is None else table.splits[images.files],
    }


def _listed(where: str, column: str, base: Path, names: Sequence[str], rows: np.ndarray, what: str) -> list[Path]:
    """Return the files that a column lists, each of which exists."""
    files = [base / name for name in names]
    for row, name, file in zip(rows.tolist(), names, files, strict=True):
        if not file.is_file():
            windows = " Write / between folders." if "\\" in name else ""
            raise DataError(
                f"{where}, row {row}, column {column!r}: expected {what} at {file}; there is none.{windows} Correct the row, or "
                "pass the folder of the images as folder=FOLDER (on the command line --data folder=FOLDER)."
            )
    return files


def decoded(images: ImageFiles) -> ImageFiles | np.ndarray:
    """Return the pixels if they take at most 1 GiB, otherwise the source."""
    return images[np.arange(len(images))] if int(np.prod(images.shape)) <= IN_MEMORY else images


def file_groups(images: ImageFiles) -> list[str] | None:
    """Return the DICOM study or the file of each image as its group, or None if every image is a file of its own."""
    if (studies := images.studies()) is not None:
        return studies
    if len(np.unique(images.files)) == len(images):
        return None
    return [id.rsplit("#", 1)[0] for id in images.ids.tolist()]  # only frames and slices have the mark
