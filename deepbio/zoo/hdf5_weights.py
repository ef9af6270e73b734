"""HDF5 files of weights: checked before they are read, so that they refer to no other file and contain numbers only."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.documents import parse_json
from deepbio.errors import WeightsError

_MAX_OBJECTS = 20_000
_MAX_GROUPS_DEEP = 40
_MAX_VALUES = 2**32


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

    seen: set[int] = set()

    def walk(group: Any, depth: int = 0) -> Iterator[tuple[tuple[int, ...], int]]:
        for name in group:
            where = f"{path}: {group.name}/{name}"[:300]
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise WeightsError(f"{where} is a link to elsewhere; such a file is not loaded.")
            entry = group[name]
            address = int(h5py.h5o.get_info(entry.id).addr)  # type: ignore[attr-defined]
            if address in seen or depth > _MAX_GROUPS_DEEP or len(seen) > _MAX_OBJECTS:
                raise WeightsError(f"{where} appears twice, or the file has too many parts; such a file is not loaded.")
            seen.add(address)
            if isinstance(entry, h5py.Group):
                yield from walk(entry, depth + 1)
            elif not isinstance(entry, h5py.Dataset):
                raise WeightsError(f"{where} is neither a group nor an array.")
            elif entry.is_virtual or entry.external:
                raise WeightsError(f"{where} keeps its values in another file; such a file is not loaded.")
            elif entry.dtype.kind not in "fiub" or entry.shape is None:
                raise WeightsError(f"{where} contains {entry.dtype}, not numbers; such a file is not loaded.")
            else:
                yield tuple(entry.shape), int(entry.size or 0)

    try:
        with h5py.File(path if content is None else io.BytesIO(content), "r") as file:
            yield from walk(file)
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
        Path inside the file (without `model_weights/`) to array, and the parsed `model_config` or None.

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
            found[name.removeprefix("model_weights/")] = np.asarray(entry)

    try:
        with h5py.File(path if content is None else io.BytesIO(content), "r") as file:
            file.visititems(keep)
            text = file.attrs.get("model_config")
    except Exception as error:  # h5py has no common class of errors
        raise WeightsError(f"{path} is not a readable HDF5 file: {first_line(error)}") from error
    return found, None if text is None else parse_json(text, f"{path}: model_config", error=WeightsError)


def first_line(error: BaseException) -> str:
    """Return the beginning of an error's message, in one line.

    Example:
        >>> first_line(ValueError("no\\nmore"))
        'no'
    """
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
