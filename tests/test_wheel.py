"""The wheel stands alone: built from the tree and installed by itself elsewhere, it runs the demo."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ROOT = Path(__file__).resolve().parents[1]


def _run(*command: str | Path, cwd: Path) -> str:
    # PYTHONPATH would let the checkout stand in for what the wheel lacks.
    clean = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    result = subprocess.run([str(part) for part in command], cwd=cwd, env=clean, capture_output=True, text=True)
    assert result.returncode == 0, f"{command}\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}"
    return result.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The `bin` folder of a new environment that holds the wheel and what it depends on, nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "build", "--wheel", "--outdir", folder / "dist", ROOT, cwd=folder)
    venv.create(folder / "env", with_pip=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    _run(folder / "env/bin/python", "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return folder / "env/bin"


def test_the_installed_package_is_the_one_from_the_wheel(installed, tmp_path):
    where = _run(installed / "python", "-c", "import deepbio; print(deepbio.__file__)", cwd=tmp_path)
    assert "site-packages" in where


def test_the_installed_command_lists_models_and_data_sets(installed, tmp_path):
    assert "lenet5" in _run(installed / "deepbio", "models", cwd=tmp_path)
    assert "uci_splice" in _run(installed / "deepbio", "datasets", cwd=tmp_path)


def test_the_installed_demo_writes_a_report(installed, tmp_path):
    _run(installed / "deepbio", "demo", "--quick", cwd=tmp_path)
    assert "</html>" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_installed_course_opens_a_lesson_and_writes_its_widgets(installed, tmp_path):
    assert "Back-propagation" in _run(installed / "deepbio", "course", "list", cwd=tmp_path)
    _run(installed / "deepbio", "course", "open", "2", cwd=tmp_path)
    assert list((tmp_path / "course").glob("*.ipynb"))
    _run(installed / "deepbio", "course", "widgets", "-o", "widgets", cwd=tmp_path)
    assert "</html>" in (tmp_path / "widgets" / "perceptron.html").read_text(encoding="utf-8")
