"""HDF5 files of unknown origin: every part checked before it is used, and every value read once, bounded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deepbio.errors import DataError, DeepbioError
from deepbio.limits import too_large, unpacked_limit

_BLOCK = 16 << 20  # bytes read at once
_MAX_OBJECTS = 100_000
_MAX_GROUPS_DEEP = 40


def hdf5_parts(
    file: Any, path: object, *, error: type[DeepbioError] = DataError, max_objects: int = _MAX_OBJECTS
) -> Iterator[tuple[str, Any]]:
    """Yield each group and array of an open HDF5 file with its name in an error, the group before what it contains.

    Args:
        file: Open file of h5py.
        path: Path of the file, for errors.
        error: Class of the errors.
        max_objects: Largest number of groups and arrays.

    Raises:
        DeepbioError: A reference to elsewhere, values in another file, a part that is there twice, or too many parts.

    Example:
        >>> import h5py, io
        >>> file = h5py.File(io.BytesIO(), "w")
        >>> file["a/x"] = [1.0, 2.0]
        >>> [where for where, _ in hdf5_parts(file, "f.h5")]
        ['f.h5: /a', 'f.h5: /a/x']
    """
    import h5py

    seen: set[int] = set()

    def walk(group: Any, depth: int) -> Iterator[tuple[str, Any]]:
        for name in group:
            where = f"{path}: {group.name.rstrip('/')}/{name}"[:300]
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise error(f"{where} refers to another file; such a file is not read.")
            entry = group[name]
            address = int(h5py.h5o.get_info(entry.id).addr)  # type: ignore[attr-defined]
            if address in seen or depth > _MAX_GROUPS_DEEP or len(seen) >= max_objects:
                raise error(f"{where} appears twice, or the file has too many parts; such a file is not read.")
            seen.add(address)
            if isinstance(entry, h5py.Dataset) and (entry.is_virtual or entry.external):
                raise error(f"{where} keeps its values in another file; such a file is not read.")
            yield where, entry
            if isinstance(entry, h5py.Group):
                yield from walk(entry, depth + 1)

    yield from walk(file, 0)


def read_every_value(path: str) -> dict[str, Any]:
    """Read all attributes and values of an HDF5 file and return nothing. Call it through `deepbio.isolated.isolated`.

    Raises:
        DataError: The file is damaged, refers to other files, contains itself, or is larger than it may be.

    Example:
        >>> import h5py, tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.h5"
        >>> with h5py.File(path, "w") as file:
        ...     file["x"] = [1.0, 2.0]
        >>> read_every_value(str(path))
        {}
    """
    import h5py

    left = unpacked_limit(Path(path).stat().st_size)
    try:
        with h5py.File(path, "r") as file:
            dict(file.attrs)
            for where, entry in hdf5_parts(file, path):
                dict(entry.attrs)
                if isinstance(entry, h5py.Dataset):
                    left -= _read(entry, where, left)
    except DataError:
        raise
    except Exception as error:  # h5py has no common class of errors
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise DataError(f"{path}: expected an HDF5 file; it cannot be read ({reason}).") from error
    return {}


def _read(entry: Any, where: str, left: int) -> int:
    """Read an array and return its size in bytes."""
    if entry.shape is None:
        return 0
    size = math.prod(entry.shape) * entry.dtype.itemsize
    if size > left:
        raise too_large(where, size, left)
    if not entry.shape:
        entry[()]
        return size
    rows = max(1, _BLOCK // max(1, math.prod(entry.shape[1:]) * entry.dtype.itemsize))
    for first in range(0, entry.shape[0], rows):
        entry[first : first + rows]
    return size
