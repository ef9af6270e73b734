"""Masks of a segmentation set: the class of each pixel, from image files of class numbers."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from deepbio.datasets.readers.bitmap import decode_classes
from deepbio.datasets.readers.image_kind import image_kind
from deepbio.datasets.readers.images import ImageFiles
from deepbio.datasets.readers.nifti import nifti_classes, stored_axes
from deepbio.errors import DataError, nearest

UNKNOWN = -1  # class of pixels that count neither in the loss nor in metrics
_MOST = 256  # classes


def read_masks(
    images: ImageFiles, paths: Sequence[Path], *, labels: Sequence[str] | None = None, ignore: int | None = None
) -> tuple[np.ndarray, list[str]]:
    """Read the mask of each image, at the size of the images.

    Without `labels`, the classes are the values found, by size, and named so. With numbers as `labels`, such as those of a
    trained model, they are the values of the classes. Otherwise, the values are 0, 1, 2, ... in the order of `labels`, or 0
    and 255 for two of them.

    Args:
        images: Images.
        paths: Path of the mask of each file of `images`, as a grey image or with a palette, or as a NIfTI volume of the same
            shape. A mask has the size of its image before that is resized; it is resized by its nearest pixels.
        labels: Names of the classes.
        ignore: Value of pixels that count neither in the loss nor in metrics.

    Returns:
        Classes int64 `(n, height, width)`, -1 for pixels that are ignored, and the names of the classes.

    Raises:
        DataError: a mask of another size, with colours, with an unknown value, or with so many values that it is none.
    """
    height, width = images.shape[1:3]
    out = np.empty((len(images), height, width), np.int64)
    source: dict[int, Path] = {}  # the file in which a value was first seen
    for number, path in enumerate(paths):
        rows = np.flatnonzero(images.files == number)
        for row, mask in zip(rows.tolist(), _decode(path, images, rows), strict=True):
            for value in np.unique(mask).tolist():
                source.setdefault(value, path)
            if len(source) > _MOST + 1:
                raise DataError(
                    f"{path}: expected masks of class numbers; so far there are {len(source)} different values."
                )
            out[row] = _resize(mask, height, width)
    values = sorted(value for value in source if value != ignore)
    if labels is None:
        if len(values) > 2 and (
            lossy := next((path for path in paths if path.suffix.lower() in (".jpg", ".jpeg")), None)
        ):
            raise DataError(f"{lossy}: JPEG changes the class numbers of a mask. Save the masks as PNG.")
        if 255 in values and max(values[:-1], default=0) > 0:
            raise DataError(
                f"{source[255]}: the value 255 occurs beside {values[:-1]}. Is it a class, or are its pixels to be left out? Pass "
                "ignore=255 (--data ignore=255), or the names of all classes as labels=[...]."
            )
        labels = [str(value) for value in values]
    numbers = _numbers(list(labels), values)
    unknown = [value for value in values if value not in numbers]
    if unknown:
        expected = nearest(str(unknown[0]), map(str, numbers)) if len(numbers) < 20 else ""
        raise DataError(f"{source[unknown[0]]}: the mask has the value {unknown[0]}, which is no class. {expected}")
    found = np.full_like(out, UNKNOWN)
    for value, number in numbers.items():
        found[out == value] = number
    return found, list(labels)


def _numbers(labels: list[str], values: list[int]) -> dict[int, int]:
    """Return the class of each value."""
    if all(label.lstrip("-").isdecimal() for label in labels):
        return {int(label): i for i, label in enumerate(labels)}
    if len(labels) == 2 and set(values) <= {0, 255}:
        return {0: 0, 255: 1}
    return {i: i for i in range(len(labels))}


def _decode(path: Path, images: ImageFiles, rows: np.ndarray) -> list[np.ndarray]:
    kind = image_kind(path)
    if kind == "dicom":
        raise DataError(f"{path}: masks in DICOM are not read. Save them as PNG.")
    frames = images.frames[rows].tolist()
    if kind == "nifti" and images.orient is None:
        _check_axes(path, images.paths[rows[0]])
    masks = nifti_classes(path, images.orient) if kind == "nifti" else [decode_classes(path)]
    if len(masks) != len(frames):
        image = images.paths[rows[0]]
        raise DataError(f"{path}: expected {len(frames)} mask(s), as {image} has image(s); found {len(masks)}.")
    for row, mask in zip(rows.tolist(), masks, strict=True):
        if mask.shape != tuple(images.sizes[row]):
            size, other = ("{} x {}".format(*pixels) for pixels in (images.sizes[row], mask.shape))
            raise DataError(f"{path}: expected a mask of {size} pixels, as {images.paths[row]}; found {other}.")
    return masks


def _check_axes(mask: Path, image: Path) -> None:
    """Refuse a mask whose voxels are stored in another direction than those of its image: they would be paired mirrored."""
    if image_kind(image) == "nifti":
        own, other = stored_axes(mask), stored_axes(image)
        if own and other and own != other:
            raise DataError(
                f"{mask}: its voxels run to {''.join(own)}, those of {image} to {''.join(other)}. Read both along the axes of the "
                "body with orient='RAS' (on the command line --data orient=RAS)."
            )


def _resize(mask: np.ndarray, height: int, width: int) -> np.ndarray:
    if mask.shape == (height, width):
        return mask
    resized = Image.fromarray(mask.astype(np.int32)).resize((width, height), resample=Image.Resampling.NEAREST)
    return np.asarray(resized, dtype=np.int64)
