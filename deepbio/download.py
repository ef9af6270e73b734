"""Download a file once: resumed after a broken connection, checked, then renamed, while other processes wait."""

import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from deepbio.errors import DataError
from deepbio.files import cannot_write, clear_unfinished, put_in_place, writable_folder

log = logging.getLogger("deepbio")
_TRIES = 5  # of one address, as long as each brings some bytes


def cache_folder() -> Path:
    """Return the folder of downloaded files: `DEEPBIO_CACHE`, or deepbio's folder in the user's cache."""
    import platformdirs

    return Path(os.environ.get("DEEPBIO_CACHE") or platformdirs.user_cache_dir("deepbio"))


def offline() -> bool:
    """Return whether `DEEPBIO_OFFLINE` forbids the network: set, and neither empty nor `0`."""
    return os.environ.get("DEEPBIO_OFFLINE", "") not in ("", "0")


def download(addresses: Sequence[str], target: Path, *, check: Callable[[Path], str | None], advice: str = "") -> Path:
    """Download a file from the first address that serves the right one, unless it is at `target` already.

    Nothing is ever half-written at `target`: the bytes received are in a hidden file beside it until it is complete and
    checked. A broken download is resumed, at once and at the next call. Processes that ask for one file at the same time
    download it once.

    Args:
        addresses: Addresses, tried in this order.
        target: Path of the file.
        check: Function that returns what is wrong with a file, or None, such as `deepbio.files.checksum_mismatch`.
        advice: What to do if all addresses fail; the end of the error message.

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
    """Complete the file `part`. Return what is wrong, or None. What may be the beginning of the file is kept."""
    begun = part.is_file()
    if begun and check(part) is None:
        return None
    broken = _fetch(address, part)
    if broken is not None:
        if part.stat().st_size == 0:
            part.unlink()
        return broken
    wrong = check(part)
    if wrong is not None:
        part.unlink()
        if begun:  # the earlier bytes may be of another file
            return _complete(address, part, check)
    return wrong


def _fetch(address: str, part: Path) -> str | None:
    """Append what is missing to `part`, through several connections if one breaks. Return why it failed, or None.

    A terminal shows a progress bar.
    """
    import requests
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
                with bar, requests.get(address, headers=headers, timeout=30, stream=True) as response:
                    if response.status_code in (200, 416):  # the whole file, or nothing beyond `begun`
                        file.truncate(0)
                    response.raise_for_status()
                    bar.reset(task, total=int(response.headers.get("Content-Length", 0)) or None)
                    for block in response.iter_content(1 << 16):
                        file.write(block)
                        bar.update(task, advance=len(block))
                return None
            except requests.RequestException as error:
                reason = _reason(error, address)
        if part.stat().st_size == begun:  # no progress: another try would not help
            break
    return reason


def _reason(error: Exception, address: str) -> str:
    """Return why a request failed, without the inner workings of the libraries below."""
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}"
    cut = "the connection broke off before the end; what has come is kept, and the next try resumes from there"
    reasons = {
        requests.Timeout: "the server did not answer in 30 seconds",
        requests.exceptions.SSLError: f"the server's certificate was refused ({error})",
        requests.exceptions.ProxyError: f"the proxy refused the connection ({error})",
        requests.exceptions.ChunkedEncodingError: cut,
        requests.ConnectionError: f"no connection to {urlsplit(address).netloc}; is this machine online?",
    }
    return next((why for kind, why in reasons.items() if isinstance(error, kind)), f"{type(error).__name__}: {error}")
