"""What a file holds, whole: missing, compressed, damaged or binary files are told apart here, once for every reader."""

from __future__ import annotations

import gzip
import os
import zlib
from pathlib import Path

from deepbio.errors import DataError, nearest

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_OTHER = {
    b"PK\x03\x04": "a zip archive",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ\x00": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}


def check_exists(path: str | os.PathLike[str], *, folder: bool = False) -> Path:
    """Check that `path` is a file (or a folder) and give it as a `Path`; otherwise name the nearest one beside it.

    Example:
        >>> check_exists(os.curdir, folder=True)
        PosixPath('.')
    """
    place = Path(path)
    if place.is_dir() if folder else place.is_file():
        return place
    kind = "folder" if folder else "file"
    if place.exists():
        raise DataError(f"Expected a {kind} at {place}; it is a {'folder' if place.is_dir() else 'file'}.")
    beside = []
    if place.parent.is_dir():
        beside = [p.name for p in place.parent.iterdir() if p.is_dir() == folder]
    advice = nearest(place.name, beside) if beside else "Check the path."
    raise DataError(f"Expected a {kind} at {place}; there is none. {advice}")


def read_content(path: str | os.PathLike[str]) -> bytes:
    """Return the bytes of a text file: gzip (and bgzip) unpacked, a UTF-8 byte order mark cut off.

    The content decides, not the name: a plain file named `.gz` is read as it is.

    Raises:
        DataError: the file is missing or empty, its gzip is cut short or damaged, or it is no plain text.
    """
    place = check_exists(path)
    try:
        content = place.read_bytes()
    except OSError as error:
        raise DataError(f"{place}: cannot be read; {error.strerror}.") from error
    if content.startswith(_GZIP):
        try:
            content = gzip.decompress(content)
        except EOFError as error:
            raise DataError(f"{place}: the gzip file ends too early. Copy or download it again.") from error
        except (OSError, zlib.error) as error:
            raise DataError(f"{place}: the gzip file is damaged ({error}). Copy or download it again.") from error
    for magic, kind in _OTHER.items():
        if content.startswith(magic):
            raise DataError(f"{place}: expected plain or gzip-compressed text; this is {kind}. Convert or unpack it.")
    content = content.removeprefix(_BOM)
    if not content[:4096].strip() and not content.strip():
        raise DataError(f"{place}: the file is empty.")
    if b"\0" in content[:65536]:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        raise DataError(f"{place}, line {line}: expected text; found binary data.")
    return content
