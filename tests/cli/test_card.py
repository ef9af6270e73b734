"""`deepbio card`: the model card of a run."""

import json

import pytest
import yaml

from deepbio.datasets import load_dataset, read_card
from deepbio.report.model_card import MARK
from deepbio.training import fit
from deepbio.zoo import get_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    data = load_dataset("uci_splice")
    out = tmp_path_factory.mktemp("runs") / "splice"
    fit(get_model("logistic", dataset=data, seed=0), data, out=out, epochs=2, calibration="temperature", verbose=False)
    return out


def test_a_card_has_results_subgroups_limits_calibration_and_cost(run, folder):
    code, _, err = run("card", folder, "--split", "test", "--licence", "Apache-2.0")
    assert code == 0, err
    card = read_card(folder)
    assert card["licence"] == "Apache-2.0"
    assert set(card["test"]) >= {"accuracy", "macro_auroc"}
    for words in (
        "### Intended use",
        "not for the care of patients",
        "GC content",
        "gap to the rest",
        "### Limits",
        "probabilities are calibrated",
        "energy and carbon: not measured",
        "epochs: 2",
        "doi:10.24432/C5M888",
    ):
        assert words in card.text, words
    assert "test" in json.loads((folder / "metrics.json").read_text())


def test_energy_and_carbon_are_estimated_from_stated_power(run, folder):
    file = folder / "metrics.json"
    figures = json.loads(file.read_text())
    file.write_text(json.dumps({**figures, "train_seconds": 7200}))
    code, out, err = run("card", folder, "--licence", "MIT", "--watts", 50, "--grams-per-kwh", 300, "--hub")
    assert code == 0, err
    assert "- energy: 0.1 kWh (50 W, as stated, for 7,200 s)" in out
    assert "- carbon: 30 g CO2 at 300 g per kWh" in out
    assert yaml.safe_load(out.split("---\n")[1])["co2_eq_emissions"]["emissions"] == 30.0
    file.write_text(json.dumps({**figures, "joules": 1.8e6}))
    assert run("card", folder)[0] == 0
    assert "energy: 0.5 kWh (processor packages only, measured)" in read_card(folder).text
    file.write_text(json.dumps(figures))
    code, _, err = run("card", folder, "--watts", -1)
    assert code == 2
    assert "watts" in err


def test_text_of_the_user_is_kept_and_the_rest_is_rewritten(run, folder):
    card = folder / "card.md"
    text = card.read_text()
    front, body = text.split("---\n", 2)[1:]
    card.write_text(f"---\n{front}---\nWritten by hand.\n\n{body[body.index(MARK) :] if MARK in body else body}")
    for _ in range(2):
        assert run("card", folder)[0] == 0
    assert card.read_text().count("Written by hand.") == 1
    assert card.read_text().count(MARK) == 1
    assert card.read_text().count("### Results") == 1


def test_the_format_for_hubs_has_a_model_index_of_both_splits(run, folder):
    code, out, err = run("card", folder, "--split", "test", "--licence", "CC BY 4.0", "--hub")
    assert code == 0, err
    facts = yaml.safe_load(out.split("---\n")[1])
    assert facts["license"] == "cc-by-4.0"
    [index] = facts["model-index"]
    assert [result["dataset"]["split"] for result in index["results"]] == ["validation", "test"]
    for result in index["results"]:
        assert {"type", "value", "name"} == set(result["metrics"][0])
        assert result["task"]["type"] == "multiclass-classification"


@pytest.mark.parametrize(
    ("words", "message"),
    [(("--split", "tests"), "Did you mean test"), (("--columns", "facts.csv"), "needs a split to evaluate")],
)
def test_a_mistake_is_one_message(run, folder, words, message):
    code, _, err = run("card", folder, *words)
    assert (code, message in err) == (2, True)


def test_a_folder_that_is_no_run_is_refused(run, tmp_path):
    code, _, err = run("card", tmp_path)
    assert (code, "Expected a preset" in err) == (2, True)
