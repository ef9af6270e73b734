"""Read text files whole, and write files whole: beside the target, to the disk, then renamed."""

import codecs
import contextlib
import errno
import glob
import gzip
import hashlib
import io
import os
import re
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from deepbio.errors import DataError, DeepbioError, nearest
from deepbio.limits import BoundedStream, max_bytes, too_large, unpacked_limit

FilePath = str | os.PathLike[str]
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_OTHER = {
    b"PK\x03\x04": "a zip archive",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ\x00": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"\xff\xfe\0\0": "text in UTF-32",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}
_CANNOT_WRITE = {
    errno.ENOSPC: "the disk is full; free some space or choose another folder",
    errno.EDQUOT: "your disk quota is used up; free some space or choose another folder",
    errno.EROFS: "the file system is read-only; choose another folder",
    errno.EACCES: "you have no write permission; choose another folder",
    errno.ENOENT: "its folder does not exist; make it first",
    errno.ENOTDIR: "a part of the path is a file; choose another folder",
    errno.EEXIST: "a file of that name is in the way; choose another folder",
}


def check_exists(path: FilePath, *, folder: bool = False) -> Path:
    """Return `path` as a `Path` after checking that it is a file, or a folder if `folder` is True.

    Raises:
        DataError: nothing is there, or something of the other kind; the message suggests the nearest name in the same folder.

    Example:
        >>> check_exists(os.curdir, folder=True)
        PosixPath('.')
    """
    found = Path(path)
    if found.is_dir() if folder else found.is_file():
        return found
    kind = "folder" if folder else "file"
    if found.exists():
        other = "folder" if found.is_dir() else "file" if found.is_file() else "pipe or a device, which is not read"
        raise DataError(f"Expected a {kind} at {found}; it is a {other}.")
    beside = [p.name for p in found.parent.iterdir() if p.is_dir() == folder] if found.parent.is_dir() else []
    advice = nearest(found.name, beside) if beside else "Check the path."
    raise DataError(f"Expected a {kind} at {found}; there is none. {advice}")


def read_content(path: FilePath, *, wide: bool = False) -> bytes:
    """Return the bytes of a text file, with gzip (and bgzip) unpacked and a UTF-8 byte order mark removed.

    The content decides, not the name: a plain file named `.gz` is read as it is.

    Args:
        path: Path of the file.
        wide: Whether the text is in UTF-16 or UTF-32, which contain zero bytes.

    Raises:
        DataError: the file is missing, empty, damaged, cut short or not plain text.
    """
    file, limit = check_exists(path), max_bytes()
    try:
        if (size := file.stat().st_size) > limit:
            raise too_large(file, size, limit)
        with open_content(file, wide=wide) as stream:
            content = stream.read()
    except OSError as error:
        raise DataError(f"{file}: cannot be read; {error.strerror}.") from error
    if not content[:4096].strip() and not content.strip():
        raise DataError(f"{file}: the file is empty.")
    if not wide and b"\0" in content[:65536]:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        raise DataError(f"{file}, line {line}: expected text; found binary data.")
    return content


def read_text(path: FilePath, *, encoding: str | None = None) -> str:
    """Return the text of a plain or gzip file.

    Args:
        path: Path of the file.
        encoding: Encoding that the caller may choose; None reads UTF-8.

    Raises:
        DataError: what `read_content` raises, an unknown encoding, or a byte outside of it, with its line.
    """
    try:
        "".encode(encoding or "utf-8")  # base64, say, is a codec and no encoding of text
        wide = codecs.lookup(encoding or "utf-8").name.startswith(("utf-16", "utf-32"))
    except (LookupError, UnicodeError):
        raise DataError(f"Unknown encoding {encoding!r}. Usual ones are 'utf-8', 'latin-1' and 'cp1252'.") from None
    try:
        content = read_content(path, wide=wide)
    except DataError as error:
        if encoding is None or not (found := re.search(r"text in UTF-(16|32)", str(error))):
            raise
        name = f"utf-{found[1]}"
        raise DataError(f"{error} Or pass encoding={name!r} (on the command line --data encoding={name}).") from error
    try:
        return content.decode(encoding or "utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        advice = ", or pass encoding='cp1252', say (on the command line --data encoding=cp1252)" if encoding else ""
        raise DataError(
            f"{path}, line {line}: expected {encoding or 'UTF-8'}; byte 0x{content[error.start]:02x} is none. "
            f"Save the file as UTF-8{advice}."
        ) from error


@contextlib.contextmanager
def open_content(path: FilePath, *, wide: bool = False) -> Iterator[IO[bytes]]:
    """Open a text file as a stream of bytes, with gzip (and bgzip) unpacked and a UTF-8 byte order mark skipped.

    Args:
        path: Path of the file.
        wide: Whether text in UTF-16 is expected.

    Raises:
        DataError: the file does not exist or is not plain text or, while it is read, its gzip is damaged or cut short or unpacks
            to more than `deepbio.limits.unpacked_limit` allows.

    Example:
        >>> file = Path(tempfile.mkdtemp()) / "a.txt.gz"
        >>> _ = file.write_bytes(gzip.compress(b"one\\ntwo"))
        >>> with open_content(file) as stream:
        ...     [line.decode() for line in stream]
        ['one\\n', 'two']
    """
    file = check_exists(path)
    with file.open("rb") as raw:
        stream = raw
        if raw.peek(2)[:2] == _GZIP:
            limit = unpacked_limit(file.stat().st_size)
            stream = io.BufferedReader(BoundedStream(gzip.GzipFile(fileobj=raw), file, limit), 1 << 20)
        try:
            start = stream.peek(6)
            for kind in (
                kind for magic, kind in _OTHER.items() if start.startswith(magic) and not (wide and "UTF" in kind)
            ):
                raise DataError(f"{file}: expected plain or gzip text; this is {kind}. Convert or unpack it.")
            if start.startswith(_BOM):
                stream.read(len(_BOM))
            yield stream
        except EOFError as error:
            raise DataError(f"{file}: the gzip file ends too early. Copy or download it again.") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{file}: the gzip file is damaged ({error}). Copy or download it again.") from error


def sha256_of(path: FilePath) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits.

    Raises:
        DataError: the file does not exist or cannot be read.
    """
    return _checksum(path, "sha256")


def checksum_mismatch(path: FilePath, accepted: Mapping[str, Any]) -> str | None:
    """Return how the checksums of a file differ from the accepted ones, or None if one of them agrees.

    Args:
        path: Path of the file.
        accepted: Mapping that may contain `"sha256"` and a publisher's `"md5"`, each one checksum or a list of them.

    Example:
        >>> Path("empty.txt").touch()
        >>> checksum_mismatch("empty.txt", {"md5": "d41d8cd98f00b204e9800998ecf8427e"}) is None
        True
    """
    wrong = []
    for kind, name in (("sha256", "SHA-256"), ("md5", "MD5")):
        expected = accepted.get(kind, [])
        expected = [expected] if isinstance(expected, str) else list(expected)
        if expected:
            found = _checksum(path, kind)
            if found in expected:
                return None
            wrong.append(f"its {name} should be {' or '.join(expected)} and is {found}")
    return "; ".join(wrong) or "no checksum is recorded for it"


@contextlib.contextmanager
def write_atomically(path: FilePath) -> Iterator[Path]:
    """Open a temporary path beside `path`, renamed to `path` if the block succeeds and removed if it fails.

    The temporary name has the same ending as `path`, so writers that choose a format by the ending work.

    Raises:
        DeepbioError: the folder is missing, read-only or full.

    Example:
        >>> folder = Path(tempfile.mkdtemp())
        >>> with write_atomically(folder / "a.txt") as temporary:
        ...     _ = temporary.write_text("whole")
        >>> (folder / "a.txt").read_text()
        'whole'
    """
    target = Path(path)
    if target.is_dir():
        raise DeepbioError(f"Cannot write {target}: it is a folder. Name a file in it.")
    temporary = target.with_name(f".writing-{os.urandom(6).hex()}-{target.name}")
    try:
        temporary.touch(exist_ok=False)
    except OSError as error:
        raise cannot_write(target, error) from error
    try:
        yield temporary
        put_in_place(temporary, target)
    except OSError as error:
        if error.filename is not None and str(error.filename) != str(temporary):
            raise  # another file's error, from the caller's block
        raise cannot_write(target, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def put_in_place(temporary: Path, target: Path) -> None:
    """Flush a complete file to the disk and rename it to `target`."""
    with temporary.open("rb") as written:
        os.fsync(written.fileno())
    temporary.replace(target)
    with contextlib.suppress(OSError):  # some file systems cannot flush a folder
        handle = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def clear_unfinished(path: FilePath) -> None:
    """Remove the temporary files of killed writers of `path`. Call it only while the lock of `path` is taken.

    Example:
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / ".writing-x1-a.txt").write_text("half")
        >>> clear_unfinished(folder / "a.txt")
        >>> list(folder.iterdir())
        []
    """
    target = Path(path)
    for left in target.parent.glob(f".writing-*-{glob.escape(target.name)}"):
        left.unlink(missing_ok=True)


def writable_folder(path: FilePath) -> Path:
    """Create the folder `path` if needed and check that files can be written to it.

    Raises:
        DeepbioError: it is a file, it is read-only, or the disk is full.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".probe-") as probe:
            probe.write(b"\0" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        raise cannot_write(folder, error) from error
    return folder


def cannot_write(path: Path, error: OSError) -> DeepbioError:
    """Return the error that explains why `path` cannot be written and what to do about it.

    Example:
        >>> print(cannot_write(Path("a.txt"), OSError(errno.ENOSPC, "")))
        Cannot write a.txt: the disk is full; free some space or choose another folder.
    """
    reason = _CANNOT_WRITE.get(error.errno or 0, error.strerror or str(error))
    return DeepbioError(f"Cannot write {path}: {reason}.")


def _checksum(path: FilePath, kind: str) -> str:
    try:
        if not Path(path).is_file() and Path(path).exists():
            raise DataError(f"Expected a file at {path}; it is a folder, a pipe or a device.")
        with Path(path).open("rb") as file:
            # MD5 identifies a publisher's file; it does not protect from forgery
            return hashlib.file_digest(file, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise DataError(f"Expected a readable file at {path}; {error.strerror or error}.") from error
