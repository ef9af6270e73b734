"""Where the two catalog are: `zoo/` (pretrained models) and `datasets/` (data set cards and small files), and the suites.

A checkout reads them in place; an installed wheel carries them in `deepbio/_catalog/`. Nobody else needs to know.
"""

from __future__ import annotations

from pathlib import Path

from deepbio.errors import DeepbioError

_PACKAGE = Path(__file__).resolve().parent


def catalog_folder(name: str) -> Path:
    """Return the folder of one part of the catalog, `"zoo"` or `"datasets"`.

    Example:
        >>> catalog_folder("datasets").is_dir()
        True
    """
    if name not in ("zoo", "datasets"):
        raise DeepbioError(f"Unknown part of the catalog {name!r}: expected 'zoo' or 'datasets'.")
    installed = _PACKAGE / "_catalog" / name
    folder = installed if installed.is_dir() else _PACKAGE.parent / name
    if not folder.is_dir():
        raise DeepbioError(
            f"The catalog folder {name!r} was expected at {folder} and is not there. "
            "The installation is incomplete: install deepbio-zoo again."
        )
    return folder


def entries(name: str) -> list[Path]:
    """Return the folders in one part of the catalog that hold a `card.md`, sorted by name.

    Example:
        >>> all((entry / "card.md").is_file() for entry in entries("datasets"))
        True
    """
    return sorted(card.parent for card in catalog_folder(name).glob("*/card.md"))


def suites_folder() -> Path:
    """Return the folder of the benchmark suites (YAML files).

    Example:
        >>> (suites_folder() / "quick.yaml").is_file()
        True
    """
    installed = _PACKAGE / "_catalog" / "suites"
    return installed if installed.is_dir() else _PACKAGE.parent / "benchmarks" / "suites"
