import json

import pytest
from typer.testing import CliRunner

from deepbio.cli.main import app
from deepbio.devices import strategy
from deepbio.training.doctor import environment, self_test


def test_the_doctor_reports_versions_devices_and_the_self_test(monkeypatch):
    monkeypatch.setattr(self_test, "FAMILIES", self_test.FAMILIES[:1])
    result = CliRunner().invoke(app, ["doctor", "--json"])
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert found["healthy"]
    assert found["versions"]["tensorflow"].startswith("2.")
    assert found["devices"][0]["name"] == "CPU:0"
    assert [test["model"] for test in found["self_test"]] == ["logistic"]


def test_an_idle_gpu_is_a_problem_with_a_reason(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for module in (strategy, environment):
        monkeypatch.setattr(module, "nvidia_gpus", lambda: ["NVIDIA A100 (0)"])
    result = CliRunner().invoke(app, ["doctor", "--quick"])
    assert result.exit_code == 1
    assert "TensorFlow does not use NVIDIA A100 (0)" in result.output
    assert "deepbio-zoo[cuda]" in result.output
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert "CUDA_VISIBLE_DEVICES hides" in CliRunner().invoke(app, ["doctor", "--quick"]).output


def test_a_device_that_computes_wrong_is_found(monkeypatch):
    honest = self_test._passes
    monkeypatch.setattr(
        self_test, "_passes", lambda model, x, y: tuple(v * (1.001 if model.dtype == "float32" else 1) for v in honest(model, x, y))
    )  # fmt: skip
    [result] = self_test.self_test(["mlp"])
    assert not result.passed
    assert result.forward == pytest.approx(1e-3, rel=0.01)


@pytest.mark.parametrize("family", [name for name, _ in self_test.FAMILIES])
def test_every_family_agrees_with_float64_here(family):
    [result] = self_test.self_test([family])
    assert result.passed
    assert 0 < result.backward < 1e-5  # float32 has 24 bits: some rounding, and little of it
