"""What all tests share: a quiet TensorFlow, plots without a screen, and the folder of larger data where there is one."""

import atexit
import contextlib
import gc
import importlib
import os
import random
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# Read when the libraries load, so they are set before any test imports them.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("MPLBACKEND", "Agg")
# oneDNN's bfloat16 convolutions for AMX are wrong for some kernel sizes; see deepbio.devices.precision.check_bfloat16.
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_FP16")

# The user's own cache must neither help the tests nor be filled by them.
os.environ["DEEPBIO_CACHE"] = tempfile.mkdtemp(prefix="deepbio-tests-")
atexit.register(shutil.rmtree, os.environ["DEEPBIO_CACHE"], ignore_errors=True)

# The first call of a test often loads a library; a deadline would measure that. The examples are the same in every run.
settings.register_profile("deepbio", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("deepbio")

ROOT = Path(__file__).resolve().parents[1]


def pytest_collection_finish():
    """Leave the objects of the libraries out of garbage collection, which takes a sixth of the time of the tests otherwise."""
    importlib.import_module("keras")
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """Start every test from the same state of `random`, of which a model built without a seed takes its weights."""
    random.seed(0)


@pytest.fixture(scope="session")
def tab(tmp_path_factory):
    """Tab of a headless Chromium without a network."""
    from tests.chromium import Browser

    with contextlib.closing(Browser(tmp_path_factory.mktemp("profile"))) as browser:
        yield browser


@pytest.fixture
def shared_data() -> Path:
    """Folder of data sets that do not come with the package; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("DEEPBIO_MIRROR") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"needs data that do not come with the package: {folder} (set DEEPBIO_MIRROR)")
    return folder
