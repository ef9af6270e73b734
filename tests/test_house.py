"""The house rules: what may be imported, how large a file may be, what the wheel and the cards must contain."""

import ast
import graphlib
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import yaml

import deepbio
from deepbio.catalog import entries
from deepbio.datasets import dataset_card, list_datasets, load_dataset
from deepbio.datasets.fetch import availability
from deepbio.files import sha256_of

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "deepbio").rglob("*.py"))
CARDS = [dataset_card(name) for name in list_datasets()]


def _short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _loaded_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(result.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import deepbio",
        "import deepbio; deepbio.list_models()",
        "import deepbio; deepbio.list_datasets()",
        "import deepbio.datasets",
        "import deepbio.sequence, deepbio.text, deepbio.metrics",
        "import deepbio.cli.main",
    ],
)
def test_tensorflow_and_keras_are_loaded_only_when_needed(statement):
    assert not {"tensorflow", "keras"} & _loaded_by(statement)


@pytest.mark.parametrize("name", deepbio.__all__)
def test_every_public_name_resolves(name):
    assert getattr(deepbio, name) is not None
    assert name in dir(deepbio)


def test_an_unknown_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'fitt'"):
        _ = deepbio.fitt


def test_version_is_the_one_in_pyproject():
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert deepbio.__version__ == pyproject["project"]["version"]


def test_version_is_the_one_in_the_citation_and_the_changelog():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == deepbio.__version__
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{deepbio.__version__}]" in changelog


# Reading a pickle runs what is in it; print and exit belong to programs, not to a library. A lesson of the course is a program.
FORBIDDEN_CALLS = {"eval", "exec", "print", "exit", "quit", "breakpoint"}
FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}


def _violations(source: str):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
                yield f"line {node.lineno}: {node.func.id}(...)"
            yield from (
                f"line {node.lineno}: {word.arg}={ast.unparse(word.value)}"
                for word in node.keywords
                if isinstance(word.value, ast.Constant)
                and (word.arg, word.value.value) in {("allow_pickle", True), ("safe_mode", False)}
            )
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        line = getattr(node, "lineno", 0)
        yield from (f"line {line}: imports {n}" for n in names if n.split(".")[0] in FORBIDDEN_MODULES)


@pytest.mark.parametrize("file", MODULES, ids=_short)
def test_library_code_neither_prints_nor_unpickles_nor_evaluates(file):
    allowed = "print" if file.parent == ROOT / "deepbio/course/lessons" else "nothing"
    found = _violations(file.read_text(encoding="utf-8"))
    assert [violation for violation in found if not violation.endswith(f" {allowed}(...)")] == []


def test_the_scan_for_forbidden_calls_finds_them():
    bad = "import pickle\nfrom joblib import load\nprint(eval('1'))\nnp.load('x', allow_pickle=True)"
    assert len(list(_violations(bad))) == 5


@pytest.mark.parametrize("file", MODULES, ids=_short)
def test_no_module_is_longer_than_300_lines(file):
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 300


def test_no_module_imports_itself_by_way_of_others():
    """Imports inside functions count; only those for type checkers do not."""
    import grimp

    graph = grimp.build_graph("deepbio", exclude_type_checking_imports=True)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert tuple(graphlib.TopologicalSorter(imports).static_order())  # raises CycleError, which names the circle


def test_the_architecture_page_lists_every_room_and_the_floors_of_the_import_contract():
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rooms = {folder.parent.name for folder in (ROOT / "deepbio").glob("*/__init__.py")}
    assert rooms == set(re.findall(r"^\| `(\w+)/` \|", page.split("## Rooms")[1].split("<!--")[0], flags=re.M))
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    floors = [re.findall(r"deepbio\.(\w+)", layer) for layer in contracts[0]["layers"]]
    drawn = page.split("## Floors", 1)[1]
    assert floors == [line.split() for line in re.findall(r"^    (\w.*)$", drawn, flags=re.M)[: len(floors)]]


def _packed() -> set[str]:
    from hatchling.builders.wheel import WheelBuilder

    return {Path(file.distribution_path).as_posix() for file in WheelBuilder(str(ROOT)).recurse_included_files()}


def _forced() -> dict[str, str]:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return pyproject["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]


def test_the_wheel_contains_every_module_and_no_tests():
    packed = _packed()
    assert {_short(file) for file in MODULES} <= packed
    assert not [name for name in packed if not name.startswith("deepbio/")]


def test_the_wheel_contains_the_catalog_and_the_suites():
    assert _forced() == {
        "zoo": "deepbio/_catalog/zoo",
        "datasets": "deepbio/_catalog/datasets",
        "benchmarks/suites": "deepbio/_catalog/suites",
    }
    from hatchling.builders.wheel import WheelBuilder

    forced = {
        Path(file.distribution_path).as_posix()
        for file in WheelBuilder(str(ROOT)).recurse_forced_files(WheelBuilder(str(ROOT)).config.get_force_include())
    }
    in_catalog = {
        f"deepbio/_catalog/{part}/{entry.name}/{file.relative_to(entry).as_posix()}"
        for part in ("zoo", "datasets")
        for entry in entries(part)
        for file in entry.rglob("*")
        if file.is_file()
    }
    assert "deepbio/_catalog/datasets/uci_splice/splice.tsv.gz" in in_catalog
    assert "deepbio/_catalog/suites/quick.yaml" in forced
    assert in_catalog <= forced


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_card_says_what_a_reader_must_know(card):
    assert card.name == card.folder.name
    assert card.text
    for key in ("title", "source", "licence", "citation"):
        assert str(card[key]).strip(), key
    assert card["split"]["rule"]
    assert card["split"]["group"]
    if not (card.facts.get("synthetic") or card.facts.get("without_doi")):
        assert "doi:" in card["citation"]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_card_lists_every_file_beside_it_with_its_checksum(card):
    away = {e["name"] for e in card.facts.get("files", []) if e.get("url") or "obtain" in card.facts}
    assert all(e.get("sha256") or e.get("md5") for e in card.facts.get("files", []))
    listed = {e["name"]: e["sha256"] for e in card.facts.get("files", []) if e["name"] not in away}
    beside = {file.name for file in card.folder.iterdir() if file.name != "card.md"}
    assert set(listed) == beside
    assert {name: sha256_of(card.folder / name) for name in listed} == listed


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_card_agrees_with_its_data_set(card):
    if (where := availability(card)) != "here":
        pytest.skip(f"its files are not here: {where}")
    data = load_dataset(card.name, **card.facts.get("as_published", {}))
    assert data.name == card.name
    assert data.task.kind == card["task"]
    assert data.input.modality == card["modality"]
    data.check_leakage()
    data.check_classes()
    y = np.concatenate([np.asarray(split.y) for _, split in data.splits()])
    assert card.examples in (None, len(y))
    if data.task.kind == "multilabel":
        assert (y.sum(axis=0) > 0).all()
    elif data.task.kind == "regression":
        assert np.isfinite(y).all()
        assert y.shape[1] == len(data.labels)
    elif set(card["classes"]) == {"rule"}:  # many classes, drawn by a rule that the card states
        assert len(np.unique(y)) == len(data.labels)
    else:
        counted = dict(zip(data.labels, np.bincount(y, minlength=len(data.labels)).tolist(), strict=True))
        assert counted == card["classes"]
    sizes = {name: len(split) for name, split in data.splits()}
    if "sizes" in card["split"]:
        assert sizes == card["split"]["sizes"]
    elif not card.facts.get("as_published"):
        shares = {name: size / len(y) for name, size in sizes.items()}
        assert shares == pytest.approx(card["split"]["fractions"], abs=0.02)


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout, so tracked files are not known")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_tracked_file_names_a_path_of_one_machine_or_a_package_index():
    patterns = re.compile(
        rf"/(?:home|Users|root)/[A-Za-z]|{re.escape(str(ROOT))}\b|--(?:extra-)?index-url|--find-links|registry="
    )
    found = [
        f"{_short(file)}:{number}"
        for file in _tracked()
        if file.suffix not in {".gz", ".png", ".h5"} and file != Path(__file__)
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if patterns.search(line)
    ]
    assert found == []


def test_what_must_pass_before_a_change_goes_in_is_one_program():
    program = ROOT / ".ci/run"
    assert os.access(program, os.X_OK)
    lines = program.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    made = [line for line in lines if line.startswith("make ")]
    assert made == ["make lint", "make test", "make survive", "make quick", "make course", "make docs", "make browser"]


def test_no_tracked_file_is_large():
    # Weights and data over this size are fetched, not committed, except the one trunk with which images are fine-tuned offline.
    large = {_short(file): file.stat().st_size for file in _tracked() if file.stat().st_size > 5_000_000}
    assert list(large) == ["zoo/efficientnet_lite0.imagenet/model.safetensors"]
    assert sum(large.values()) < 12_000_000
