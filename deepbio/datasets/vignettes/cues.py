"""What notes mention besides the ontology's findings, written by hand: textbook signs, exposures, tests; common conditions."""

from pathlib import Path

from deepbio.files import read_text
from deepbio.text.phrase_tables import read_phrases

_FOLDER = Path(__file__).parent

CUES: dict[str, str] = read_phrases(_FOLDER / "cues.tsv")
"""Findings by disease, commonest first; names of the ontology or of `deepbio.text.phrase_tables`."""
COMMON: tuple[str, ...] = tuple(
    line for line in read_text(_FOLDER / "common.tsv").split("\n") if line and not line.startswith("#")
)
"""Findings and other words of one common condition or visit each, separated by `|`; the finder reads those that it knows."""
PAST: tuple[str, ...] = (
    *(
        "HTN",
        "DM2",
        "hyperlipidemia",
        "appendectomy",
        "asthma",
        "GERD",
        "hypothyroidism",
        "tonsillectomy",
        "C-section",
        "none",
    ),
    *(
        "osteoarthritis",
        "depression",
        "migraine",
        "gout",
        "COPD",
        "atrial fibrillation",
        "cholecystectomy",
        "kidney stone",
    ),
    *("eczema", "hernia repair", "healthy"),
)
"""Past diseases and operations, whatever the disease."""
