"""`phenotype.hpoa`: the findings of each disease, and the fraction of its patients that have each."""

import functools
import re
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from deepbio.errors import DataError, nearest
from deepbio.files import check_exists

SOURCES = ("ORPHA", "OMIM", "DECIPHER")

# The ontology's frequency classes are ranges; each is taken at its middle:
# always 100%, 80 to 99%, 30 to 79%, 5 to 29%, 1 to 4%, never.
FREQUENCY_CLASSES = {
    "HP:0040280": 1.0,
    "HP:0040281": 0.895,
    "HP:0040282": 0.545,
    "HP:0040283": 0.17,
    "HP:0040284": 0.025,
    "HP:0040285": 0.0,
}

_COLUMNS = ["database_id", "disease_name", "qualifier", "hpo_id", "reference", "evidence", "onset", "frequency"]
_COLUMNS += ["sex", "modifier", "aspect", "biocuration"]
_COUNTS = re.compile(r"(\d+)/(\d+)")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%")


class Disease(NamedTuple):
    """A disease: its id such as `ORPHA:2331`, its name, and the fraction of its patients that have each finding."""

    id: str
    name: str
    frequency: dict[str, float]


def parse_frequency(text: str) -> float:
    """Convert a frequency to a fraction: patients `n/m`, a percentage, or one of the ontology's classes.

    Raises:
        DataError: The text is none of these, or above 1.

    Example:
        >>> parse_frequency("3/12"), parse_frequency("45%"), parse_frequency("HP:0040281")
        (0.25, 0.45, 0.895)
    """
    if text in FREQUENCY_CLASSES:
        return FREQUENCY_CLASSES[text]
    fraction = -1.0
    if counts := _COUNTS.fullmatch(text):
        fraction = int(counts[1]) / max(int(counts[2]), 1)
    elif percent := _PERCENT.fullmatch(text):
        fraction = float(percent[1]) / 100
    if not 0 <= fraction <= 1:
        raise DataError(
            f"A frequency is n/m with n at most m, a percentage, or a class {', '.join(FREQUENCY_CLASSES)}; "
            f"received {text!r}."
        )
    return fraction


def read_annotations(path: Path, *, source: str = "ORPHA", only: Collection[str] | None = None) -> list[Disease]:
    """Read the diseases of one source with every finding whose frequency is stated.

    Lines with the qualifier NOT, of another aspect than P (a finding, not an inheritance or an onset), without a frequency or
    with the frequency 0 are skipped. The frequencies of several lines for one finding are averaged.

    Args:
        path: Path of `phenotype.hpoa` (https://obophenotype.github.io/human-phenotype-ontology/annotations/phenotype_hpoa/).
        source: `"ORPHA"` (Orphanet, whose frequencies are complete), `"OMIM"` or `"DECIPHER"`.
        only: Names of the diseases to read; all by default.

    Returns:
        Diseases in the order of their ids, without those that have no such finding.

    Raises:
        DataError: The source is unknown, the file is missing or has other columns, or a frequency cannot be read.
    """
    if source not in SOURCES:
        raise DataError(f"Unknown source of annotations {source!r}. {nearest(source, SOURCES)}")
    written = check_exists(path).stat()
    found = _diseases(path, source, None if only is None else frozenset(only), written.st_mtime_ns, written.st_size)
    return [disease._replace(frequency=dict(disease.frequency)) for disease in found]


@functools.lru_cache(maxsize=4)
def _diseases(path: Path, source: str, only: frozenset[str] | None, mtime: int, size: int) -> list[Disease]:
    names: dict[str, str] = {}
    fractions: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    known: dict[str, float] = {}
    rows = _rows(path, source, mtime, size)
    kept = [rows[name] for name in rows if only is None or name in only]
    for number, line in sorted(row for lines in kept for row in lines):
        columns = line.rstrip("\n").split("\t")
        if len(columns) != len(_COLUMNS):
            raise DataError(f"{path}, line {number}: expected {len(_COLUMNS)} columns; found {len(columns)}.")
        disease, name, qualifier, finding, frequency, aspect = (columns[i] for i in (0, 1, 2, 3, 7, 10))
        if qualifier == "NOT" or aspect != "P" or not frequency:
            continue
        if frequency not in known:
            try:
                known[frequency] = parse_frequency(frequency)
            except DataError as error:
                raise DataError(f"{path}, line {number}: {error}") from error
        names[disease] = name
        fractions[disease][finding].append(known[frequency])
    means = {
        disease: {finding: mean for finding, all_ in found.items() if (mean := sum(all_) / len(all_)) > 0}
        for disease, found in fractions.items()
    }
    return [Disease(disease, names[disease], means[disease]) for disease in sorted(means) if means[disease]]


@functools.lru_cache(maxsize=2)
def _rows(path: Path, source: str, mtime: int, size: int) -> dict[str, list[tuple[int, str]]]:
    """Return the numbered lines of one source by the name of their disease; a file is read once until it changes."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if line.startswith(source):
            found[line.split("\t", 2)[1] if "\t" in line else ""].append((number, line))
        elif line.startswith("database_id\t") and line.split("\t") != _COLUMNS:
            raise DataError(f"{path}, line {number}: expected the columns {', '.join(_COLUMNS)}.")
    return dict(found)
