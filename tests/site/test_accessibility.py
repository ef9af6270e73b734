"""axe-core (MPL-2.0) on pages of every kind, in light and dark: `make accessibility` installs it and runs this file."""

import os
from pathlib import Path

import pytest

from tests.site.built_site import SITE, needs_site

AXE = Path(os.environ.get("DEEPBIO_AXE", "build/axe/node_modules/axe-core/axe.min.js")).resolve()
pytestmark = [
    pytest.mark.browser,
    needs_site,
    pytest.mark.skipif(not AXE.exists(), reason="needs axe-core: make accessibility"),
]
PAGES = [
    "index", "start", "guides", "models", "models/dna_cnn", "datasets", "datasets/uci_splice", "results",
    "results/leaderboard_tabular", "reference", "api/training", "command_line", "troubleshooting", "glossary", "gallery",
    "course/04_backpropagation", "interpret", "search",
]  # fmt: skip
# The theme makes wide code focusable a little after the page is loaded.
RUN = """new Promise((done) => setTimeout(done, 1500)).then(() => axe.run(document, {resultTypes: ["violations"]})).then((found) => ({
  passes: found.passes.length,
  summary: found.violations.map((v) => [v.id, v.impact, v.nodes.length, v.nodes[0].target.join(" "),
    v.nodes[0].any.map((check) => check.message).join(" ")]),
}))"""


@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing(tab, page, dark):
    tab.open(SITE / f"{page}.html", dark=dark)
    tab.run(AXE.read_text(encoding="utf-8"))
    found = tab.run(RUN)
    assert found["summary"] == []
    assert found["passes"] > 15
