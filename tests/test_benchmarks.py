"""The scripts behind the figures: every results page names a command that can be run as it is written."""

import importlib.util
import re
import shlex
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
PAGES = sorted((BENCHMARKS / "results").glob("*.md"))
OTHERS = ("deepbio leaderboard", "deepbio robustness", "pytest ", "make ")  # pages that no script of the folder makes


def _commands(text):
    """The arguments of each `python benchmarks/...` command of a page."""
    return [shlex.split(found) for found in re.findall(r"python benchmarks/([^`\n]+)", text)]


@pytest.fixture(scope="module")
def parser_of():
    """Load the parser of a script; what it imports of its neighbours is found as when it runs."""
    sys.path.insert(0, str(BENCHMARKS))
    before = set(sys.modules)

    def load(name):
        spec = importlib.util.spec_from_file_location(f"_benchmark_{name}", BENCHMARKS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.main.parser

    yield load
    sys.path.remove(str(BENCHMARKS))
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(BENCHMARKS)):
            del sys.modules[name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_command_of_a_results_page_is_one_that_its_script_takes(page, parser_of):
    text = page.read_text(encoding="utf-8")
    commands = _commands(text)
    assert commands or any(other in text for other in OTHERS)
    for script, *arguments in commands:
        parser_of(script.removesuffix(".py")).parse_args(arguments)


def test_every_script_has_a_page_or_a_figure():
    made = {command[0] for page in PAGES for command in _commands(page.read_text(encoding="utf-8"))}
    scripts = {file.name for file in BENCHMARKS.glob("[a-z]*.py")}
    assert scripts - made == {"augmentation_sheet.py"}  # it draws docs/images/augmentation.png


@pytest.mark.parametrize("folder", ["benchmarks", "tests"])
def test_tests_and_scripts_do_not_import_each_other(folder):
    other = {"benchmarks": "tests", "tests": "benchmarks"}[folder]
    imports = re.compile(rf"^\s*(from {other}\b|import {other}\b)", re.MULTILINE)
    files = (BENCHMARKS.parent / folder).rglob("*.py")
    assert [file.name for file in files if imports.search(file.read_text(encoding="utf-8"))] == []
