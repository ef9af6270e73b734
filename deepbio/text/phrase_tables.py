"""Phrases written by hand: how notes put findings of the ontology, and findings that the ontology does not contain.

The words of a phrase may be in any order and a little apart within one clause. `TermFinder` reads the phrases, and the notes of
`deepbio.datasets.vignettes` are written with them.
"""

from pathlib import Path

from deepbio.files import read_text

_FOLDER = Path(__file__).parent


def read_phrases(path: Path) -> dict[str, str]:
    r"""Read a table of two columns, a name and its phrases with `|` between them; lines that begin with `#` are comments.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "phrases.tsv"
        >>> _ = path.write_text("# ours\nFever\tfebrile|pyrexia\n")
        >>> read_phrases(path)
        {'Fever': 'febrile|pyrexia'}
    """
    lines = [line for line in read_text(path).split("\n") if line and not line.startswith("#")]
    return dict(line.split("\t", 1) for line in lines)


CLINICAL: dict[str, str] = read_phrases(_FOLDER / "clinical_phrases.tsv")
"""Phrases of findings of the Human Phenotype Ontology, by the finding's name; and of a few signs that it lacks."""
OWN: dict[str, str] = read_phrases(_FOLDER / "own_findings.tsv")
"""Phrases of exposures, tests, histories, age groups and sex."""
