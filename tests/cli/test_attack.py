"""`deepbio attack` writes what it found, with the checks beside the accuracy, for images, DNA, notes and tables."""

import csv
import json

import numpy as np
import pytest
from typer.testing import CliRunner

import deepbio
from deepbio.cli.main import app
from deepbio.datasets import load_dataset
from deepbio.zoo import get_model


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def digits_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits") / "run"
    data = load_dataset("digits")
    model = get_model("mlp", dataset=data, seed=0, units=(32,))
    deepbio.fit(model, data, epochs=8, learning_rate=0.005, patience=0, out=folder, verbose=False)
    return folder


def test_images_are_attacked_and_the_checks_are_reported(digits_run, tmp_path):
    out = tmp_path / "found"
    ended = run(
        "attack",
        digits_run,
        "--attack",
        "pgd",
        "--steps",
        5,
        "--epsilon",
        "16/255",
        "--limit",
        40,
        "--shown",
        2,
        "-o",
        out,
    )
    assert ended.exit_code == 0, ended.output
    figures = json.loads((out / "attack.json").read_text())
    accuracy = {name: one["value"] for name, one in figures["accuracy"].items()}
    assert accuracy["pgd, floats"] < accuracy["without an attack"]
    assert figures["masked_gradients"] is False
    assert len(figures["checks"]) == 7
    assert figures["curve"][0]["epsilon"] == 0
    with np.load(out / "adversarial.npz") as stored:
        moved = np.abs(stored["pixels"].astype(int) - stored["images"].astype(int))
        assert moved.max() <= 16
        assert stored["pixels"].dtype == np.uint8
    page = (out / "attack.html").read_text()
    assert "Signs of masked gradients" in page
    assert "no sign of masked gradients" in page
    assert len(list(out.glob("*.png"))) == 1 + 2


def test_sequences_are_attacked_by_substitutions(tmp_path):
    out = tmp_path / "found"
    ended = run("attack", "dna_cnn.uci_splice", "--limit", 6, "--shown", 1, "-o", out, "--json")
    assert ended.exit_code == 0, ended.output
    figures = json.loads(ended.stdout)
    assert figures["changed"] == 6
    assert 1 <= figures["median_substitutions"] < figures["median_random"]
    rows = (out / "substitutions.tsv").read_text().splitlines()
    assert len(rows) == 7
    assert rows[1].count(">") >= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epsilon", "8/0"], "a fraction such as 8/255"),
        (["--attack", "pdg"], "pgd"),
        (["--norm", "l1"], "l2"),
    ],
)
def test_what_makes_no_sense_is_refused(digits_run, tmp_path, arguments, message):
    from deepbio.errors import DeepbioError

    with pytest.raises(DeepbioError, match=message):
        run("attack", digits_run, "--limit", 2, "-o", tmp_path / "found", *arguments)


def test_notes_are_attacked_by_edits_and_written_with_them(tmp_path):
    notes = tmp_path / "notes.csv"
    notes.write_text(
        'text,label\n"Fever, rash and a strawberry tongue.",Kawasaki disease\n"He denies a cough.",Kawasaki disease\n'
    )
    ended = run(
        "attack",
        "note_evidence.vignettes",
        notes,
        "--text",
        "text",
        "--label",
        "label",
        "--edits",
        "negation",
        "--max-edits",
        2,
        "-o",
        tmp_path / "found",
        "--json",
    )
    assert ended.exit_code == 0, ended.output
    with (tmp_path / "found" / "edits.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["note"] for row in rows if "denies" not in row["note"]]
    assert "negation: denies a cough > has a cough" in [row["edits"] for row in rows]
    assert json.loads(ended.stdout)["changed"] == sum(row["class"] != row["new_class"] for row in rows)
    assert "strawberry" not in ended.stderr


def test_cells_are_attacked_within_ranges_and_categories_keep_their_names(tmp_path):
    random = np.random.default_rng(0)
    table = tmp_path / "patients.csv"
    rows = [f"{random.normal():.3f},{random.integers(18, 90)},{random.choice(['f', 'm'])}" for _ in range(80)]
    lines = [f"{row},{'ill' if float(row.split(',')[0]) > 0 else 'well'}" for row in rows]
    table.write_text("\n".join(["marker,age,sex,label", *lines]) + "\n")
    words = ("--label", "label", "--data", "categories=[sex]")
    assert run("fit", "mlp", "--table", table, *words, "--epochs", 20, "--out", tmp_path / "run").exit_code == 0
    ended = run("attack", tmp_path / "run", table, *words, "--fixed", "age", "--limit", 10, "-o", tmp_path / "found")
    assert ended.exit_code == 0, ended.output
    with (tmp_path / "found" / "edits.csv").open(newline="") as stream:
        found = list(csv.DictReader(stream))
    assert len(found) == 10
    assert all(float(one["age"]).is_integer() and one["sex"] in "fm" for one in found)
    assert any(one["edits"].startswith("marker = ") for one in found)
    assert not any("age" in one["edits"] for one in found)


def test_options_of_other_models_are_refused(digits_run, tmp_path):
    from deepbio.errors import DeepbioError

    with pytest.raises(DeepbioError, match="--fixed is for models of tables"):
        run("attack", digits_run, "--fixed", "age", "-o", tmp_path / "found")
