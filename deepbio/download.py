"""Download a file once: resumed after a broken connection, checked, then renamed, while other processes wait."""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from deepbio.errors import DataError
from deepbio.files import cannot_write, clear_unfinished, put_in_place, writable_folder
from deepbio.limits import max_bytes

if TYPE_CHECKING:
    import requests

log = logging.getLogger("deepbio")
_TRIES = 5  # of one address, as long as each brings some bytes
_STALL_SECONDS = 60.0
_STALL_BYTES = 64 << 10


def cache_folder() -> Path:
    """Return the folder of downloaded files: `DEEPBIO_CACHE`, or deepbio's folder in the user's cache."""
    import platformdirs

    return Path(os.environ.get("DEEPBIO_CACHE") or platformdirs.user_cache_dir("deepbio"))


def offline() -> bool:
    """Return whether `DEEPBIO_OFFLINE` forbids the network: set, and neither empty nor `0`."""
    return os.environ.get("DEEPBIO_OFFLINE", "") not in ("", "0")


def download(
    addresses: Sequence[str],
    target: Path,
    *,
    check: Callable[[Path], str | None],
    advice: str = "",
    size: int | None = None,
) -> Path:
    """Download a file from the first address that serves the right one, unless it is at `target` already.

    Nothing is ever half-written at `target`: the bytes received are in a hidden file beside it until it is complete and
    checked. A broken download is resumed, at once and at the next call. Processes that ask for one file at the same time
    download it once.

    Args:
        addresses: Addresses, tried in this order.
        target: Path of the file.
        check: Function that returns what is wrong with a file, or None, such as `deepbio.files.checksum_mismatch`.
        advice: What to do if all addresses fail; the end of the error message.
        size: Size of the file in bytes, if it is known. A server that sends more is left, at the latest after
            `DEEPBIO_MAX_BYTES`, and so is one that sends less than 64 KiB in a minute.

    Returns:
        `target`.

    Raises:
        DataError: no address serves the file (the message lists each one's reason), or `DEEPBIO_OFFLINE` is set.
        DeepbioError: the folder cannot be written.
    """
    from filelock import FileLock

    if target.is_file() and check(target) is None:
        return target
    if offline():
        missing = f"{target.name} is not in the cache ({target.parent})"
        raise DataError(f"{missing}, and DEEPBIO_OFFLINE forbids the download. {advice}")
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
                wrong = _complete(address, part, check, max_bytes() if size is None else size)
                if wrong is None:
                    put_in_place(part, target)
                    return target
            except OSError as error:
                part.unlink(missing_ok=True)
                raise cannot_write(target, error) from error
            reasons.append(f"{address}: {wrong}")
    raise DataError(f"{target.name} could not be downloaded. {' '.join(reasons)}. {advice}".strip())


def _complete(address: str, part: Path, check: Callable[[Path], str | None], limit: int) -> str | None:
    """Complete the file `part`. Return what is wrong, or None. What may be the beginning of the file is kept."""
    if part.is_symlink():  # another user of the folder must not decide which file is written
        part.unlink()
    begun = part.is_file()
    if begun and check(part) is None:
        return None
    broken = _fetch(address, part, limit)
    if broken is not None:
        if part.stat().st_size == 0:
            part.unlink()
        return broken
    wrong = check(part)
    if wrong is not None:
        part.unlink()
        if begun:  # the earlier bytes may be of another file
            return _complete(address, part, check, limit)
    return wrong


def _fetch(address: str, part: Path, limit: int) -> str | None:
    """Append what is missing to `part`, through several connections if one breaks. Return why it failed, or None.

    A terminal shows a progress bar.
    """
    import requests
    import urllib3
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    task = bar.add_task(part.name.removeprefix(".").removesuffix(".part"))
    reason = None
    for _ in range(_TRIES):
        with part.open("ab") as file:
            begun = part.stat().st_size
            # uncompressed: the checksum is of the bytes on disk
            headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={begun}-"} if begun else {})
            try:
                with bar, _opened(address, headers) as response:
                    if response.status_code in (200, 416):  # the whole file, or nothing beyond `begun`
                        file.truncate(0)
                    response.raise_for_status()
                    length = response.headers.get("Content-Length", "")
                    bar.reset(
                        task, total=int(length) if length.isascii() and length.isdigit() and len(length) < 19 else None
                    )
                    for block in _blocks(response, limit - file.seek(0, os.SEEK_END)):
                        file.write(block)
                        bar.update(task, advance=len(block))
                return None
            except _TooMuch:
                file.truncate(0)
                return f"the server sent more than the {limit} bytes that the file has"
            except TimeoutError:
                return "the server sent hardly anything for a minute; what has come is kept, and the next try resumes from there"
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                if isinstance(error, OSError) and not isinstance(error, requests.RequestException) and error.errno:
                    raise  # of the disk
                reason = _reason(error, address)
        if part.stat().st_size == begun:  # no progress: another try would not help
            break
    return reason


class _TooMuch(Exception):  # noqa: N818
    """The server sends more bytes than the file has."""


def _opened(address: str, headers: dict[str, str]) -> requests.Response:
    """Send the request in a thread, because a server can send the head of its answer byte by byte without end."""
    import requests

    answers: queue.Queue[Any] = queue.Queue()

    def ask() -> None:
        try:
            answers.put(requests.get(address, headers=headers, timeout=30, stream=True))
        except Exception as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=_STALL_SECONDS)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _blocks(response: requests.Response, limit: int) -> Iterator[bytes]:
    """Yield the bytes of an answer as they arrive.

    Raises:
        _TooMuch: There are more than `limit`.
        TimeoutError: Fewer than `_STALL_BYTES` came in `_STALL_SECONDS`.
    """
    received = since = 0
    began = time.monotonic()
    while block := response.raw.read1(1 << 16):
        received += len(block)
        if received > limit:
            raise _TooMuch
        yield block
        if time.monotonic() - began > _STALL_SECONDS:
            if received - since < _STALL_BYTES:
                raise TimeoutError
            began, since = time.monotonic(), received


def _reason(error: Exception, address: str) -> str:
    """Return why a request failed, without the inner workings of the libraries below."""
    import requests
    import urllib3

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}"
    cut = "the connection broke off before the end; what has come is kept, and the next try resumes from there"
    reasons = {
        (requests.Timeout, urllib3.exceptions.TimeoutError): "the server did not answer in 30 seconds",
        requests.exceptions.SSLError: f"the server's certificate was refused ({error})",
        requests.exceptions.ProxyError: f"the proxy refused the connection ({error})",
        (requests.exceptions.ChunkedEncodingError, urllib3.exceptions.ProtocolError): cut,
        requests.ConnectionError: f"no connection to {urlsplit(address).netloc}; is this machine online?",
    }
    return next((why for kind, why in reasons.items() if isinstance(error, kind)), f"{type(error).__name__}: {error}")
