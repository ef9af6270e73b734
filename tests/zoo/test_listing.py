"""Filters of `list_models`, in Python and on the command line."""

import json

import pytest
from typer.testing import CliRunner

from deepbio.cli.main import app
from deepbio.errors import ModelError
from deepbio.zoo import list_models
from deepbio.zoo.registry import pretrained_facts


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"task": "per_position", "offline": True}, ["spliceai_10k.ci"]),
        ({"licence": "mit", "task": "binary"}, ["mmsplice_acceptor.cheng2019", "mmsplice_donor.cheng2019"]),
        ({"modality": "image", "input_length": 224}, ["efficientnet_lite0.imagenet"]),
        ({"modality": "dna", "parameters": (None, 5_000)}, ["mmsplice_acceptor.cheng2019"]),
        ({"licence": "*nc*"}, ["spliceai_10k.illumina"]),
    ],
)
def test_weights_are_found_by_their_facts(filters, names):
    assert list_models(pretrained=True, **filters) == names


def test_architectures_are_found_by_length_and_size():
    found = list_models(modality="dna", input_length=(10_000, None), parameters=(None, 1_000_000))
    assert "spliceai_10k" in found
    assert "spliceai_400nt" not in found
    assert "basenji2" not in found


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"task": "binary"}, "pass pretrained=True"),
        ({"task": "binry", "pretrained": True}, "Did you mean binary"),
        ({"parameters": (10, 1)}, "smallest, largest"),
    ],
)
def test_a_filter_that_cannot_work_says_why(filters, message):
    with pytest.raises(ModelError, match=message):
        list_models(**filters)


def test_weights_of_a_package_are_offline_only_where_it_is_installed():
    facts = pretrained_facts("spliceai_10k.illumina")
    assert facts.source == "package spliceai"
    assert facts.labels == ("none", "acceptor", "donor")
    assert (facts.name in list_models(pretrained=True, offline=True)) == facts.offline


def test_the_command_line_takes_ranges():
    run = CliRunner().invoke(app, ["models", "--pretrained", "--length", "10-60", "--parameters", "-20000", "--json"])
    assert [entry["name"] for entry in json.loads(run.stdout)] == [
        "mmsplice_acceptor.cheng2019",
        "mmsplice_donor.cheng2019",
    ]
    assert CliRunner().invoke(app, ["models", "--length", "short"]).exit_code != 0
