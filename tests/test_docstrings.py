"""Every example in a docstring runs and prints the output that it shows."""

import doctest
import importlib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "deepbio"
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def _modules_with_examples():
    for file in sorted(PACKAGE.rglob("*.py")):
        if ">>> " in file.read_text(encoding="utf-8"):
            parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("module", list(_modules_with_examples()))
def test_the_examples_of_a_module_run(module, tmp_path, monkeypatch):
    imported = importlib.import_module(module)
    monkeypatch.chdir(tmp_path)  # an example that writes leaves nothing in the checkout
    failures, examples = doctest.testmod(imported, optionflags=FLAGS)
    assert examples, f"{module} contains `>>>` but doctest finds no example"
    assert not failures
