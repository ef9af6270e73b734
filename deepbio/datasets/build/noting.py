"""What a data set of your own notes of how it was built, so that a recipe can build it again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from deepbio.datasets.splitting import FRACTIONS

FUNCTION = "a function of your own"
_USUAL = {
    "duplicates": "group",
    "encoding": "utf-8",
    "vocabulary": 20_000,
    "same_names": "error",
    "fractions": FRACTIONS,
}


def noted(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as plain values for a recipe; those left at what is usual are left out.

    Example:
        >>> noted({"csv": "a.csv", "label": "ill", "text": None, "duplicates": "group", "group": str.lower})
        {'csv': 'a.csv', 'label': 'ill', 'group': 'a function of your own'}
    """
    kept = {name: value for name, value in options.items() if value is not None and value != _USUAL.get(name)}
    return {name: _plain(value) for name, value in kept.items() if not (isinstance(value, (list, tuple)) and not value)}


def names_of(given: Any) -> list[str]:
    """Return one name or several as a list of names; the command line reads the chromosome 3 as a number.

    Example:
        >>> names_of("chr3"), names_of([8, "X"]), names_of(())
        (['chr3'], ['8', 'X'], [])
    """
    several = isinstance(given, Iterable) and not isinstance(given, str)
    return [str(name) for name in (given if several else [given])]


def _plain(value: Any) -> Any:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return FUNCTION if callable(value) else value
