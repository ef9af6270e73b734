"""Where `make docs` builds the site; what reads it is skipped where it is not there."""

from pathlib import Path

import pytest

SITE = Path(__file__).resolve().parents[2] / "site"
needs_site = pytest.mark.skipif(not (SITE / "index.html").exists(), reason="needs the site: make docs")
