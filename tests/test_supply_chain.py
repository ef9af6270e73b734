"""Every package is locked by its hash, within bounds of tested majors, and listed in the parts (SBOM) of the wheel."""

import json
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKED = {
    "run": [*PROJECT["dependencies"], *EXTRAS["build"]],
    "dev": [
        *PROJECT["dependencies"],
        *(
            line
            for name in EXTRAS
            if name not in ("cuda", "dicom", "mlflow", "serve", "torch")
            for line in EXTRAS[name]
        ),
    ],
}


def pins(name: str) -> list[tuple[Requirement, list[str]]]:
    """Return the requirements of a lock and the hashes of each."""
    text = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.split(" --hash=") for line in text.splitlines() if line.strip()]
    return [(Requirement(line), [part.strip() for part in hashes]) for line, *hashes in lines]


@pytest.mark.parametrize("name", LOCKED)
def test_every_locked_package_has_one_version_for_this_python_and_hashes(name):
    found = [pin for pin, _ in pins(name) if pin.marker is None or pin.marker.evaluate()]
    assert len({pin.name for pin in found}) == len(found) > 50
    for pin, hashes in pins(name):
        assert re.fullmatch(r"==[\w.!+]+", str(pin.specifier)), pin
        assert hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", part) for part in hashes), pin


@pytest.mark.parametrize("name", LOCKED)
def test_the_lock_has_what_pyproject_asks_for(name):
    """If this fails, run `make lock`."""
    locked = {canonicalize_name(pin.name): pin for pin, _ in pins(name) if not pin.marker or pin.marker.evaluate()}
    for line in LOCKED[name]:
        wanted = Requirement(line)
        if wanted.name != PROJECT["name"]:
            version = str(locked[canonicalize_name(wanted.name)].specifier).removeprefix("==")
            assert wanted.specifier.contains(version), f"{line}: locked is {version}"


@pytest.mark.parametrize(
    "line",
    sorted({*LOCKED["dev"], *EXTRAS["dicom"], *EXTRAS["cuda"], *EXTRAS["mlflow"], *EXTRAS["serve"], *EXTRAS["torch"]}),
)
def test_every_requirement_has_an_upper_bound(line):
    wanted = Requirement(line)
    assert wanted.name == PROJECT["name"] or any(part.operator == "<" for part in wanted.specifier)


def test_the_list_of_parts_has_every_package_of_the_wheel_and_its_hashes(tmp_path):
    if find_spec("cyclonedx_py") is None:
        pytest.skip("needs cyclonedx-bom (extra wheel)")
    command = ["requirements", "--pyproject", ROOT / "pyproject.toml", "--output-file", tmp_path / "parts.json"]
    subprocess.run([sys.executable, "-m", "cyclonedx_py", *command, ROOT / "requirements" / "run.lock"], check=True)
    parts = json.loads((tmp_path / "parts.json").read_text())
    assert parts["bomFormat"] == "CycloneDX"
    assert parts["metadata"]["component"]["name"] == "deepbio-zoo"
    found = {(part["name"], part["version"]): part["externalReferences"][0]["hashes"] for part in parts["components"]}
    for pin, hashes in pins("run"):
        version = str(pin.specifier).removeprefix("==")
        assert {f"sha256:{one['content']}" for one in found[pin.name, version]} == set(hashes)
