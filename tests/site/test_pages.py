"""Pages that the site makes: every model, data set, command, room and result is on one."""

import importlib
import re
import sys
from pathlib import Path

import pytest

import deepbio

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def pages():
    """The modules of `docs/_site`, imported as `build.py` imports them."""
    before = sys.path.copy()
    sys.path.insert(0, str(ROOT / "docs/_site"))
    try:
        yield importlib.import_module("pages")
    finally:
        sys.path[:] = before
        for name in ("pages", "reference", "tables", "docstrings"):
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def made(pages):
    return pages.generated_pages()


def test_every_model_has_a_page_and_a_row(made):
    families = {name.split(".")[0] for name in deepbio.list_models() if "." in name}
    names = families | {name for name in deepbio.list_models() if "." not in name}
    assert {f"models/{name}.md" for name in names} <= set(made)
    assert set(re.findall(r"\]\(models/(.+?)\.md\)", made["models.md"])) == names
    members = made["models/keras_applications.md"]
    assert all(f"`{name}`" in members for name in deepbio.list_models() if name.startswith("keras_applications."))


def test_every_data_set_has_a_page_and_a_row(made):
    assert {f"datasets/{name}.md" for name in deepbio.list_datasets()} <= set(made)
    assert sorted(re.findall(r"\]\(datasets/(.+?)\.md\)", made["datasets.md"])) == sorted(deepbio.list_datasets())
    assert "UCI Machine Learning Repository" in made["datasets/uci_splice.md"]


def test_every_command_is_described(made):
    from typer.main import get_command

    from deepbio.cli.main import app

    assert all(f"## {name}\n" in made["command_line.md"] for name in get_command(app).commands)  # type: ignore[attr-defined]
    assert "## datasets check\n" in made["command_line.md"]


def test_every_public_name_is_in_the_reference_once(made):
    reference = "\n".join(content for path, content in made.items() if path.startswith("api/"))
    assert ".. autofunction:: deepbio.training::fit\n```" in reference
    assert ".. autoclass:: deepbio.variants::VcfFile\n   :no-index:" in reference  # its home is genome
    assert ".. autoclass:: deepbio.genome::VcfFile\n```" in reference


def test_the_index_of_results_has_a_row_for_each_page_with_its_command(made):
    rows = re.findall(r"^\| \[.+?\]\(results/(\w+)\.md\) \| (.*) \|$", made["results.md"], flags=re.M)
    assert {name for name, _ in rows} == {file.stem for file in (ROOT / "benchmarks/results").glob("*.md")}
    assert dict(rows)["variants_speed"].startswith("`python benchmarks/variants_speed.py")


def test_a_docstring_keeps_its_code_and_its_examples(pages):
    to_rst = importlib.import_module("docstrings").to_rst
    lines = [
        "Return `x * 2` of `Split`s, or *x; see a_.",
        "",
        "Example:",
        "    >>> 2 * 3",
        "    6",
        "",
        "Raises:",
        "    E: `b`",
    ]
    assert to_rst(lines) == [
        "Return ``x * 2`` of ``Split``\\ s, or \\*x; see a\\_.",
        "", "Example:", "    >>> 2 * 3", "    6", "", "Raises:", "    E: ``b``",
    ]  # fmt: skip
