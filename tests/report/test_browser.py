"""The page in a real browser: light and dark, wide and narrow."""

import io

import numpy as np
import pytest
from PIL import Image

from deepbio.metrics import Estimate
from deepbio.report import (
    Leaderboard,
    LeaderboardRow,
    LeaderboardTable,
    LeaderboardValue,
    leaderboard_as,
    write_report,
)
from tests.report.report_cases import HISTORY, result

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("browser") / "report.html"
    sites = {"site": np.array(["north", "south"] * 30)}
    results = [result(history=HISTORY, columns=sites, ids=np.arange(60)), result("multiclass")]
    return write_report(results, path, title="A page", worst=3)


@pytest.fixture(scope="module")
def leaderboard(tmp_path_factory):
    values = {"auroc": LeaderboardValue(Estimate(0.9, 0.8, 0.95), (0.88, 0.92), None, "best")}
    rows = [LeaderboardRow("a_model_of_a_rather_long_name", "model", values, 1_234_567, 12.3, 45_678.9, None, 2)]
    rows += [
        LeaderboardRow(
            "A paper",
            "published",
            {"auroc": LeaderboardValue(Estimate(0.91))},
            source="doi:10.0/0",
            protocol="another split",
        )
    ]
    found = Leaderboard(
        "mine", "A leaderboard", "", (LeaderboardTable("xor", "Exclusive or", ("auroc",), tuple(rows)),)
    )
    path = tmp_path_factory.mktemp("leaderboard") / "leaderboard.html"
    path.write_text(leaderboard_as(found, "html"), encoding="utf-8")
    return path


@pytest.mark.parametrize("page", ["report", "leaderboard"])
def test_the_browser_asks_nothing_of_the_network(page, request, tab, tmp_path):
    outside = tmp_path / "outside.html"
    outside.write_text('<img src="http://example.org/x.png">')
    tab.open(outside)
    assert tab.asked == [outside.as_uri(), "http://example.org/x.png"]  # so it would be seen
    tab.open(request.getfixturevalue(page))
    assert {url.split(":")[0] for url in tab.asked} <= {"file", "data"}


@pytest.mark.parametrize(("dark", "paper"), [(False, (255, 255, 255)), (True, (20, 23, 27))], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("page", ["report", "leaderboard"])
def test_the_page_follows_the_readers_theme_at_every_width(page, request, tab, width, dark, paper):
    tab.open(request.getfixturevalue(page), width=width, height=1500, dark=dark)
    with Image.open(io.BytesIO(tab.screenshot())) as image:
        pixels = np.asarray(image.convert("RGB"))
    assert pixels.shape[1] == width
    np.testing.assert_array_equal(pixels[-1, 2], paper)
    # Nothing runs over the right edge: the last columns show the page's ground only.
    np.testing.assert_array_equal(np.unique(pixels[:, -6:].reshape(-1, 3), axis=0), [paper])
