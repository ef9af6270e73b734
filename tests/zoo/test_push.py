import json
import shutil
from pathlib import Path

import pytest
import yaml

from deepbio.catalog import catalog_folder
from deepbio.datasets import load_dataset
from deepbio.errors import WeightsError
from deepbio.training import fit
from deepbio.zoo import check_golden_outputs, get_model
from deepbio.zoo.push import hub_card, push_preset

DONOR = catalog_folder("zoo") / "mmsplice_donor.cheng2019"


class Hub:
    """Stands for huggingface_hub: keeps what is uploaded."""

    def __init__(self, folder: Path):
        self.folder, self.made = folder, []

    def HfApi(self):  # noqa: N802
        return self

    def create_repo(self, repository, *, private, exist_ok):
        self.made.append((repository, private, exist_ok))

    def upload_folder(self, *, repo_id, folder_path, revision, commit_message):
        shutil.copytree(folder_path, self.folder)
        return f"https://hub.example/{repo_id}/commit/1"


@pytest.fixture
def hub(monkeypatch, tmp_path):
    stand_in = Hub(tmp_path / "hub")
    monkeypatch.setattr("deepbio.zoo.push.require", lambda *_, **__: stand_in)
    return stand_in


@pytest.fixture
def run(tmp_path):
    data = load_dataset("xor")
    fit(get_model("mlp", dataset=data, seed=0), data, out=tmp_path / "xor", epochs=2, verbose=False)
    return tmp_path / "xor"


def test_what_is_pushed_is_loaded_again(hub):
    assert push_preset(DONOR, "hf://someone/donor", private=True).startswith("https://hub.example/someone/donor")
    assert hub.made == [("someone/donor", True, True)]
    assert check_golden_outputs(get_model(hub.folder), hub.folder) <= 1e-5


def test_the_card_is_one_that_the_hub_library_reads():
    library = pytest.importorskip("huggingface_hub")
    card = library.ModelCard(hub_card(DONOR))
    assert card.data.license == "mit"
    assert card.data.library_name == "keras"
    assert "Permission is hereby granted" in card.text


def test_the_figures_of_a_run_become_the_hubs_results(run):
    file = run / "card.md"
    text = file.read_text().replace("unstated; set it before you share the weights", "Apache-2.0")
    file.write_text(text)
    front = yaml.safe_load(hub_card(run).split("---\n")[1])
    assert front["license"] == "apache-2.0"
    assert front["tags"] == ["deepbio", "biology", "tabular", "mlp"]
    (result,) = front["model-index"][0]["results"]
    assert result["dataset"]["name"] == "xor"
    figures = {metric["type"]: metric["value"] for metric in result["metrics"]}
    written = json.loads((run / "metrics.json").read_text())["valid"]["metrics"]
    assert figures["accuracy"] == pytest.approx(written["accuracy"]["value"], abs=1e-4)


def test_an_unknown_licence_is_passed_on_by_name(run):
    file = run / "card.md"
    file.write_text(file.read_text().replace("unstated; set it before you share the weights", "My Own 1.0"))
    front = yaml.safe_load(hub_card(run).split("---\n")[1])
    assert (front["license"], front["license_name"]) == ("other", "My Own 1.0")


def test_weights_without_a_licence_are_not_pushed(run, hub):
    with pytest.raises(WeightsError, match="states no licence"):
        push_preset(run, "hf://someone/xor")
    assert hub.made == []


def test_weights_of_another_package_are_not_pushed(hub):
    with pytest.raises(WeightsError, match="may not distribute them"):
        push_preset(catalog_folder("zoo") / "spliceai_10k.illumina", "hf://someone/spliceai")


def test_an_address_is_checked_first(hub):
    with pytest.raises(WeightsError, match="Expected hf://user/repo"):
        push_preset(DONOR, "someone/donor")
