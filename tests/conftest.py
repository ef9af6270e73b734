"""What all tests share: a quiet TensorFlow, plots without a screen, and the folder of larger data where there is one."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# Read when the libraries load, so they are set before any test imports them.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("MPLBACKEND", "Agg")

# The user's own cache must neither help the tests nor be filled by them.
os.environ["DEEPBIO_CACHE"] = tempfile.mkdtemp(prefix="deepbio-tests-")
atexit.register(shutil.rmtree, os.environ["DEEPBIO_CACHE"], ignore_errors=True)

# The first call of a test often loads a library; a deadline would measure that. The examples are the same in every run.
settings.register_profile("deepbio", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("deepbio")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def shared_data() -> Path:
    """Folder of data sets that do not come with the package; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("DEEPBIO_MIRROR") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"needs data that do not come with the package: {folder} (set DEEPBIO_MIRROR)")
    return folder
