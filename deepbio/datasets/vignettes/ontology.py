"""`hp.obo`, the Human Phenotype Ontology: what each finding is called, by doctors and by everybody else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from deepbio.errors import DataError

# synonym: "Pink eye" EXACT layperson [source]
_SYNONYM = re.compile(r'synonym: "((?:[^"\\]|\\.)*)" ([A-Z]+) (\w*)')


class Synonym(NamedTuple):
    """Another name of a finding: `scope` is EXACT, BROAD, NARROW or RELATED; `kind` is "layperson", "plural_form", or ""."""

    text: str
    scope: str
    kind: str


class Term(NamedTuple):
    """One finding: its id such as `HP:0001945`, its name, its synonyms and the ids of its parents."""

    id: str
    name: str
    synonyms: tuple[Synonym, ...]
    parents: tuple[str, ...]

    @property
    def layperson(self) -> tuple[str, ...]:
        """The exact synonyms that the ontology marks as plain words."""
        return tuple(s.text for s in self.synonyms if s.kind == "layperson" and s.scope == "EXACT")


@dataclass(frozen=True)
class Ontology:
    """All terms by id, and the release they are of, such as `2025-01-16`."""

    release: str
    terms: dict[str, Term]


def read_ontology(path: Path) -> Ontology:
    """Read `hp.obo`, without obsolete terms.

    Format: OBO 1.2 flat file, https://owlcollab.github.io/oboformat/doc/GO.format.obo-1_2.html.

    Raises:
        DataError: the file is missing or holds no terms, or a term has no name.
    """
    try:
        blocks = path.read_text(encoding="utf-8").split("\n[Term]\n")
    except OSError as error:
        raise DataError(f"Expected the ontology at {path}; {error.strerror}.") from error
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
