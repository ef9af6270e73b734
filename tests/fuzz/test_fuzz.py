"""Each reader returns data or raises `DeepbioError` for any file, in time. `make fuzz` runs more of them; see run.py."""

import random
import sys
import time

import pytest

from deepbio import isolated
from deepbio.errors import DeepbioError
from tests.fuzz.formats import Format
from tests.fuzz.list_formats import FORMATS
from tests.fuzz.run import outcome_of

QUICK = 12  # mutants of each format in the default tests
# Runs a command and appends its memory to a file. A process that is started counts the memory of the one that started it, until it
# is replaced by its program, and that of the tests may be large; this one is small.
MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "a") as file:
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=file)
sys.exit(code if code >= 0 else 128 - code)
"""


@pytest.fixture(scope="module", autouse=True)
def readers_loaded():
    pytest.importorskip("pydicom")
    pytest.importorskip("nibabel")


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if not form.starts_process])
@pytest.mark.filterwarnings("ignore")
def test_a_mutated_file_is_data_or_one_error(name, tmp_path):
    form = FORMATS[name]
    path = form.make(tmp_path)
    content = path.read_bytes()
    form.read(path)
    for seed in range(QUICK):
        outcome = outcome_of(form, path, content, random.Random(f"{name} {seed}"))
        assert outcome in ("data", "DeepbioError"), f"seed {seed}: {outcome}"


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.starts_process])
def test_a_file_of_a_native_parser_is_data_or_one_error(name, tmp_path, tmp_path_factory, monkeypatch):
    pytest.importorskip("pybigtools" if name == "bigwig" else "anndata")
    form, run = FORMATS[name], isolated._run
    kib = tmp_path_factory.mktemp("memory") / "kib"
    measured = [sys.executable, "-S", "-c", MEASURE, str(kib)]
    monkeypatch.setattr(isolated, "_run", lambda command, seconds: run([*measured, *command], seconds))
    path = form.make(tmp_path)
    content = path.read_bytes()
    began = time.monotonic()
    outcome = outcome_of(form, path, content, random.Random(f"{name} 0"))
    assert outcome in ("data", "DeepbioError")
    assert time.monotonic() - began < 60
    assert max(map(int, kib.read_text().split())) <= 2 << 20


def test_the_harness_finds_another_exception(tmp_path):
    def read(path):
        raise KeyError("x")

    assert outcome_of(Format(read, read), tmp_path / "a", b"abc", random.Random(0)).startswith("KeyError")
    assert issubclass(DeepbioError, Exception)
