"""The catalog: `zoo/` (pretrained models), `datasets/` (cards and small files of data sets) and the suites of benchmarks.

A checkout reads it in place; an installed wheel contains it in `deepbio/_catalog/`. Only this module knows the difference.
"""

from pathlib import Path

from deepbio.errors import DeepbioError

_PACKAGE = Path(__file__).resolve().parent
_PARTS = {"zoo": "zoo", "datasets": "datasets", "suites": "benchmarks/suites"}  # name to folder of a checkout


def catalog_folder(name: str) -> Path:
    """Return the folder of one part of the catalog: `"zoo"`, `"datasets"` or `"suites"`.

    Example:
        >>> (catalog_folder("suites") / "quick.yaml").is_file()
        True
    """
    if name not in _PARTS:
        raise DeepbioError(f"Unknown part of the catalog {name!r}: expected 'zoo', 'datasets' or 'suites'.")
    installed = _PACKAGE / "_catalog" / name
    folder = installed if installed.is_dir() else _PACKAGE.parent / _PARTS[name]
    if not folder.is_dir():
        raise DeepbioError(f"Expected the catalog at {folder}; there is no such folder. Install deepbio-zoo again.")
    return folder


def entries(name: str) -> list[Path]:
    """Return the folders in one part of the catalog that contain a `card.md`, sorted by name.

    Example:
        >>> all((entry / "card.md").is_file() for entry in entries("datasets"))
        True
    """
    return sorted(card.parent for card in catalog_folder(name).glob("*/card.md"))
