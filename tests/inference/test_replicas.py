"""Predictions are divided over the replicas of a strategy, and stay those of the model as it is."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deepbio.errors import TrainingError
from deepbio.inference import predict
from deepbio.zoo import get_model
from tests.survive import in_survive

PROGRAM = Path(__file__).parent / "programs" / "replicas.py"
ROUNDING = 1e-5  # of the largest output: other numbers of rows are summed in another order


on_three_devices = in_survive("replicas")


@pytest.fixture(scope="module")
def found():
    """Figures of three logical devices, which a process sets up before its first tensor."""
    run = subprocess.run([sys.executable, PROGRAM], check=True, capture_output=True, text=True, timeout=250)
    return json.loads(run.stdout.splitlines()[-1])


@on_three_devices
def test_replicas_predict_what_one_device_predicts(found):
    assert set(found["difference"]) == {"mlp", "dna_cnn", "dna_transformer", "image_cnn", "note_lstm"}
    assert max(found["difference"].values()) < ROUNDING
    assert max(found["ensemble"], found["tta"], found["log-loss"]) < ROUNDING


@on_three_devices
def test_each_device_computes_its_share(found):
    assert found["devices"] == ["CPU:0", "CPU:1", "CPU:2"]
    assert found["products"] == 3


@on_three_devices
@pytest.mark.parametrize("change", ["weights", "activation", "lora", "int8"])
def test_a_model_that_was_changed_is_predicted_as_it_is(found, change):
    assert found[change]["changed"]
    assert found[change]["difference"] < ROUNDING


@on_three_devices
def test_a_model_built_in_the_scope_of_a_strategy_is_predicted_by_its_replicas(found):
    assert found["in scope, divided"]
    assert found["in scope"] < ROUNDING


@on_three_devices
def test_replicas_explain_what_one_device_explains(found):
    assert len(found["explanations"]) == 5
    assert max(found["explanations"].values()) < 10 * ROUNDING  # sums of differences


@on_three_devices
def test_no_examples_have_no_predictions(found):
    assert found["empty"] == [0, 3]


def test_a_strategy_that_does_not_exist_or_comes_too_late_is_refused():
    model = get_model("logistic", input_shape=(2,), outputs=1)
    x = np.zeros((3, 2), np.float32)
    with pytest.raises(TrainingError, match=r"Unknown strategy 'miror'.*mirrored"):
        predict(model, x, logits=True, strategy="miror")
    with pytest.raises(TrainingError, match=r"first, before get_model, and pass its result as strategy=\.\.\."):
        predict(model, x, logits=True, strategy="cpu:64")
