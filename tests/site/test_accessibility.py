"""axe-core (MPL-2.0) on pages of every kind, in light and dark: `make accessibility` installs it and runs this file."""

import json
import os
import re
from pathlib import Path

import pytest

from tests.site.chromium import SITE, needs_site, opened, with_script

AXE = Path(os.environ.get("DEEPBIO_AXE", "build/axe/node_modules/axe-core/axe.min.js")).resolve()
pytestmark = [*needs_site, pytest.mark.skipif(not AXE.exists(), reason="needs axe-core: make accessibility")]
PAGES = [
    "index", "start", "guides", "models", "models/dna_cnn", "datasets", "datasets/uci_splice", "results",
    "results/leaderboard_tabular", "reference", "api/training", "command_line", "troubleshooting", "glossary", "gallery",
    "course/04_backpropagation", "interpret", "search",
]  # fmt: skip
# The theme makes wide code focusable a little after the page is loaded.
RUN = """addEventListener("load", () => setTimeout(() => axe.run(document, {resultTypes: ["violations"]}).then((found) => {
  const summary = found.violations.map((v) => [v.id, v.impact, v.nodes.length, v.nodes[0].target.join(" "),
    v.nodes[0].any.map((check) => check.message).join(" ")]);
  const place = document.createElement("pre");
  place.id = "axe-found";
  place.textContent = JSON.stringify({passes: found.passes.length, summary});
  document.body.append(place);
}), 1500));"""


@pytest.mark.parametrize("scheme", [0, 1], ids=["dark", "light"])
@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing(page, scheme, tmp_path):
    script = AXE.read_text(encoding="utf-8").replace("</script>", "<\\/script>") + "\n" + RUN
    copy = with_script(SITE / f"{page}.html", tmp_path, script)
    options = ("--dump-dom", f"--blink-settings=preferredColorScheme={scheme}", "--window-size=1280,900")
    document, _ = opened(copy, tmp_path, options=options)
    shown = re.findall(r'<pre id="axe-found">(.*?)</pre>', document, flags=re.S)
    found = json.loads(shown[0].replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&"))
    assert found["summary"] == []
    assert found["passes"] > 15
