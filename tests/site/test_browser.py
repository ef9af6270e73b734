"""The site as a reader uses it: search and tables work from disk without network, and pages fit a phone."""

import re

import numpy as np
import pytest
from PIL import Image

from tests.site.chromium import SITE, needs_site, opened, with_script

pytestmark = needs_site


def test_the_search_works_from_disk_without_network(tmp_path):
    found, asked = opened(SITE / "search.html", tmp_path, query="?q=mutagenesis")
    results = re.findall(r'<a href="([^"]+?\.html)[^"]*"[^>]*>', found.split('id="search-results"')[1])
    assert "interpret.html" in results
    assert {url.split(":")[0] for url in asked} <= {"file", "data"}


def test_a_word_of_an_error_message_leads_to_its_page(tmp_path):
    found, _ = opened(SITE / "search.html", tmp_path, query="?q=DEEPBIO_WORKER_TIMEOUT")
    assert "troubleshooting.html" in found.split('id="search-results"')[1]


def test_the_table_of_models_filters_and_sorts(tmp_path):
    script = """addEventListener("load", () => {
      const table = document.querySelector("table.browse");
      const search = document.querySelector(".browse-bar input");
      search.value = "splice"; search.dispatchEvent(new Event("input"));
      for (const times of [1, 2]) table.tHead.rows[0].cells[2].querySelector("button").click();
      const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden);
      document.title = rows.map((row) => row.cells[2].textContent.trim()).join(" ") + "|" +
        document.querySelector(".browse-bar output").textContent;
    });"""
    found, _ = opened(with_script(SITE / "models.html", tmp_path, script), tmp_path)
    match = re.search(r"<title>([\d, ]+)\|(\d+) of (\d+)</title>", found)
    assert match
    shown = [int(number.replace(",", "")) for number in match[1].split()]
    assert len(shown) == int(match[2]) < int(match[3])
    assert len(shown) >= 4
    assert shown == sorted(shown, reverse=True)


def test_a_link_can_name_the_filter(tmp_path):
    found, _ = opened(SITE / "datasets.html", tmp_path, query="?filter=promoter")
    assert re.search(r"<output[^>]*>[1-9] of \d\d</output>", found)


@pytest.mark.parametrize("page", ["index", "models", "troubleshooting", "api/training", "results/leaderboard_notes"])
def test_a_page_fits_a_phone(page, tmp_path):
    """Nothing but tables and code, which scroll by themselves, is wider than 360 pixels."""
    script = 'addEventListener("load", () => parent.postMessage("wide " + document.documentElement.scrollWidth, "*"));'
    copy = with_script(SITE / f"{page}.html", tmp_path, script)
    frame = tmp_path / "frame.html"  # Chromium's own window is at least 500 pixels wide
    frame.write_text(
        "<script>addEventListener('message', (event) => { document.title = event.data; });</script>"
        f'<iframe src="{copy.as_uri()}" width="360" height="800"></iframe>'
    )
    found, _ = opened(frame, tmp_path)
    assert int(re.findall(r"<title>wide (\d+)</title>", found)[0]) <= 360


def test_light_and_dark_differ(tmp_path):
    mean = {}
    for scheme in (0, 1):
        picture = tmp_path / f"{scheme}.png"
        options = (
            f"--blink-settings=preferredColorScheme={scheme}",
            "--window-size=768,900",
            f"--screenshot={picture}",
        )
        opened(SITE / "index.html", tmp_path, options=options)
        with Image.open(picture) as image:
            mean[scheme] = np.asarray(image.convert("L")).mean()
    assert mean[0] < 80 < 200 < mean[1]
