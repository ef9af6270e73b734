"""Downloading a file once: to a name beside, checked, then renamed; one process downloads, the others wait."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from deepbio.datasets.files import clear_unfinished, writable_folder, write_atomically
from deepbio.errors import DataError

log = logging.getLogger("deepbio")


def cache_folder() -> Path:
    """Give the folder of downloaded files: `DEEPBIO_CACHE`, or the system's place for caches."""
    import pooch

    return Path(os.environ.get("DEEPBIO_CACHE") or pooch.os_cache("deepbio"))


def download(addresses: Sequence[str], target: Path, *, check: Callable[[Path], str | None], advice: str = "") -> Path:
    """Download from the first address that gives the right file to `target`.

    Nothing is ever half-written at `target`. Processes that ask for one file at the same time fetch it once.

    Args:
        addresses: asked in this order.
        target: where the file is to stand.
        check: says what is wrong with a file, None for nothing.
        advice: what to do where all fail.

    Raises:
        DataError: no address gives the file; the message has each one's reason.
        DeepbioError: the folder cannot be written.
    """
    from filelock import FileLock

    folder = writable_folder(target.parent)
    with FileLock(folder / f".{target.name}.lock"):
        if target.is_file() and check(target) is None:  # another process was faster
            return target
        clear_unfinished(target)
        reasons = []
        for address in addresses:
            log.info("downloading %s", address)
            try:
                with write_atomically(target) as beside:
                    _fetch(address, beside)
                    if wrong := check(beside):
                        raise _WrongFileError(wrong)
                return target
            except _WrongFileError as error:
                reasons.append(f"{address}: {error}")
    raise DataError(f"{target.name} could not be downloaded. {' '.join(reasons)}. {advice}".strip())


class _WrongFileError(Exception):
    """An address did not give the file."""


def _fetch(address: str, target: Path) -> None:
    import pooch
    import requests

    progress = _Progress(target.name)
    try:
        # no compression on the way: the bytes on disk are those that the checksum is of
        get = pooch.HTTPDownloader(
            progressbar=progress,  # type: ignore[arg-type]
            chunk_size=1 << 16,
            timeout=30,
            headers={"Accept-Encoding": "identity"},
        )
        get(address, str(target), None)  # type: ignore[arg-type]
    except requests.RequestException as error:
        raise _WrongFileError(f"{type(error).__name__}: {error}") from error
    finally:
        progress.close()


class _Progress:
    """A bar on a terminal, nothing elsewhere, in the form that pooch asks for."""

    def __init__(self, name: str) -> None:
        self.total = 0
        self._name = name
        self._bar = None
        self._task = None
        self._ended = False

    def update(self, size: int) -> None:
        if self._bar is None and not self._ended and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(self._name, total=self.total or None)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, advance=size)

    def reset(self) -> None:
        """Pooch calls this at the end, then updates by the whole size once more."""
        self.close()

    def close(self) -> None:
        self._ended = True
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
            self._task = None
