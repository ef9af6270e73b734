"""One browser for all tests of the widgets, and the pages that it opens."""

import pytest

from tests.chromium import Browser


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Folder of the widgets."""
    from deepbio.course.widgets import write_widgets

    return write_widgets(tmp_path_factory.mktemp("widgets"))[0].parent


@pytest.fixture(scope="session")
def tab(tmp_path_factory):
    """Tab of a headless Chromium without a network."""
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()
