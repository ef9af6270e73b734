"""`deepbio datasets` lists; `deepbio datasets check` reports."""

import json

import numpy as np
import pytest


def test_the_list_says_where_the_files_are(run):
    code, out, _ = run("datasets", "--modality", "dna")
    assert code == 0
    rows = {line.split("\t")[0]: line.split("\t")[4] for line in out.splitlines()}
    assert (rows["uci_splice"], rows["deepstarr"]) == ("here", "user-supplied")


def test_the_known_copies_of_pneumoniamnist_are_reported(run, shared_data, monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPBIO_MIRROR", str(shared_data.resolve()))
    code, out, err = run("datasets", "check", "pneumoniamnist", "--json", "-o", "page.html")
    assert code == 0, err
    found = json.loads(out)
    assert found["leakage"]["exact_counts"]["train-valid"] == 8
    assert "</html>" in (tmp_path / "page.html").read_text()


def test_files_of_your_own_are_checked(run, tmp_path):
    rows = "".join(f"{i},{i % 7},{'ill' if i % 2 else 'well'}\n" for i in range(80))
    (tmp_path / "a.csv").write_text("age,level,diagnosis\n" + rows)
    code, out, err = run("datasets", "check", "a.csv", "--label", "diagnosis")
    assert code == 0, err
    assert "a: binary, table" in out
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 8), np.uint8)
    arrays = {f"{part}_images": images for part in ("train", "val", "test")}
    np.savez(tmp_path / "a.npz", **arrays, **{f"{part}_labels": [0, 1, 0, 1] for part in ("train", "val", "test")})
    code, out, err = run("datasets", "check", tmp_path / "a.npz")
    assert code == 0, err
    assert "shared between splits, exact: train-valid 4, train-test 4, valid-test 4" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Expected a data set, a path"),
        (("uci_splic",), "Did you mean uci_splice"),
        (
            ("--genbank", "a.gb", "--length", "30"),
            "needs features: pass features=..., on the command line --data features=[CDS,tRNA]",
        ),
        (("a.fa",), "needs the name of its class, and a second class: --fasta CLASS=a.fa"),
        (("xor", "--table", "a.csv"), "not both; received xor and --table"),
        (("nowhere.csv", "--label", "y"), "Expected a file at nowhere.csv"),
        (("deepstarr",), "is not distributed with deepbio"),
    ],
)
def test_a_mistake_is_one_message(run, arguments, message):
    code, out, err = run("datasets", "check", *arguments)
    assert (code, out) == (2, "")
    assert message in err
