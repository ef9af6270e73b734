"""Read every value of an HDF5 file once, bounded, so that a damaged file shows itself before a larger library reads it."""

import math
from pathlib import Path
from typing import Any

from deepbio.errors import DataError
from deepbio.limits import too_large, unpacked_limit

_BLOCK = 16 << 20  # bytes read at once
_MAX_OBJECTS = 100_000


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

    left = [unpacked_limit(Path(path).stat().st_size)]
    seen: set[int] = set()

    def walk(group: Any) -> None:
        dict(group.attrs)
        for name in group:
            where = f"{path}: {group.name}/{name}"[:300]
            if isinstance(group.get(name, getlink=True), h5py.ExternalLink):
                raise DataError(f"{where} is in another file, which is not read.")
            entry = group[name]
            address = int(h5py.h5o.get_info(entry.id).addr)  # type: ignore[attr-defined]
            if address in seen:
                raise DataError(f"{where} appears twice. Write the file again.")
            seen.add(address)
            if len(seen) > _MAX_OBJECTS:
                raise DataError(f"{path}: expected at most {_MAX_OBJECTS} parts.")
            if isinstance(entry, h5py.Group):
                walk(entry)
            elif isinstance(entry, h5py.Dataset):
                _read(entry, where, left)

    try:
        with h5py.File(path, "r") as file:
            walk(file)
    except DataError:
        raise
    except Exception as error:  # h5py has no common class of errors
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise DataError(f"{path}: expected an HDF5 file; it cannot be read ({reason}).") from error
    return {}


def _read(entry: Any, where: str, left: list[int]) -> None:
    dict(entry.attrs)
    if entry.is_virtual or entry.external:
        raise DataError(f"{where} keeps its values in another file, which is not read.")
    if entry.shape is None:
        return
    size = math.prod(entry.shape) * entry.dtype.itemsize
    if size > left[0]:
        raise too_large(where, size, left[0])
    left[0] -= size
    if not entry.shape:
        entry[()]
        return
    rows = max(1, _BLOCK // max(1, math.prod(entry.shape[1:]) * entry.dtype.itemsize))
    for first in range(0, entry.shape[0], rows):
        entry[first : first + rows]
