"""Limits on what a file may contain: its kind, its size on the disk, and how much it may unpack to."""

import io
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

from deepbio.errors import DataError, DeepbioError

MAX_BYTES = 64 << 30  # default of DEEPBIO_MAX_BYTES
MAX_RATIO = 200  # unpacked bytes per compressed byte beyond the first ones
_ANY_RATIO = 64 << 20  # so many unpacked bytes are fine whatever the ratio
_VARIABLE = "DEEPBIO_MAX_BYTES"


def max_bytes() -> int:
    """Return the largest number of bytes that one file may have or unpack to: `DEEPBIO_MAX_BYTES`, 64 GiB by default.

    Raises:
        DeepbioError: The variable is no positive integer.

    Example:
        >>> max_bytes() >> 30
        64
    """
    text = os.environ.get(_VARIABLE) or str(MAX_BYTES)
    if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) == 0:
        raise DeepbioError(f"{_VARIABLE} is a number of bytes, such as {MAX_BYTES}; it is {text[:40]!r}.")
    return int(text)


def unpacked_limit(compressed: int, *, any_ratio: int = _ANY_RATIO) -> int:
    """Return how many bytes `compressed` bytes may unpack to: 200 times as many, at least 64 MiB, at most `DEEPBIO_MAX_BYTES`.

    Example:
        >>> unpacked_limit(10) >> 20
        64
    """
    return min(max(any_ratio, MAX_RATIO * compressed), max_bytes())


def too_large(path: str | os.PathLike[str], found: int, limit: int) -> DataError:
    """Return the error for a file that is, or unpacks to, more than `limit` bytes.

    Example:
        >>> str(too_large("a.gz", 30 << 30, 1 << 30))[:75]
        'a.gz: expected at most 1024 MiB, unpacked; it has 30720 MiB or more. If you'
    """
    return DataError(
        f"{os.fspath(path)}: expected at most {limit / 2**20:.0f} MiB, unpacked; it has {found / 2**20:.0f} MiB or more. "
        f"If you trust the file, raise {_VARIABLE} or unpack it first."
    )


def read_bounded(path: str | os.PathLike[str], limit: int) -> bytes:
    """Return the bytes of a regular file of at most `limit` bytes. Pipes, devices and larger files are refused unread.

    Raises:
        OSError: The file does not exist or cannot be read.
        DataError: It is no regular file, or is too large.
    """
    # a pipe without a writer would block the call that opens it
    with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise DataError(f"{os.fspath(path)}: expected a regular file; it is a pipe, a device or a folder.")
        if found.st_size > limit:
            raise DataError(
                f"{os.fspath(path)}: expected at most {limit / 2**20:.0f} MiB; it has {found.st_size / 2**20:.0f} MiB."
            )
        return file.read(limit)


class BoundedStream(io.RawIOBase):
    """A stream of bytes that raises `DataError` once more than `limit` were read from it.

    Args:
        stream: Stream to read from, such as a `gzip.GzipFile`.
        path: Path for the error message.
        limit: Largest number of bytes.
    """

    def __init__(self, stream: Any, path: Path, limit: int) -> None:
        self._stream, self._path, self._limit, self._read = stream, path, limit, 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into `buffer` and return the number of bytes, 0 at the end."""
        count = self._stream.readinto(buffer) or 0
        self._read += count
        if self._read > self._limit:
            raise too_large(self._path, self._read, self._limit)
        return count


def check_archive(path: Path) -> None:
    """Check that a zip archive, such as `.npz`, has at most 10,000 members and unpacks to no more than it may.

    Raises:
        DataError: It would unpack to more, or to members of one name.
        zipfile.BadZipFile: It is no archive.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    limit = unpacked_limit(path.stat().st_size)
    if len(members) > 10_000 or len({member.filename for member in members}) < len(members):
        raise DataError(f"{path}: expected an archive of at most 10,000 members, each with a name of its own.")
    if (total := sum(member.file_size for member in members)) > limit:
        raise too_large(path, total, limit)
