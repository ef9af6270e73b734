"""NumPy archives in MedMNIST's format: images and labels of three splits in one `.npz` file."""

import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepbio.errors import DataError, nearest
from deepbio.files import FilePath, check_exists
from deepbio.limits import check_archive

_SPLITS = {"train": "train", "valid": "val", "test": "test"}


class NpzSplit(NamedTuple):
    """Images uint8 `(n, height, width, channels)` and labels int64 `(n,)`, or `(n, labels)` if there are several."""

    images: np.ndarray
    labels: np.ndarray


def read_npz(path: FilePath) -> dict[str, NpzSplit]:
    """Read the splits `"train"`, `"valid"` and `"test"` of an archive in MedMNIST's format.

    The archive contains `train_images`, `train_labels`, `val_images`, `val_labels`, `test_images` and `test_labels`. Grey
    images `(n, height, width)` get a channel axis; labels `(n, 1)` become `(n,)`. Nothing is unpickled.

    Raises:
        DataError: the file is no archive or is cut short, or an array is missing or of another shape or type.

    Source: MedMNIST v2, doi:10.1038/s41597-022-01721-8.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "tiny.npz"
        >>> x, y = np.zeros((2, 4, 4), np.uint8), np.array([[0], [1]])
        >>> np.savez(path, train_images=x, train_labels=y, val_images=x, val_labels=y, test_images=x, test_labels=y)
        >>> read_npz(path)["valid"].images.shape
        (2, 4, 4, 1)
    """
    file = check_exists(path)
    if not zipfile.is_zipfile(file):
        raise DataError(f"{file}: expected a NumPy archive (.npz); it is none, or it is cut short. Download it again.")
    try:
        check_archive(file)
        archive: Any = np.load(file, allow_pickle=False)
    except DataError:
        raise
    except Exception as error:  # zipfile raises many classes, such as NotImplementedError
        raise DataError(f"{file}: the archive cannot be opened ({error}). Download it again.") from error
    with archive:
        splits = {
            name: NpzSplit(
                _images(file, f"{stem}_images", _array(file, archive, f"{stem}_images")),
                _labels(file, f"{stem}_labels", _array(file, archive, f"{stem}_labels")),
            )
            for name, stem in _SPLITS.items()
        }
    first = splits["train"]
    for name, split in splits.items():
        if len(split.images) != len(split.labels):
            raise DataError(f"{file}: the {name} split has {len(split.images)} images and {len(split.labels)} labels.")
        for what, one, other in zip(NpzSplit._fields, first, split, strict=True):
            if one.shape[1:] != other.shape[1:]:
                raise DataError(
                    f"{file}: {what} of the {name} split have shape {other.shape[1:]}; those of train have {one.shape[1:]}."
                )
    return splits


def _array(file: Path, archive: Any, key: str) -> np.ndarray:
    if key not in archive.files:
        raise DataError(f"{file}: expected an array {key!r}. {nearest(key, archive.files)}")
    try:
        array = archive[key]
    except ValueError as error:
        reason = "it contains Python objects, which could run code" if "pickle" in str(error) else str(error)
        raise DataError(f"{file}: the array {key!r} is not read: {reason}. Save it as plain numbers.") from error
    except Exception as error:  # zipfile raises many classes
        raise DataError(f"{file}: the array {key!r} is damaged ({error}). Download the archive again.") from error
    if not isinstance(array, np.ndarray):  # NumPy returns the bytes of a member without the mark of an array
        raise DataError(f"{file}: {key!r} is damaged: it is no array of NumPy. Download the archive again.")
    return array


def _images(file: Path, key: str, array: np.ndarray) -> np.ndarray:
    if array.dtype != np.uint8:
        raise DataError(f"{file}: {key} must be uint8 pixels 0 to 255; received {array.dtype}. Rescale them first.")
    if array.ndim == 3:
        array = array[..., None]
    if array.ndim != 4 or array.shape[-1] not in (1, 3) or 0 in array.shape[1:]:
        raise DataError(
            f"{file}: {key} must have shape (n, height, width) or (n, height, width, 3); received {array.shape}. "
            "Volumes are not read: cut them into slices."
        )
    return array


def _labels(file: Path, key: str, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "iub":
        raise DataError(f"{file}: {key} must be integers; received {array.dtype}.")
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (1, 2):
        raise DataError(f"{file}: {key} must have shape (n,), (n, 1) or (n, labels); received {array.shape}.")
    return array.astype(np.int64)
