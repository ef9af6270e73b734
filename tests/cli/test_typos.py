"""What a user may type wrong: one message that names the thing and the way on, exit code 2, and no traceback."""

from pathlib import Path

import pytest


@pytest.fixture
def visits(tmp_path):
    rows = "".join(f"v{i},{20 + i},p{i // 2},{'ill' if i * 7 % 3 else 'well'}\n" for i in range(80))
    (tmp_path / "visits.csv").write_text("id,age,pid,dx\n" + rows)
    return ("--table", "visits.csv", "--label", "dx")


TYPOS = {
    "the label as a feature": (["--data", "features=[dx,age]"], "'dx' is predicted; it cannot be in features too"),
    "the label as the group": (["--group", "dx"], "the column 'dx' is predicted; it cannot be in group too"),
    "a mapping without spaces": (["--data", "fractions={train:1}"], "write a space after each colon, as in fractions="),
    "a length of a table": (["--length", "5"], "length and tokenizer are for notes and sequences"),
    "an option of no tokenizer": (
        ["--text", "pid", "--data", "tokenizer={sise: 9}"],
        "tokenizer has no option 'sise'. Did you mean size",
    ),
}


@pytest.mark.parametrize("what", TYPOS)
def test_a_typo_is_one_message(run, visits, what):
    arguments, message = TYPOS[what]
    code, _, printed = run("datasets", "check", *visits, *arguments)
    assert code == 2
    assert message in printed
    assert "Traceback" not in printed


def test_a_file_in_the_place_of_a_data_set_is_named(run, visits):
    code, _, printed = run("embed", "dna_cnn.uci_splice", "visits.csv")
    assert code == 2
    assert "Unknown data set 'visits.csv'; it is a file or a folder" in printed


def test_a_folder_in_the_place_of_the_output_is_named(run, trained):
    Path("points.csv").write_text("x1,x2\n0.5,0.1\n")
    code, _, printed = run("predict", trained / "xor", "points.csv", "--out", ".")
    assert code == 2
    assert "Cannot write .: it is a folder. Name a file in it." in printed


def test_two_tracks_of_one_name_are_refused(run):
    tracks = ("--bigwig", "rep1/signal.bw", "--bigwig", "rep2/signal.bw")
    code, _, printed = run("fit", "bpnet", "--genome", "g.fa", "--bed", "a.bed", *tracks, "--length", "9")
    assert code == 2
    assert "Two tracks have one name: write --bigwig NAME=FILE for each" in printed


def test_another_task_is_said_in_words(run, trained):
    code, _, printed = run("evaluate", trained / "xor", "two_moons")
    assert code == 2
    assert "same, different (binary); two_moons has upper, lower (binary)" in printed


def test_a_table_without_the_column_of_names_is_predicted_by_row(run, caplog):
    rows = "".join(f"v{i},{i % 30},{'ill' if i % 3 else 'well'}\n" for i in range(60))
    Path("visits.csv").write_text("id,age,dx\n" + rows)
    Path("new.csv").write_text("age\n3\n4\n")
    options = ("--table", "visits.csv", "--label", "dx", "--data", "id=id", "--epochs", "1", "--out", "run")
    assert run("fit", "logistic", *options)[0] == 0
    code, printed, _ = run("predict", "run", "new.csv")
    assert code == 0
    assert [line.split("\t")[0] for line in printed.splitlines()] == ["id", "1", "2"]
    assert "new.csv has no column 'id' for names: rows are named by their numbers" in caplog.text


def test_a_run_in_another_folder_says_what_its_paths_mean(run, monkeypatch):
    rows = "".join(f"{i % 30},{'ill' if i % 3 else 'well'}\n" for i in range(60))
    Path("visits.csv").write_text("age,dx\n" + rows)
    Path("other").mkdir()
    assert run("fit", "logistic", "--table", "visits.csv", "--label", "dx", "--epochs", "1", "--out", "run")[0] == 0
    monkeypatch.chdir("other")
    code, _, printed = run("evaluate", "../run")
    assert code == 2
    assert "The paths in a run are those of training: run the command in the folder of training" in printed


def test_data_of_python_are_named_as_such(run):
    import numpy as np

    from deepbio.datasets import Dataset
    from deepbio.training import fit
    from deepbio.zoo import get_model

    data = Dataset.from_arrays(np.random.default_rng(0).normal(size=(60, 3)), ["a", "b"] * 30, name="mine")
    fit(get_model("logistic", dataset=data, seed=0), data, out="run", epochs=1, verbose=False)
    code, _, printed = run("evaluate", "run")
    assert code == 2
    assert "run was trained on 'mine', which was built in Python. Name a file" in printed


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_an_output_without_space_is_one_error(tmp_path):
    import subprocess
    import sys

    with Path("/dev/full").open("w") as full:
        found = subprocess.run(
            [sys.executable, "-m", "deepbio", "models"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert found.returncode == 2
    assert found.stderr.startswith("Error: Cannot write the output: the disk is full")
