"""HDF5 files of weights: checked before they are read, so that they refer to no other file and contain numbers only."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.documents import parse_json
from deepbio.errors import WeightsError
from deepbio.hdf5 import hdf5_parts

_MAX_OBJECTS = 20_000
_MAX_VALUES = 2**32
# the variables of Keras's layers in the order in which Keras 3 numbers them
_NUMBERED = {
    "batch_normalization": ("gamma", "beta", "moving_mean", "moving_variance"),
    "conv1d": ("kernel", "bias"),
    "conv2d": ("kernel", "bias"),
    "dense": ("kernel", "bias"),
}


def check_h5(path: Path, *, max_values: int) -> None:
    """Check that an HDF5 file refers to no other file.

    Args:
        path: Path of the file.
        max_values: Largest number of values that an array may have.

    Raises:
        WeightsError: Not HDF5, a link, values outside the file, or an array that is too large.
    """
    for shape, values in h5_arrays(path):
        if values > max_values:
            raise WeightsError(f"{path} has an array of shape {shape}; the model has {max_values} weights.")


def h5_arrays(path: Path, content: bytes | None = None) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield the shape and the number of values of each array in an HDF5 file, after checking what it consists of."""
    import h5py

    try:
        with h5py.File(path if content is None else io.BytesIO(content), "r") as file:
            for where, entry in hdf5_parts(file, path, error=WeightsError, max_objects=_MAX_OBJECTS):
                if isinstance(entry, h5py.Group):
                    continue
                if not isinstance(entry, h5py.Dataset):
                    raise WeightsError(f"{where} is neither a group nor an array.")
                if entry.dtype.kind not in "fiub" or entry.shape is None:
                    raise WeightsError(f"{where} contains {entry.dtype}, not numbers; such a file is not read.")
                yield tuple(entry.shape), int(entry.size or 0)
    except WeightsError:
        raise
    except Exception as error:  # h5py has no common class of errors
        raise WeightsError(f"{path} is not a readable HDF5 file: {first_line(error)}") from error


def read_h5_arrays(path: Path, content: bytes | None = None) -> tuple[dict[str, np.ndarray], Any]:
    """Read all arrays of an HDF5 file, and the description of a Keras model if there is one.

    Args:
        path: Path of the file.
        content: Content of the file, if it is inside another one.

    Returns:
        Path inside the file (without `model_weights/`) to array, and the parsed `model_config` or None. What Keras 3 numbers, as in
        `layers/dense_1/vars/0`, is named by the layer and the variable where both are known: `layers/NAME/kernel`.

    Raises:
        WeightsError: Not HDF5, damaged, or it refers to other files.
    """
    import h5py

    for shape, values in h5_arrays(path, content):
        if values > _MAX_VALUES:
            raise WeightsError(f"{path} has an array of shape {shape}; such a file is not loaded.")
    found: dict[str, np.ndarray] = {}

    def keep(name: str, entry: Any) -> None:
        if isinstance(entry, h5py.Dataset):
            known = _name(name.removeprefix("model_weights/"), entry)
            if known in found:
                raise WeightsError(f"{path} has two layers with the variable {known}; such a file is not read.")
            found[known] = np.asarray(entry)

    try:
        with h5py.File(path if content is None else io.BytesIO(content), "r") as file:
            file.visititems(keep)
            text = file.attrs.get("model_config")
    except WeightsError:
        raise
    except Exception as error:  # h5py has no common class of errors
        raise WeightsError(f"{path} is not a readable HDF5 file: {first_line(error)}") from error
    return found, None if text is None else parse_json(text, f"{path}: model_config", error=WeightsError)


def _name(path: str, entry: Any) -> str:
    """Return the name of an array; Keras 3 numbers variables, and keeps the name of the layer as an attribute."""
    match = re.fullmatch(r"(?P<where>(.*/)?)(?P<kind>[a-z0-9_]+?)(_\d+)?/vars/(?P<number>\d)", path)
    names = _NUMBERED.get(match["kind"], ()) if match else ()
    layer = entry.parent.attrs.get("name") if match else None
    # a layer without one of its variables numbers the others differently
    if match is None or layer is None or len(entry.parent) != len(names) or int(match["number"]) >= len(names):
        return path
    return f"{match['where']}{layer}/{names[int(match['number'])]}"


def first_line(error: BaseException) -> str:
    """Return the beginning of an error's message, in one line.

    Example:
        >>> first_line(ValueError("no\\nmore"))
        'no'
    """
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
