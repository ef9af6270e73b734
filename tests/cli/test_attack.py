"""`deepbio attack` writes what it found, with the checks beside the accuracy, for images and for DNA."""

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


def test_tables_are_refused(tmp_path):
    from deepbio.errors import DeepbioError

    data = load_dataset("xor")
    deepbio.fit(get_model("mlp", dataset=data, seed=0), data, epochs=1, out=tmp_path / "run", verbose=False)
    with pytest.raises(DeepbioError, match="images and DNA"):
        run("attack", tmp_path / "run", "-o", tmp_path / "found")
