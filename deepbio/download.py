"""Downloading a file once: to a name beside, resumed where it broke off, checked, renamed; other processes wait."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from deepbio.errors import DataError
from deepbio.files import cannot_write, clear_unfinished, put_in_place, writable_folder

log = logging.getLogger("deepbio")
_TRIES = 5  # of one address, as long as each brings some bytes


def cache_folder() -> Path:
    """Return the folder of downloaded files: `DEEPBIO_CACHE`, or the system's place for caches."""
    import pooch

    return Path(os.environ.get("DEEPBIO_CACHE") or pooch.os_cache("deepbio"))


def download(addresses: Sequence[str], target: Path, *, check: Callable[[Path], str | None], advice: str = "") -> Path:
    """Download from the first address that gives the right file to `target`.

    Nothing is ever half-written at `target`: what has come stands in a hidden file beside it until it is whole and checked.
    A download that broke off goes on from there, at once and at the next call. Processes that ask for one file at the same
    time fetch it once.

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
    part = folder / f".{target.name}.part"
    with FileLock(folder / f".{target.name}.lock"):
        if target.is_file() and check(target) is None:  # another process was faster
            return target
        clear_unfinished(target)
        reasons = []
        for address in addresses:
            log.info("downloading %s", address)
            try:
                wrong = _complete(address, part, check)
                if wrong is None:
                    put_in_place(part, target)
                    return target
            except OSError as error:
                part.unlink(missing_ok=True)
                raise cannot_write(target, error) from error
            reasons.append(f"{address}: {wrong}")
    raise DataError(f"{target.name} could not be downloaded. {' '.join(reasons)}. {advice}".strip())


def _complete(address: str, part: Path, check: Callable[[Path], str | None]) -> str | None:
    """Bring `part` to the whole file; say what is wrong, None for nothing. What may be the file's beginning stays."""
    begun = part.is_file()
    if begun and check(part) is None:
        return None
    broken = _fetch(address, part)
    if broken is not None:
        if part.stat().st_size == 0:
            part.unlink()
        return broken
    wrong = check(part)
    if wrong is not None and begun:  # what had come before may be of another file
        part.unlink()
        return _complete(address, part, check)
    if wrong is not None:
        part.unlink()
    return wrong


def _fetch(address: str, part: Path) -> str | None:
    """Append to `part` what it lacks; say why that failed, None for nothing. A broken connection is taken up again."""
    import pooch
    import requests

    reason = None
    for _ in range(_TRIES):
        with part.open("ab") as file:
            begun = file.tell()
            # no compression on the way: the bytes on disk are those that the checksum is of
            headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={begun}-"} if begun else {})
            progress = _Progress(part.name.removeprefix(".").removesuffix(".part"))
            get = pooch.HTTPDownloader(
                progressbar=progress,  # type: ignore[arg-type]
                chunk_size=1 << 16,
                timeout=30,
                headers=headers,
                hooks={"response": _begin_anew(file)},
            )
            try:
                get(address, file, None)  # type: ignore[arg-type]
                return None
            except requests.RequestException as error:
                reason = _why(error, address)
            finally:
                progress.close()
        if part.stat().st_size == begun:  # no byte more, so that asking again is of no use
            break
    return reason


def _why(error: Exception, address: str) -> str:
    """Why a request failed, without the inner workings of the libraries below."""
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return "the server did not answer in 30 seconds"
    if isinstance(error, requests.exceptions.SSLError):
        return f"the server's certificate was refused ({error})"
    if isinstance(error, requests.exceptions.ProxyError):
        return f"the proxy gave no connection ({error})"
    if isinstance(error, requests.ConnectionError):
        return f"no connection to {urlsplit(address).netloc}; is this machine online?"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off before the end; what has come is kept, and the next try goes on from there"
    return f"{type(error).__name__}: {error}"


def _begin_anew(file: IO[bytes]) -> Callable[..., None]:
    """Drop what has come where the server sends the whole file (200), or has nothing behind it (416)."""

    def look(response: Any, **_: Any) -> None:
        if response.status_code in (200, 416):
            file.truncate(0)

    return look


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
