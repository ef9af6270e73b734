"""How a folder of images is laid out: classes, published splits of them, or images beside masks."""

import logging
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepbio.datasets.readers.image_kind import image_paths, subfolders
from deepbio.datasets.splitting import digests
from deepbio.errors import DataError

log = logging.getLogger("deepbio")

_SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "valid"),
    **dict.fromkeys(("test", "testing"), "test"),
}
_IMAGES = ("image", "images", "img", "imgs")
_MASKS = ("mask", "masks", "label", "labels", "annotation", "annotations", "segmentation", "segmentations")
_SUFFIXES = ("_mask", "_masks", "_label", "_labels", "_seg", "_segmentation", "_annotation", "_gt")


class Pairs(NamedTuple):
    """Images and their masks, in the same order, and the published split of each (None if there is none)."""

    images: list[Path]
    masks: list[Path]
    split: list[str] | None


def split_folders(folder: Path) -> dict[str, Path] | None:
    """Return the subfolders that are published splits, by split, or None if the subfolders are something else.

    Subfolders are splits if one is called train or training, the others val, valid, validation, dev, test or testing, in any
    case, and they have subfolders of their own.

    Raises:
        DataError: two subfolders are the same split, or some look like splits and others do not.

    Example:
        >>> for name in ("Training/cat", "Training/dog", "Testing/cat", "Testing/dog"):
        ...     (Path("pets") / name).mkdir(parents=True)
        >>> {split: path.name for split, path in split_folders(Path("pets")).items()}
        {'train': 'Training', 'test': 'Testing'}
    """
    found = _named_splits(folder)
    return found if found and any(subfolders(path) for path in found.values()) else None


def _named_splits(folder: Path) -> dict[str, Path] | None:
    names = subfolders(folder)
    known = [name for name in names if name.lower() in _SPLITS]
    found = [_SPLITS[name.lower()] for name in known]
    if "train" not in found or len(set(found)) < 2:
        return None
    others = [name for name in names if name not in known]
    if others or len(set(found)) < len(found):
        raise DataError(
            f"{folder}: the subfolders {', '.join(known)} look like published splits"
            + (f", {', '.join(others[:3])} does not" if others else ", two of them the same one")
            + ". Put the images into train, valid and test, each with one subfolder per class, or read one of them alone."
        )
    return {
        split: folder / name for split in ("train", "valid", "test") for name in known if _SPLITS[name.lower()] == split
    }


def segmentation_pairs(folder: Path) -> Pairs | None:
    """Return the images and masks of a segmentation set, or None if the folder is none.

    The folder has a subfolder of images (`images`) and one of masks (`masks` or `labels`), whose files have the same names, up
    to the ending and a suffix such as `_mask`; or splits that have both, or both have subfolders that are splits.

    Raises:
        DataError: an image without a mask, or a mask without an image.
    """
    whole = _beside(folder)
    splits = {} if whole else split_folders(folder) or {}
    parts = {split: _beside(path) for split, path in splits.items()} if splits else {"": whole}
    pairs = [(split, *_pair(*part)) for split, part in parts.items() if part is not None]
    if not pairs or len(pairs) < len(parts):
        return None
    images = [path for _, found, _ in pairs for path in found]
    masks = [path for _, _, found in pairs for path in found]
    if splits:
        return Pairs(images, masks, [split for split, found, _ in pairs for _ in found])
    inner = _named_splits(whole[0]) if whole else None
    if inner is None:
        return Pairs(images, masks, None)
    of = {path: split for split, path in inner.items()}
    return Pairs(images, masks, [next(of[above] for above in image.parents if above in of) for image in images])


def image_root(path: Path) -> Path:
    """Return the subfolder of images of a segmentation set; any other path as it is.

    Example:
        >>> for name in ("images", "masks"):
        ...     (Path("scans") / name).mkdir(parents=True)
        >>> image_root(Path("scans"))
        PosixPath('scans/images')
    """
    found = _beside(path) if path.is_dir() else None
    return path if found is None else found[0]


def _beside(folder: Path) -> tuple[Path, Path] | None:
    """Return the subfolders of images and of masks if these are all there are."""
    names = subfolders(folder)
    images, masks = ([name for name in names if name.lower() in known] for known in (_IMAGES, _MASKS))
    if len(names) != 2 or len(images) != 1 or len(masks) != 1:
        return None
    return folder / images[0], folder / masks[0]


def _pair(images: Path, masks: Path) -> tuple[list[Path], list[Path]]:
    found = image_paths(images)
    of: dict[str, Path] = {}
    for mask in image_paths(masks):
        name = _stem(mask.relative_to(masks))
        if name in of:
            raise DataError(f"{mask}: a second mask for the same image as {of[name]}. Join them into one.")
        of[name] = mask
    chosen = []
    for image in found:
        name = _stem(image.relative_to(images))
        mask = next((of.pop(name + suffix) for suffix in ("", *_SUFFIXES) if name + suffix in of), None)
        if mask is None:
            raise DataError(
                f"{image}: expected its mask in {masks}, with the same name; there is none. Add or remove one."
            )
        chosen.append(mask)
    for mask in of.values():
        raise DataError(
            f"{mask}: expected its image in {images}, with the same name; there is none. Add or remove one."
        )
    return found, chosen


def _stem(path: Path) -> str:
    name = path.name[: -len(".nii.gz")] if path.name.lower().endswith(".nii.gz") else path.stem
    return (path.parent / name).as_posix()


def log_two_labels(x: Any, ids: np.ndarray, y: Any) -> None:
    """Log the first of the pictures that have two labels."""
    first: dict[str, int] = {}
    same = [first.setdefault(digest, i) for i, digest in enumerate(digests(x).tolist())]
    twice = np.flatnonzero(np.asarray(y)[same] != np.asarray(y))
    if len(twice):
        one, other = same[twice[0]], twice[0]
        log.warning(
            "One picture has two labels: %s is %s and %s is %s%s. Correct or remove one.",
            ids[one], y[one], ids[other], y[other], f" ({len(twice)} such pictures)" if len(twice) > 1 else "",
        )  # fmt: skip
