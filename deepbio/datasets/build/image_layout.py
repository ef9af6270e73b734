"""How a folder of images is laid out: classes, published splits of them, or images beside masks."""

import logging
import re
from pathlib import Path
from typing import NamedTuple

from deepbio.datasets.readers.image_kind import image_paths, subfolders
from deepbio.errors import DataError

log = logging.getLogger("deepbio")

_SPLITS = {
    **dict.fromkeys(("train", "training", "trn"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "validate", "dev"), "valid"),
    **dict.fromkeys(("test", "tests", "testing", "tst", "eval", "evaluation"), "test"),
}
_OF_SPLIT = re.compile(r"[-_ ]*(set|data|images|imgs|split|folder|dir)$|\d{4}$")  # training_set, train2017
_IMAGES = (
    "image",
    "images",
    "img",
    "imgs",
    "imagestr",
    "jpegimages",
    "scans",
    "original",
    "originals",
    "input",
    "inputs",
    "raw",
)
_MASKS = (
    "mask",
    "masks",
    "label",
    "labels",
    "annotation",
    "annotations",
    "ann",
    "annots",
    "segmentation",
    "segmentations",
)
_MASKS += ("seg", "segs", "gt", "groundtruth", "labelstr", "segmentationclass", "target", "targets")
_SUFFIXES = ("_mask", "_masks", "_label", "_labels", "_seg", "_segmentation", "_annotation", "_gt")


class Pairs(NamedTuple):
    """Images and their masks, in the same order, and the published split of each (None if there is none)."""

    images: list[Path]
    masks: list[Path]
    split: list[str] | None


def split_folders(folder: Path) -> dict[str, Path] | None:
    """Return the subfolders that are published splits, by split, or None if the subfolders are something else.

    Subfolders are splits if one is called train or training, the others val, valid, validation, dev, test, testing or eval, in
    any case, alone or as in `training_set`, and they have subfolders of their own.

    Raises:
        DataError: two subfolders are the same split, some look like splits and others do not, or there are no classes in them.

    Example:
        >>> for name in ("Training/cat", "Training/dog", "Testing/cat", "Testing/dog"):
        ...     (Path("pets") / name).mkdir(parents=True)
        >>> {split: path.name for split, path in split_folders(Path("pets")).items()}
        {'train': 'Training', 'test': 'Testing'}
    """
    found = _named_splits(folder)
    if found and not any(subfolders(path) for path in found.values()):
        raise DataError(
            f"{folder}: the subfolders {', '.join(path.name for path in found.values())} look like published splits and have no "
            "subfolder per class. Add them, or list the files in a table with columns for their labels and splits."
        )
    return found


def _named_splits(folder: Path) -> dict[str, Path] | None:
    names = subfolders(folder)
    known = [name for name in names if _OF_SPLIT.sub("", name.lower()) in _SPLITS]
    found = [_SPLITS[_OF_SPLIT.sub("", name.lower())] for name in known]
    others = [name for name in names if name not in known]
    if "train" not in found and len(set(found)) == 2 and not others:
        raise DataError(
            f"{folder}: the subfolders {', '.join(known)} look like published splits, and train is missing. Add it, or rename them if "
            "they are classes."
        )
    if "train" not in found or len(set(found)) < 2:
        return None
    if others or len(set(found)) < len(found):
        raise DataError(
            f"{folder}: the subfolders {', '.join(known)} look like published splits"
            + (f", {', '.join(others[:3])} does not" if others else ", two of them the same one")
            + ". Put the images into train, valid and test, each with one subfolder per class, or read one of them alone."
        )
    return {
        split: folder / name
        for split in ("train", "valid", "test")
        for name, one in zip(known, found, strict=True)
        if one == split
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
        _tell_unknown_masks(folder)
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
    """Return the subfolders of images and of masks, or None if one of them is missing.

    Raises:
        DataError: there are other subfolders beside them, or several of one kind.
    """
    names = subfolders(folder)
    images, masks = ([name for name in names if _key(name) in known] for known in (_IMAGES, _MASKS))
    if not images or not masks:
        return None
    if len(names) > 2:
        others = ", ".join(sorted({*names} - {images[0], masks[0]})[:3])
        raise DataError(
            f"{folder}: {images[0]} and {masks[0]} look like images and their masks, beside {others}. Keep one folder of each "
            "there, or rename them if they are classes."
        )
    return folder / images[0], folder / masks[0]


def _tell_unknown_masks(folder: Path) -> None:
    """Log that two folders which are taken for classes may be images and their masks: their files have the same names."""
    names = subfolders(folder)
    masks = [name for name in names if re.search("(mask|label|annotation|segmentation|gt)s?$", _key(name))]
    if len(names) != 2 or len(masks) != 1:
        return
    other = next(name for name in names if name not in masks)
    of_images, of_masks = ({_stem(Path(path.name)) for path in (folder / name).iterdir()} for name in (other, masks[0]))
    if of_images == of_masks:
        log.warning(
            "%s: %s and %s are read as two classes, and their files have the same names. If these are images and their masks, rename "
            "the folders to images and masks.",
            folder, other, masks[0],
        )  # fmt: skip


def tell_same_subfolders(folder: Path) -> None:
    """Log that folders which are taken for classes have the same subfolders, as splits with the same classes have."""
    names = subfolders(folder)
    inner = [subfolders(folder / name) for name in names]
    if len(names) > 1 and len(inner[0]) > 1 and all(one == inner[0] for one in inner):
        log.warning(
            "%s: %s are read as classes, and %s have the subfolders %s. If these are the classes, name the folders above them "
            "train, valid and test.",
            folder, " and ".join(names[:5]), "both" if len(names) == 2 else "all", ", ".join(inner[0][:5]),
        )  # fmt: skip


def _key(name: str) -> str:
    """Return the name of a folder without case, marks between words and an ending such as `_dir` or `_png`."""
    return re.sub("[-_ ]", "", re.sub("[-_ ]*(dir|folder|png|jpg|tif|nii)$", "", name.lower()))


def _pair(images: Path, masks: Path) -> tuple[list[Path], list[Path]]:
    found = image_paths(images)
    boxes = next((path for path in masks.rglob("*") if path.suffix.lower() in (".txt", ".json", ".xml")), None)
    if boxes is not None:
        raise DataError(
            f"{boxes}: expected masks as images; this looks like boxes for object detection, which deepbio does not learn."
        )
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
