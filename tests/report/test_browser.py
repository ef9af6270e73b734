"""The page in a real browser: light and dark, wide and narrow."""

import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from deepbio.report import write_report
from tests.report.report_cases import HISTORY, result

pytestmark = pytest.mark.browser
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("browser") / "report.html"
    return write_report([result(history=HISTORY), result("multiclass")], path, title="A page")


def _screenshot(report, folder, *, width, dark):
    if BROWSER is None:
        pytest.skip("needs chromium")
    picture = folder / "page.png"
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--hide-scrollbars", f"--user-data-dir={folder / 'profile'}",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}", f"--window-size={width},1500",
        f"--screenshot={picture}", report.as_uri(),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with Image.open(picture) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize(("dark", "paper"), [(False, (255, 255, 255)), (True, (20, 23, 27))], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_follows_the_readers_theme_at_every_width(report, tmp_path, width, dark, paper):
    pixels = _screenshot(report, tmp_path, width=width, dark=dark)
    assert pixels.shape[1] == width
    np.testing.assert_array_equal(pixels[-1, 2], paper)
    # Nothing runs over the right edge: the last columns hold the page's ground only.
    np.testing.assert_array_equal(np.unique(pixels[:, -6:].reshape(-1, 3), axis=0), [paper])
