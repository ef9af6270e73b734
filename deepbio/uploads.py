"""Files that a browser or a client sends: in memory where the system has a folder for that, and removed when they have been read."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deepbio.errors import DataError

_MEMORY = Path("/dev/shm")
_PREFIX = "deepbio-upload-"
_PLACE = re.compile(rf"\S*{_PREFIX}\w+/")


@dataclass(frozen=True)
class Upload:
    """A file as it was sent: its name, without folders, and its bytes."""

    name: str
    content: bytes

    @contextlib.contextmanager
    def as_path(self) -> Iterator[Path]:
        """Write the file to a folder of its own, which is removed afterwards, and return its path.

        The folder lies in memory (`/dev/shm`) on Linux, otherwise among the user's temporary files.
        """
        with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
            path = Path(folder) / self.name
            path.write_bytes(self.content)
            yield path


def upload_of(name: str | None, content: bytes) -> Upload:
    """Return an upload with a name that is safe as a file name.

    Raises:
        DataError: The file is empty.

    Example:
        >>> upload_of("../scans/a b.png", b"1").name
        'a b.png'
    """
    plain = re.sub(r"[^\w .()+-]", "_", Path((name or "file").replace("\\", "/")).name).lstrip(".")[-100:] or "file"
    if not content:
        raise DataError(f"{plain} is empty: expected a file with content.")
    return Upload(plain, content)


def without_places(message: str) -> str:
    """Remove the folders of uploads from an error message, so that it names the file as the user does.

    Example:
        >>> without_places("/tmp/deepbio-upload-x1y2/a.csv, line 3: expected a number")
        'a.csv, line 3: expected a number'
    """
    return _PLACE.sub("", message)
