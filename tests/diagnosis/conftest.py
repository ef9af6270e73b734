"""A small model of five diseases, trained in seconds, with its postprocessing."""

import pytest

from deepbio.datasets import load_dataset
from deepbio.inference import calibrate
from deepbio.training import fit
from deepbio.zoo import get_model, save_preset


@pytest.fixture(scope="session")
def five_diseases():
    return load_dataset(
        "vignettes", diseases=5, train=600, valid=200, test=100, tokenizer={"clinical": True, "negation": True}
    )


@pytest.fixture(scope="session")
def small_model(five_diseases):
    model = get_model("note_evidence", dataset=five_diseases, embedding_dim=16, filters=24, units=16, seed=0)
    fit(model, five_diseases, epochs=6, batch_size=32, learning_rate=0.01, seed=0, verbose=False)
    return calibrate(model, five_diseases.valid, method="temperature")


@pytest.fixture(scope="session")
def small_preset(small_model, tmp_path_factory):
    return save_preset(small_model, tmp_path_factory.mktemp("preset") / "five")
