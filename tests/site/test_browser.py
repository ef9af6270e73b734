"""The site as a reader uses it: search and tables work from disk without network, and pages fit a phone."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.site.built_site import SITE, needs_site

pytestmark = [pytest.mark.browser, needs_site]


@pytest.mark.parametrize(
    ("word", "page"),
    [("mutagenesis", "interpret.html"), ("DEEPBIO_WORKER_TIMEOUT", "troubleshooting.html")],
    ids=["a term", "a word of an error message"],
)
def test_the_search_finds_a_page_from_disk_without_network(tab, word, page):
    tab.open(f"{(SITE / 'search.html').as_uri()}?q={word}")
    tab.until(f"[...document.querySelectorAll('#search-results a')].some((a) => a.pathname.endsWith('/{page}'))")
    assert {url.split(":")[0] for url in tab.asked} <= {"file", "data"}


def test_the_table_of_models_filters_and_sorts(tab):
    tab.open(SITE / "models.html")
    tab.set(".browse-bar input", "splice")
    for _ in range(2):
        tab.click("table.browse thead th:nth-child(3) button")
    rows = "[...document.querySelector('table.browse').tBodies[0].rows].filter((row) => !row.hidden)"
    shown = [int(text.replace(",", "")) for text in tab.run(f"{rows}.map((row) => row.cells[2].textContent.trim())")]
    number, all_models = map(int, tab.text(".browse-bar output").split(" of "))
    assert len(shown) == number < all_models
    assert len(shown) >= 4
    assert shown == sorted(shown, reverse=True)


def test_a_link_can_name_the_filter(tab):
    tab.open(f"{(SITE / 'datasets.html').as_uri()}?filter=promoter")
    number, all_sets = map(int, tab.text(".browse-bar output").split(" of "))
    assert 1 <= number < all_sets


@pytest.mark.parametrize("page", ["index", "models", "troubleshooting", "api/training", "results/leaderboard_notes"])
def test_a_page_fits_a_phone(tab, page):
    """Nothing but tables and code, which scroll by themselves, is wider than 360 pixels."""
    tab.open(SITE / f"{page}.html", width=360, height=800)
    assert tab.run("document.documentElement.scrollWidth") <= 360


def test_light_and_dark_differ(tab):
    mean = {}
    for dark in (True, False):
        tab.open(SITE / "index.html", width=768, dark=dark)
        with Image.open(io.BytesIO(tab.screenshot(whole=False))) as image:
            mean[dark] = np.asarray(image.convert("L")).mean()
    assert mean[True] < 80 < 200 < mean[False]
