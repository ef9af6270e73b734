"""Writing files so that nothing is ever half-written: write beside, fsync, rename."""

from __future__ import annotations

import contextlib
import errno
import glob
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from deepbio.errors import DataError, DeepbioError


@contextlib.contextmanager
def write_atomically(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Return a temporary path beside `path`; on success it is fsynced and renamed to `path`, on failure removed.

    The temporary name ends as `path` does, so that writers which look at the ending work.

    Raises:
        DeepbioError: the folder is missing, read-only or full.

    Example:
        >>> folder = Path(tempfile.mkdtemp())
        >>> with write_atomically(folder / "a.txt") as beside:
        ...     _ = beside.write_text("whole")
        >>> (folder / "a.txt").read_text()
        'whole'
    """
    target = Path(path)
    try:
        handle, name = tempfile.mkstemp(prefix=".writing-", suffix=f"-{target.name}", dir=target.parent)
        os.close(handle)
    except OSError as error:
        raise cannot_write(target, error) from error
    beside = Path(name)
    try:
        yield beside
        put_in_place(beside, target)
    except OSError as error:
        if error.filename is not None and str(error.filename) != str(beside):
            raise  # another file's trouble, inside the caller's block
        raise cannot_write(target, error) from error
    finally:
        beside.unlink(missing_ok=True)


def put_in_place(beside: Path, target: Path) -> None:
    """Bring a file that is whole to the disk, give it the permissions of any new file, and rename it to `target`.

    Example:
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "beside").write_text("whole")
        >>> put_in_place(folder / "beside", folder / "a.txt")
        >>> [file.name for file in folder.iterdir()]
        ['a.txt']
    """
    with beside.open("rb") as written:
        os.fsync(written.fileno())
    beside.chmod(0o666 & ~_umask())
    beside.replace(target)
    _fsync_folder(target.parent)


def clear_unfinished(path: str | os.PathLike[str]) -> None:
    """Remove what writers of `path` that were killed have left beside it. Only for who holds the lock of `path`.

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


def writable_folder(path: str | os.PathLike[str]) -> Path:
    """Make `path` a folder that can be written to, or say at once why it cannot be.

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


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file's bytes, as 64 hexadecimal digits.

    Raises:
        DataError: the file is not there or cannot be read.
    """
    return digest_of(path, "sha256")


def digest_of(path: str | os.PathLike[str], kind: str) -> str:
    """Return a checksum of a file's bytes, `"sha256"` or a publisher's `"md5"`, in hexadecimal digits.

    Raises:
        DataError: the file is not there or cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            # MD5 says which of a publisher's files this is; it is no proof against a forger
            return hashlib.file_digest(file, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise DataError(f"Expected a readable file at {path}; {error.strerror or error}.") from error


def cannot_write(path: Path, error: OSError) -> DeepbioError:
    """Return the error that says why `path` cannot be written, and what to do.

    Example:
        >>> print(cannot_write(Path("a.txt"), OSError(errno.ENOSPC, "")))
        Cannot write a.txt: the disk is full; free some space or choose another folder.
    """
    reasons = {
        errno.ENOSPC: "the disk is full; free some space or choose another folder",
        errno.EDQUOT: "your disk quota is used up; free some space or choose another folder",
        errno.EROFS: "the file system is read-only; choose another folder",
        errno.EACCES: "permission denied; choose a folder that you may write to",
        errno.ENOENT: "its folder does not exist; make it first",
        errno.ENOTDIR: "a part of the path is a file; choose another folder",
        errno.EEXIST: "a file of that name is in the way; choose another folder",
    }
    reason = reasons.get(error.errno or 0, error.strerror or str(error))
    return DeepbioError(f"Cannot write {path}: {reason}.")


def _umask() -> int:
    # Linux tells it without changing it; os.umask() can only be read by setting it.
    with contextlib.suppress(OSError, ValueError, StopIteration):
        status = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in status if line.startswith("Umask:")).split()[1], 8)
    return 0o022


def _fsync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # not every file system can
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
