"""Replace several files of a folder together: after a kill or a full disk the folder has all of the old ones, or all of the new."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from deepbio.files import cannot_write

_READY = ".complete"
_STAGE = ".new-"


@contextlib.contextmanager
def replace_files(folder: Path) -> Iterator[Path]:
    """Open a folder inside `folder` whose files replace those of the same names in `folder` if the block succeeds.

    The moment of replacement is one rename. What is left to do after a kill is done by `finish_replacement`.

    Raises:
        DeepbioError: The folder cannot be written, or is full.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with replace_files(folder) as stage:
        ...     _ = (stage / "a.txt").write_text("new")
        >>> [file.name for file in folder.iterdir()]
        ['a.txt']
    """
    finish_replacement(folder)
    stage = folder / f"{_STAGE}{os.urandom(6).hex()}"
    try:
        for left in folder.glob(f"{_STAGE}*"):  # of a process that was killed before the replacement
            shutil.rmtree(left, ignore_errors=True)
        stage.mkdir()
        yield stage
        for file in stage.iterdir():
            with file.open("rb") as written:
                os.fsync(written.fileno())
        stage.rename(folder / _READY)
    except OSError as error:
        if error.filename is not None and not str(error.filename).startswith(str(folder)):
            raise  # another file's error, from the caller's block
        raise cannot_write(folder, error) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    finish_replacement(folder)


def finish_replacement(folder: Path) -> None:
    """Finish a replacement that a kill interrupted, if there is one. Several processes may do so at once."""
    ready = folder / _READY
    if not ready.is_dir() or ready.is_symlink():
        return
    with contextlib.suppress(OSError):  # a folder that cannot be written, or another process was faster
        for file in sorted(ready.iterdir(), key=lambda file: file.name == "preset.json"):
            if file.is_file() and not file.is_symlink():
                with contextlib.suppress(FileNotFoundError):
                    file.replace(folder / file.name)
        ready.rmdir()
