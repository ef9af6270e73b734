"""Cards of weights that their authors publish: what each states is what its format and its architecture have."""

import json
import re

import pytest
from typer.testing import CliRunner

from deepbio.cli.main import app
from deepbio.errors import ModelError
from deepbio.zoo import get_model, list_models
from deepbio.zoo.declared_sizes import without_memory
from deepbio.zoo.importers import importer
from deepbio.zoo.published import UNSTATED, published, published_weights

CARDS = published()


def each(built):
    """Return the cards with a network; those of large networks only where there is time."""
    slow = [name for name, one in CARDS.items() if built and one.parameters > 7_000_000]
    names = [name for name, one in CARDS.items() if one.architecture or not built]
    return [pytest.param(name, marks=[pytest.mark.slow] if name in slow else []) for name in names]


@pytest.mark.parametrize("name", each(built=False))
def test_a_card_agrees_with_its_format(name):
    one = CARDS[name]
    form = importer(one.format)
    assert one.name == name
    assert one.architecture is None or one.architecture in form.architectures
    assert one.architecture is None or name.rpartition(".")[0] == one.architecture
    assert one.source.startswith("https://")
    assert re.fullmatch(r"[0-9a-f]{32}", one.md5 or "0" * 32)
    assert form.citation.split(",")[0] in one.citation
    if form.licence and one.licence != UNSTATED:
        assert form.licence.startswith(one.licence)


@pytest.mark.parametrize("name", each(built=True))
def test_the_network_of_a_card_has_its_parameters(name):
    one = CARDS[name]
    assert one.architecture is not None
    with without_memory():
        model = get_model(one.architecture, input_shape=one.input_shape, outputs=one.outputs, **one.config)
    assert model.count_params() == one.parameters
    assert not one.labels or len(one.labels) == one.outputs


def test_published_weights_are_listed_by_their_facts():
    assert list_models("*tiny*", published=True) == ["hyenadna_tiny.1k"]
    assert "malinois.coda" in list_models(published=True, licence="mit", modality="dna", task="regression")
    assert list_models(published=True, modality="image", task="multilabel") == ["densenet121.torchxrayvision_all"]
    assert not set(list_models(published=True)) & set(list_models(pretrained=True))
    with pytest.raises(ModelError, match="pass neither pretrained nor offline"):
        list_models(published=True, offline=True)


def test_get_model_says_how_to_get_what_is_not_shipped():
    with pytest.raises(
        ModelError, match=r"not shipped.*zenodo\.4906996.*deepbio import sei sei\.pth --out sei\.chen2022"
    ):
        get_model("sei.chen2022")
    with pytest.raises(ModelError, match=r"deepbio import enformer_pytorch hf://EleutherAI/enformer-official-rough"):
        get_model("enformer.official")
    with pytest.raises(ModelError, match=r"Did you mean basset\.kipoi"):
        published_weights("baset.kipoi")


def test_the_command_line_lists_published_weights_and_tells_of_one():
    rows = json.loads(CliRunner().invoke(app, ["models", "deep*", "--published", "--json"]).stdout)
    # MD5 of Kipoi's models/DeepSTARR/model.yaml and DeepSEA/predict/model.yaml
    assert {row["name"]: row["md5"] for row in rows} == {
        "deepsea.kipoi": "89e640bf6bdbe1ff165f484d9796efc7",
        "deepstarr.dealmeida2022": "7e53a9351b2520a4713a5ffdb5f1566c",
    }
    page = CliRunner().invoke(app, ["info", "hyenadna_tiny.1k"]).stdout
    assert "deepbio import hyenadna hf://LongSafari/hyenadna-tiny-1k-seqlen-hf/model.safetensors" in page
    assert "BSD-3-Clause" in page
