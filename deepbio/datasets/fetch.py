"""Finding a data set's files, and proving by checksum that they are the files that the card means.

A file is looked for beside the card, in `DEEPBIO_MIRROR` (a folder or an address, laid out as `<data set>/<file>`), in the
cache, and last at the publisher. `DEEPBIO_OFFLINE=1` forbids the network. `DEEPBIO_CACHE` moves the cache.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from deepbio.datasets.cards import Card
from deepbio.download import cache_folder, download
from deepbio.errors import DataError
from deepbio.files import digest_of

_DIGESTS = ("sha256", "md5")


def card_file(card: Card, name: str) -> Path:
    """Return the path of one file of a data set, with one of the checksums on its card; download it where need be.

    Raises:
        DataError: the card does not list the file, the file is changed, or it cannot be had.
    """
    entry = _entry(card, name)
    beside = card.folder / name
    if beside.exists() or not (entry.get("url") or "obtain" in card.facts):
        if wrong := _mismatch(beside, entry):
            raise DataError(f"{beside} has changed: {wrong}. Restore the file, or install deepbio-zoo again.")
        return beside
    mirror = os.environ.get("DEEPBIO_MIRROR", "")
    addresses = []
    if mirror.startswith(("http://", "https://")):
        addresses.append(f"{mirror.rstrip('/')}/{_mirror_folder(card)}/{name}")
    elif mirror and (place := Path(mirror) / _mirror_folder(card) / name).is_file():
        if wrong := _mismatch(place, entry):
            raise DataError(f"{place}, in DEEPBIO_MIRROR, is not the file that the card means: {wrong}.")
        return place
    cached = cache_folder() / card.name / name
    if cached.is_file() and not _mismatch(cached, entry):
        return cached
    if mirror and not addresses and not Path(mirror).is_dir():
        raise DataError(
            f"DEEPBIO_MIRROR is {mirror!r}, and there is no such folder. Name a folder, or an address that begins with https://."
        )
    if entry.get("url"):
        addresses.append(entry["url"])
    if os.environ.get("DEEPBIO_OFFLINE", "") not in ("", "0"):
        raise DataError(
            f"{card.name}: {name} is neither in the cache ({cached.parent}) nor in DEEPBIO_MIRROR, and DEEPBIO_OFFLINE forbids "
            f"the download. {_by_hand(card, cached)}"
        )
    if not addresses:
        raise DataError(f"{card.name}: {name} does not come with deepbio. {_by_hand(card, cached)}")
    return download(addresses, cached, check=lambda path: _mismatch(path, entry), advice=_by_hand(card, cached))


def availability(card: Card) -> str:
    """Say where the files of a data set are, without the network: `"here"`, `"internet"` or `"own copy"`.

    Example:
        >>> from deepbio.datasets import dataset_card
        >>> availability(dataset_card("uci_splice"))
        'here'
    """
    missing = [
        entry for entry in card.facts.get("files", []) if not entry.get("optional") and not _at_hand(card, entry)
    ]
    if missing:
        return "internet" if all(entry.get("url") for entry in missing) else "own copy"
    return "own copy" if card.facts.get("own_copy") else "here"


def _at_hand(card: Card, entry: dict[str, Any]) -> bool:
    mirror = os.environ.get("DEEPBIO_MIRROR", "")
    folders = [card.folder, cache_folder() / card.name]
    if mirror and not mirror.startswith(("http://", "https://")):
        folders.append(Path(mirror) / _mirror_folder(card))
    return any((folder / entry["name"]).is_file() for folder in folders)


def _mirror_folder(card: Card) -> str:
    return str(card.facts.get("mirror_folder", card.name))


def _entry(card: Card, name: str) -> dict[str, Any]:
    for entry in card.facts.get("files", []):
        if entry["name"] == name:
            return entry
    raise DataError(f"{card.folder / 'card.md'} lists no file {name!r}.")


def _mismatch(path: Path, entry: dict[str, Any]) -> str | None:
    """Why a file is not the one that the card means; None where one of the accepted checksums fits."""
    said = []
    for kind in _DIGESTS:
        accepted = entry.get(kind, [])
        accepted = [accepted] if isinstance(accepted, str) else list(accepted)
        if not accepted:
            continue
        found = digest_of(path, kind)
        if found in accepted:
            return None
        said.append(f"its {'SHA-256' if kind == 'sha256' else 'MD5'} should be {' or '.join(accepted)} and is {found}")
    return "; ".join(said) or "the card has no checksum for it"


def _by_hand(card: Card, cached: Path) -> str:
    obtain = card.facts.get("obtain") or f"Source: {card['source']}."
    inside = f"{_mirror_folder(card)}/{cached.name}"
    return f"{str(obtain).strip()} Put the file at {cached}, or name a folder with {inside} in DEEPBIO_MIRROR."
