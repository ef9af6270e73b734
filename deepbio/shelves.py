"""Where the two shelves are: `zoo/` (pretrained models) and `datasets/` (data set cards and small files), and the suites.

A checkout reads them in place; an installed wheel carries them in `deepbio/_shelves/`. Nobody else needs to know.
"""

from __future__ import annotations

from pathlib import Path

from deepbio.errors import DeepbioError

_PACKAGE = Path(__file__).resolve().parent


def shelf(name: str) -> Path:
    """Give the folder of one shelf, `"zoo"` or `"datasets"`.

    >>> shelf("datasets").is_dir()
    True
    """
    if name not in ("zoo", "datasets"):
        raise DeepbioError(f"Unknown shelf {name!r}: expected 'zoo' or 'datasets'.")
    installed = _PACKAGE / "_shelves" / name
    folder = installed if installed.is_dir() else _PACKAGE.parent / name
    if not folder.is_dir():
        raise DeepbioError(
            f"The shelf {name!r} was expected at {folder} and is not there. "
            "The installation is incomplete: install deepbio-zoo again."
        )
    return folder


def entries(name: str) -> list[Path]:
    """Give the folders on one shelf that hold a `card.md`, sorted by name.

    >>> all((entry / "card.md").is_file() for entry in entries("datasets"))
    True
    """
    return sorted(card.parent for card in shelf(name).glob("*/card.md"))


def suites_folder() -> Path:
    """Give the folder of the benchmark suites (YAML files).

    >>> (suites_folder() / "quick.yaml").is_file()
    True
    """
    installed = _PACKAGE / "_shelves" / "suites"
    return installed if installed.is_dir() else _PACKAGE.parent / "benchmarks" / "suites"
