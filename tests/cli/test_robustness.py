"""`deepbio robustness` writes errors under damage and attacks, with intervals, and one page."""

import json

import pytest
from typer.testing import CliRunner

from deepbio.cli.main import app
from deepbio.robustness import SUITES, Suite


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture
def tiny_suite(monkeypatch):
    monkeypatch.setitem(SUITES, "robustness_small", Suite("robustness_small", 40, 4, (8 / 255,), 4 / 255))


def test_sequences_are_damaged_and_attacked(tiny_suite, tmp_path):
    ended = run("robustness", "dna_cnn.uci_splice", "-o", tmp_path / "out")
    assert ended.exit_code == 0, ended.output
    figures = json.loads((tmp_path / "out/robustness.json").read_text())
    assert figures["examples"] == {"corrupted": 40, "attacked": 4}
    assert set(figures["errors"]) == {"substitutions", "indels", "unknown_run", "shift", "other_strand"}
    mean = figures["summary"]["balanced error, corrupted"]
    assert mean["low"] < mean["value"] < mean["high"]
    assert mean["value"] > figures["summary"]["balanced error"]["value"]
    page = (tmp_path / "out/robustness.html").read_text()
    assert "severity 5" in page
    assert "data:image/png" in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_tables_are_damaged(tiny_suite, tmp_path):
    from deepbio import fit
    from deepbio.datasets import load_dataset
    from deepbio.zoo import get_model

    data = load_dataset("breast_cancer")
    fit(get_model("logistic", dataset=data, seed=0), data, epochs=2, out=tmp_path / "run", verbose=False)
    ended = run("robustness", tmp_path / "run", "-o", tmp_path / "out", "--json")
    assert ended.exit_code == 0, ended.output
    figures = json.loads((tmp_path / "out/robustness.json").read_text())
    assert "another_unit" in figures["errors"]
    ended = run("card", tmp_path / "run", "--robustness", tmp_path / "out/robustness.json")
    assert ended.exit_code == 0, ended.output
    card, kept = (tmp_path / "run/card.md").read_text(), json.loads((tmp_path / "run/metrics.json").read_text())
    assert kept["robustness"]["summary"] == figures["summary"]
    assert f"| changed by 1 cell | {figures['summary']['changed by 1 cell']['value']:.3f} [" in card


def test_an_unknown_suite_is_refused_before_anything_is_written(tmp_path):
    ended = CliRunner().invoke(
        app, ["robustness", "dna_cnn.uci_splice", "robustness_smal", "-o", str(tmp_path / "out")]
    )
    assert ended.exit_code != 0
    assert "robustness_small" in str(ended.exception or ended.output)
    assert not (tmp_path / "out").exists()
