"""Files of your own on the command line: trained on, trained on again from the recipe, evaluated."""

import json
import sys

import numpy as np
import pytest

from deepbio.cli.main import main


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


def _table(path):
    draw = np.random.default_rng(0)
    rows = [
        f"p{i % 40},{draw.normal() + i % 2:.3f},{'ill' if i % 2 else 'well'},fever on day {i}\n" for i in range(160)
    ]
    path.write_text("patient,level,diagnosis,note\n" + "".join(rows))


def test_a_table_is_trained_on_and_again_and_evaluated(run, tmp_path):
    _table(tmp_path / "visits.csv")
    own = ("--table", "visits.csv", "--label", "diagnosis", "--group", "patient", "--positive", "ill")
    code, _, err = run("fit", "mlp", *own, "--data", "features=[level]", "--epochs", 2, "--quiet")
    assert code == 0, err
    code, out, err = run("evaluate", "runs/mlp-visits", "--json")
    assert code == 0, err
    assert json.loads(out)["dataset"] == "visits"
    assert err == ""
    code, _, err = run("fit", "--recipe", "runs/mlp-visits/recipe.yaml", "--out", "again", "--quiet")
    assert code == 0, err
    one, two = (json.loads((tmp_path / f / "metrics.json").read_text())["valid"] for f in ("runs/mlp-visits", "again"))
    assert one == two
    text = (tmp_path / "visits.csv").read_text()
    (tmp_path / "visits.csv").write_text(text.replace("p3,0.", "p3,9.").replace("p3,1.", "p3,8."))
    assert "not what they were at training" in run("evaluate", "again")[2]
    (tmp_path / "visits.csv").rename(tmp_path / "moved.csv")
    code, _, err = run("evaluate", "again")
    assert code == 2
    assert "Expected a file at visits.csv" in err
    assert run("evaluate", "again", "--data", "csv=moved.csv")[0] == 0


def test_fasta_files_are_trained_on(run, tmp_path):
    draw = np.random.default_rng(0)
    for label in "ab":
        rows = (f">chr{i % 10}:{i}\n{''.join(draw.choice(list('ACGT'), 20))}\n" for i in range(40))
        (tmp_path / f"{label}.fa").write_text("".join(rows))
    files = ("--fasta", "promoter=a.fa", "--fasta", "other=b.fa", "--positive", "promoter", "--group", "^chr[0-9]+")
    code, _, err = run("fit", "dna_cnn", *files, "--epochs", 1, "--quiet")
    assert code == 0, err
    assert run("evaluate", "runs/dna_cnn-promoter-other")[0] == 0
    (tmp_path / "twice.fa").write_text((">x\n" + "ACGT" * 5 + "\n") * 2)
    code, out, _ = run("predict", "runs/dna_cnn-promoter-other", "twice.fa")
    assert [line.split("\t")[0] for line in out.splitlines()] == ["id", "x", "x#2"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--fasta", "a.fa"), "--fasta takes CLASS=FILE"),
        (("--fasta", "a=1.fa", "--fasta", "a=2.fa"), "the class 'a' twice"),
        (("--fasta", "a=1.fa", "--table", "b.csv"), "one kind of file"),
        (("--label", "diagnosis"), "--label is for files of your own"),
        (("xor", "--table", "a.csv"), "not both"),
        (("--table", "nowhere.csv", "--label", "y"), "Expected a file at nowhere.csv"),
        (("--images", "nowhere"), "Expected a folder at nowhere"),
        (("--npz", "nowhere.npz"), "Expected a file at nowhere.npz"),
        (("--npz", "nowhere.npz", "--label", "y"), "has no option 'label'"),
    ],
)
def test_a_mistake_is_one_message(run, arguments, message):
    code, out, err = run("fit", "mlp", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
