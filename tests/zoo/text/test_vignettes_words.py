"""The shipped model looks at the words of the planted findings, and follows a negation that is flipped."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "vignette_words.py"


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Rows of the tables that the script writes, on fewer notes than `benchmarks/results/vignette_words.md` has."""
    page = tmp_path_factory.mktemp("words") / "page.md"
    run = [sys.executable, SCRIPT, "--notes", "12", "--flipped", "1200", "--terms", "12", "--out", page]
    ended = subprocess.run(run, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    found = [line.strip("| ").split(" | ") for line in page.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    return {tuple(row[:2]) if row[0] == "every complaint" else row[0]: row for row in found}


def _number(text):
    return float(re.match(r"[\d.,]+", text)[0].replace(",", ""))


def test_scores_are_high_at_the_planted_findings(rows):
    assert _number(rows["integrated gradients"][1]) > 0.9
    assert _number(rows["the model's own evidence or attention"][1]) > 0.9


def test_a_flipped_negation_moves_the_posterior_the_right_way(rows):
    _, _, flips, together, most = rows["every complaint", "0.01"]
    assert _number(flips) > 500
    assert _number(together) >= 93
    assert _number(most) >= 93
    assert _number(rows["every complaint", "0.05"][3]) >= 95
