"""`deepbio info`: a page about a model, a data set or a preset."""

import json
import re


def test_info_knows_models_data_sets_and_presets(run, trained):
    assert "parameters: 61706" in run("info", "lenet5")[1]
    assert "CC BY 4.0" in run("info", "uci_splice")[1]
    facts = json.loads(run("info", trained / "xor", "--json")[1])
    assert facts["architecture"] == "mlp"


def test_info_of_a_model_tells_how_to_get_the_weights_that_others_publish(run):
    (form,) = json.loads(run("info", "deepstarr", "--json")[1])["published"]
    assert form["import"] == "deepbio import deepstarr FILE --out PRESET"
    assert "zenodo.5502060" in form["get"]
    assert "published" not in json.loads(run("info", "lenet5", "--json")[1])


def test_info_of_a_preset_is_a_page_to_read(run, trained):
    page = run("info", "spliceai_10k.ci")[1]
    assert re.search(r"^input +dna, 10,101 bases$", page, re.M)
    assert re.search(r"^output +3 logits at each position .*: none, acceptor, donor$", page, re.M)
    assert re.search(r"^parameters +3,493,935 in 5 members", page, re.M)  # 5 x 698,787
    assert re.search(r"^size +1\d\.\d MB", page, re.M)
    assert re.search(r"^licence +CC BY 4.0$", page, re.M)
    assert re.search(r"^results +.*top-k accuracy", page, re.M)
    assert "sha256" not in page
    page = run("info", "spliceai_10k.illumina")[1]
    assert "of your installed package spliceai 1.3.1" in page
    page = run("info", trained / "xor")[1]
    assert re.search(r"^results +valid \(\d+ examples\): accuracy \d\.\d{3} \[", page, re.M)
    assert re.search(r"^recipe +deepbio fit --recipe .*xor/recipe.yaml$", page, re.M)
