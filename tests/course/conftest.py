"""The pages of the widgets."""

import pytest


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Folder of the widgets."""
    from deepbio.course.widgets import write_widgets

    return write_widgets(tmp_path_factory.mktemp("widgets"))[0].parent
