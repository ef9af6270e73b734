"""Requests that fine-tuning refuses, and what it records of those that it grants."""

import dataclasses
import logging

import numpy as np
import pytest

import deepbio
from deepbio.datasets import Split
from deepbio.errors import DataError, ModelError, TrainingError
from deepbio.training.finetuning import compare_approaches, transferability
from deepbio.zoo import get_model
from tests.training.finetuning.conftest import windows


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))


def test_an_architecture_without_weights_is_not_fine_tuned():
    with pytest.raises(ModelError, match=r"dna_cnn is an architecture without trained weights.*dna_cnn.uci_splice"):
        deepbio.finetune("dna_cnn", windows(60))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lora_on": ("conv1d*",)}, "pass lora_rank"),
        ({"copies": 0}, "at least 1"),
        ({"copies": 2}, "needs an augmentation"),
        ({"copies": 2, "method": "full"}, "for a solved head"),
        ({"l2_sp": 0.1, "method": "linear_probe"}, "leave out l2_sp"),
        ({"average": True, "method": "linear_probe"}, "leave out average"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(trained, options, message):
    with pytest.raises(TrainingError, match=message):
        deepbio.finetune(trained, windows(60), verbose=False, **options)


@pytest.mark.parametrize("options", [{"l2_sp": 0.1}, {"average": True}, {"batch_norm": "learn"}])
def test_an_option_of_steps_asks_for_steps(trained, options):
    run = deepbio.finetune(trained, windows(60), verbose=False, **options)
    assert run.plan is not None
    assert run.plan.method == "lp_ft"


def test_the_log_says_which_method_was_chosen_and_why(trained, caplog):
    with caplog.at_level(logging.INFO, logger="deepbio"):
        deepbio.finetune(trained, windows(60), verbose=False)
    assert "Method linear_probe, as there are 24 training examples: under 100 examples (too few" in caplog.text


def test_a_member_is_chosen_from_the_ensemble_of_a_name(trained):
    with pytest.raises(ModelError, match="received a model"):
        deepbio.finetune(get_model(trained), windows(60), member=1)
    with pytest.raises(ModelError, match="is one model, not an ensemble"):
        deepbio.finetune(trained, windows(60), member=2)
    run = deepbio.finetune(trained, windows(60), member=1, verbose=False)
    assert run.plan is not None
    assert run.plan.origin["member"] == 1


def test_a_plan_prints_in_a_line(trained):
    run = deepbio.finetune(trained, windows(60), verbose=False)
    assert "array" not in str(run.plan)


def test_no_score_without_examples_of_each_class(trained):
    data = windows(60)
    one = dataclasses.replace(data, train=Split(data.train.x, np.zeros(len(data.train), int)))
    with pytest.raises(DataError, match="lacks b"):
        transferability(trained, one)


@pytest.mark.parametrize(
    ("approaches", "error", "message"),
    [
        ((), TrainingError, "list of names"),
        ("linear_probe", TrainingError, r"list of names.*'linear_probe'"),
        (
            ("linear_probe", "image_cnn"),
            ModelError,
            "image_cnn takes image; new is dna. A small network for it: dna_cnn",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_trained(
    trained, approaches, error, message, monkeypatch
):
    monkeypatch.setattr("deepbio.training.finetuning.compare.finetune", pytest.fail)
    with pytest.raises(error, match=message):
        compare_approaches(trained, windows(60), approaches=approaches)


def test_a_setting_with_a_typo_is_refused_before_anything_is_trained(trained, monkeypatch):
    monkeypatch.setattr("deepbio.training.finetuning.compare.finetune", pytest.fail)
    with pytest.raises(TrainingError, match="Did you mean epochs"):
        compare_approaches(trained, windows(60), approaches=("linear_probe",), epoch=3)
