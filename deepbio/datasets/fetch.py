"""Find the files of a data set and check that they are the files its card describes.

A file is searched for beside the card, in `DEEPBIO_MIRROR` (a folder or an address with files at `<data set>/<file>`), in the
cache, and at the publisher. `DEEPBIO_OFFLINE=1` forbids the network. `DEEPBIO_CACHE` moves the cache.
"""

import functools
import os
from pathlib import Path
from typing import Any

from deepbio.datasets.cards import Card
from deepbio.download import cache_folder, download
from deepbio.errors import DataError
from deepbio.files import checksum_mismatch


def card_file(card: Card, name: str) -> Path:
    """Return the path of one file of a data set, downloaded if needed. Its checksum is one of those on the card.

    Raises:
        DataError: the card does not list the file, the file has changed, or it cannot be obtained.
    """
    entry = next((entry for entry in card.facts.get("files", []) if entry["name"] == name), None)
    if entry is None:
        raise DataError(f"{card.folder / 'card.md'} lists no file {name!r}.")
    beside = card.folder / name
    if beside.exists() or not (entry.get("url") or "obtain" in card.facts):
        if wrong := checksum_mismatch(beside, entry):
            raise DataError(f"{beside} has changed: {wrong}. Restore the file, or install deepbio-zoo again.")
        return beside
    folder, address = _mirror(card)
    if folder and (folder / name).is_file():
        if wrong := checksum_mismatch(folder / name, entry):
            raise DataError(f"{folder / name}, in DEEPBIO_MIRROR, is not the file that the card describes: {wrong}.")
        return folder / name
    cached = cache_folder() / card.name / name
    if cached.is_file() and not checksum_mismatch(cached, entry):
        return cached
    if folder and not folder.parent.is_dir():
        raise DataError(
            f"DEEPBIO_MIRROR is {os.environ['DEEPBIO_MIRROR']!r}, and there is no such folder. Set it to a folder, or to an "
            "address that begins with https://."
        )
    obtain = card.facts.get("obtain") or f"Source: {card['source']}."
    advice = (
        f"{str(obtain).strip()} Put the file at {cached}, or set DEEPBIO_MIRROR to a folder that contains "
        f"{_mirror_folder(card)}/{name}."
    )
    addresses = [f"{address}/{name}"] if address else []
    addresses += [entry["url"]] if entry.get("url") else []
    if not addresses:
        raise DataError(f"{card.name}: {name} does not come with deepbio. {advice}")
    check = functools.partial(checksum_mismatch, accepted=entry)
    return download(addresses, cached, check=check, advice=advice, size=entry.get("size"))


def availability(card: Card) -> str:
    """Return where the files of a data set are, without using the network: `"here"`, `"internet"` or `"user-supplied"`.

    Example:
        >>> from deepbio.datasets import dataset_card
        >>> availability(dataset_card("uci_splice"))
        'here'
    """
    folders = [folder for folder in (card.folder, cache_folder() / card.name, _mirror(card)[0]) if folder]
    missing: list[dict[str, Any]] = [
        entry
        for entry in card.facts.get("files", [])
        if not entry.get("optional") and not any((folder / entry["name"]).is_file() for folder in folders)
    ]
    if missing:
        return "internet" if all(entry.get("url") for entry in missing) else "user-supplied"
    return "user-supplied" if card.facts.get("user_supplied") else "here"


def _mirror(card: Card) -> tuple[Path | None, str]:
    """Return the folder and the address of the data set's files in `DEEPBIO_MIRROR`, at most one of them set."""
    mirror = os.environ.get("DEEPBIO_MIRROR", "")
    if mirror.startswith(("http://", "https://")):
        return None, f"{mirror.rstrip('/')}/{_mirror_folder(card)}"
    return (Path(mirror) / _mirror_folder(card) if mirror else None), ""


def _mirror_folder(card: Card) -> str:
    return str(card.facts.get("mirror_folder", card.name))
