"""README, CONTRIBUTING and the site: their code runs, their commands and links exist, their figures are those of the results."""

import contextlib
import dataclasses
import functools
import re
import shlex
import sys
import types
import unittest.mock
from pathlib import Path

import numpy as np
import pytest
import typer.main

import deepbio
from deepbio.course import lessons

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def _blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", document.read_text(encoding="utf-8"), flags=re.S | re.M)


def _having(language: str) -> list[Path]:
    return [document for document in DOCUMENTS if _blocks(document, language)]


@pytest.fixture
def small(monkeypatch, tmp_path):
    """One epoch on some hundred examples: the code of the documents is run, without reproducing its figures."""
    from deepbio import datasets, inference, training
    from deepbio.augment.operation import _REGISTRY
    from deepbio.datasets import load
    from deepbio.metrics import METRICS
    from deepbio.zoo.registry import _USER_MODELS

    def load_some(name, **options):
        if name == "vignettes":
            options = {"train": 600, "valid": 400, "test": 400, **options}  # so that fewer are written, too
        data = load.load_dataset(name, **options)
        few = {part: split.take(np.linspace(0, len(split) - 1, 400).astype(int)) for part, split in data.splits()}
        return dataclasses.replace(data, **few)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(datasets, "load_dataset", load_some)
    monkeypatch.setattr(deepbio, "fit", functools.partial(training.fit, epochs=1, verbose=False), raising=False)
    monkeypatch.setattr(
        deepbio, "finetune", functools.partial(training.finetune, epochs=1, verbose=False), raising=False
    )
    monkeypatch.setattr(deepbio, "evaluate", functools.partial(inference.evaluate, n_resamples=20), raising=False)
    with contextlib.ExitStack() as registries:  # as they were, once the document has run
        for registry in (_USER_MODELS, METRICS, _REGISTRY):
            registries.enter_context(unittest.mock.patch.dict(registry))
        yield


def _of_the_site(document: Path):
    """Return a document as a parameter; the code of the guides runs in `make docs`."""
    marks = [pytest.mark.slow] if document.parent.name == "docs" else []
    return pytest.param(document, marks=marks, id=document.stem)


@pytest.mark.parametrize("document", [_of_the_site(document) for document in _having("python")])
def test_the_python_of_a_document_runs(document, small, monkeypatch):
    module = types.ModuleType("document")  # importable, as a module of the reader's own is
    monkeypatch.setitem(sys.modules, "document", module)
    for block in _blocks(document, "python"):
        exec(compile(block, document.name, "exec"), module.__dict__)


def _commands(document: Path) -> list[list[str]]:
    lines = "".join(_blocks(document, "sh")).replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("deepbio ")]


@pytest.mark.parametrize("document", _having("sh"), ids=lambda path: path.stem)
def test_the_commands_of_a_document_exist_with_their_options(document):
    from deepbio.cli.main import app

    for words in _commands(document):
        command = typer.main.get_command(app)
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
        assert not hasattr(command, "commands") or command.invoke_without_command or words[0].startswith("-"), words  # type: ignore[attr-defined]
        if words != ["--help"]:
            command.make_context(command.name, words)  # raises at an unknown option


def test_every_make_target_that_a_document_names_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M))
    for document in DOCUMENTS:
        named = set(
            re.findall(r"^(?: {4})?make ([a-z]+)|`make ([a-z]+)", document.read_text(encoding="utf-8"), flags=re.M)
        )
        assert {one or other for one, other in named} <= targets, document.name


def test_every_test_that_the_table_of_faults_names_exists():
    named = re.findall(r"`(tests/\S+\.py)::(\w+)`", (ROOT / "docs/engine_faults.md").read_text(encoding="utf-8"))
    assert len(named) >= 29
    for file, test in named:
        assert f"\ndef {test}(" in (ROOT / file).read_text(encoding="utf-8"), (file, test)


def test_the_readme_is_a_landing_page():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= 120
    assert {"make demo", "make test"} <= set(re.findall(r"`(make \w+)`", readme))


def test_the_figures_of_the_readme_are_those_of_the_results():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    quoted = re.findall(r"\*\*(.+?)\*\*(?:(?!\*\*).)*?\]\((benchmarks/results/\w+\.md)\)", readme, flags=re.S)
    assert len(quoted) >= 3
    for words, file in quoted:
        results = (ROOT / file).read_text(encoding="utf-8").replace(",", "")
        for figure in re.findall(r"\d[\d,]*(?:\.\d+)?(?:e-\d+)?", words):
            assert re.search(rf"(?<![\d.]){re.escape(figure.replace(',', ''))}(?![\d.])", results), (figure, file)


def test_the_parity_table_of_the_readme_is_that_of_the_results():
    readme, results = (
        (ROOT / file).read_text(encoding="utf-8") for file in ("README.md", "benchmarks/results/parity.md")
    )
    rows = re.findall(r"^ *\| `(\w+)` \| (\S+) \| (\S+) \| (\S+) \|$", readme, flags=re.M)
    assert len(rows) == 4
    for model, *losses in rows:
        assert re.findall(rf"^\| `{model}` \| .*? \| (\S+) \|", results, flags=re.M) == losses


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_links_to_files_of_the_project_exist(document):
    names = "models datasets command_line reference results contributing changelog"
    generated = {f"{name}.md" for name in names.split()}
    generated |= {f"results/{file.name}" for file in (ROOT / "benchmarks/results").iterdir()}
    generated |= {f"models/{name}.md" for name in deepbio.list_models()}
    generated |= {f"datasets/{name}.md" for name in deepbio.list_datasets()}
    generated |= {f"course/{lesson.path.stem}.ipynb" for lesson in lessons()}
    generated |= {f"api/{file.parent.name}.md" for file in (ROOT / "deepbio").glob("*/__init__.py")}
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
        assert target in generated or (document.parent / target).exists(), target
