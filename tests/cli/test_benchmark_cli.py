import json
import sys

import pytest

from deepbio.cli.main import main
from tests.benchmark.small_suite import write_suite


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["deepbio", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out, printed.err

    return run


def test_suites_are_listed_with_their_sizes(run):
    code, out, _ = run("benchmark")
    assert code == 0
    assert any(line.startswith("quick\t") for line in out.splitlines())


def test_a_plan_says_what_is_missing_and_computes_nothing(run, tmp_path):
    code, out, _ = run("benchmark", write_suite(tmp_path), "--plan", "--seeds", 1)
    assert code == 0
    assert out.count("\tmissing") == 8
    assert not (tmp_path / "runs").exists()


def test_a_suite_is_computed_and_shown_in_every_form(run, tmp_path):
    file = write_suite(tmp_path)
    code, _, err = run("benchmark", file, "--only", "xor/logistic_regression", "--workers", 1)
    assert code == 0, err
    assert "1 runs computed in" in err
    result = next((tmp_path / "runs/suites/small").rglob("*.json"))
    assert json.loads(result.read_text())["model"]["name"] == "logistic_regression"
    code, out, err = run("leaderboard", file, "--only", "xor", "--n-resamples", 20)
    assert code == 0, err
    assert "logistic_regression (baseline)" in out
    names = [tmp_path / f"leaderboard{ending}" for ending in (".md", ".csv", ".html", ".txt")]
    options = [word for name in names for word in ("--file", name)]
    assert run("leaderboard", file, "--only", "xor", "--n-resamples", 20, *options)[0] == 0
    assert names[0].read_text().startswith("# Small")
    assert names[1].read_text().startswith("suite,dataset")
    assert names[2].read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("benchmark", "quik"), "Did you mean quick"),
        (("leaderboard", "quick"), "has no result"),
        (("leaderboard", "quick", "--file", "leaderboard.pdf"), "Expected a file that ends in"),
        (("benchmark", "quick", "--only", "xorr"), "has no 'xorr'"),
    ],
)
def test_a_mistake_is_one_message_and_exit_code_two(run, arguments, message):
    code, _, err = run(*arguments)
    assert code == 2
    assert message in err
    assert "Traceback" not in err
