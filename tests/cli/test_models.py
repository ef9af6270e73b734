"""`deepbio models` and other lists: lines in a pipe, JSON on request."""

import json


def test_models_are_listed_as_lines_in_a_pipe(run):
    code, out, _ = run("models", "*cnn*")
    assert code == 0
    assert out.splitlines()[0] == "model\tinput\tparameters\tsummary"
    assert any(line.startswith("dna_cnn\tdna\t177,539\t") for line in out.splitlines())


def test_listings_are_json_on_request(run):
    models = json.loads(run("models", "--json")[1])
    assert {"lenet5", "mlp"} <= {model["name"] for model in models}
    datasets = json.loads(run("datasets", "--modality", "dna", "--json")[1])
    assert {card["modality"] for card in datasets} == {"dna"}


def test_filters_that_nothing_fits_say_so(run):
    code, out, err = run("models", "nothing*")
    assert (code, out.splitlines()) == (0, ["model\tinput\tparameters\tsummary"])
    assert "No model fits" in err


def test_a_filter_of_weights_names_the_option_that_lists_them(run):
    code, _, err = run("models", "--task", "binary")
    assert code == 2
    assert "(--pretrained)" in err
