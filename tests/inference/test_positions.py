"""Labels are cropped to the positions that an unpadded network predicts, and shapes are compared before training."""

from pathlib import Path

import numpy as np
import pytest

from deepbio.datasets import Dataset, Split
from deepbio.errors import ModelError, TrainingError
from deepbio.inference import evaluate
from deepbio.inference.positions import match_positions
from deepbio.specs import Task
from deepbio.training import fit
from deepbio.training.steps.losses import loss_for
from deepbio.zoo import get_model

CASES = Path(__file__).parents[1] / "data" / "cases" / "genomics"


@pytest.fixture
def tracks(tmp_path, monkeypatch):
    pytest.importorskip("pybigtools")
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))

    def build(**options):
        return Dataset.from_bigwig(
            CASES / "g.fa",
            CASES / "three.bed",
            {"sig": CASES / "counts.bw"},
            length=200,
            valid=["chr2"],
            test=["chrX"],
            **options,
        )

    return build


def test_bpnet_trains_on_the_bases_that_it_predicts(tracks, tmp_path):
    """200 bases - 20 of the first convolution - 12 of two dilated ones - 74 of the profile's leave 94."""
    data = tracks(kind="profile")
    model = get_model("bpnet", dataset=data, filters=4, num_layers=2, seed=0)
    assert model.output_shape == (None, 94, 1)
    fit(model, data, epochs=1, out=tmp_path / "run", verbose=False)
    evaluation = evaluate(model, data.test, n_resamples=0)
    np.testing.assert_array_equal(evaluation.y, data.test.y[:, 53:147])
    assert evaluation.p.shape == evaluation.y.shape
    read = tracks(kind="profile", output_length=94)
    np.testing.assert_array_equal(read.test.y, evaluation.y)


def test_shapes_are_compared_before_training(tracks):
    profile, counts = tracks(kind="profile", output_length=40), tracks()
    model = get_model("bpnet", dataset=profile, filters=4, num_layers=2, seed=0)
    with pytest.raises(ModelError, match="predicts 94 positions; the labels have 40"):
        fit(model, profile, epochs=1, verbose=False)
    with pytest.raises(ModelError, match=r"values for each position; a counts task has one row .*--set head=counts"):
        fit(get_model("bpnet", dataset=counts, filters=4, num_layers=2), counts, epochs=1, verbose=False)


def test_masks_of_another_size_are_refused():
    import keras

    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 1)])
    split = Split(np.zeros((2, 8, 8, 1), np.uint8), np.zeros((2, 4, 4), np.int64))
    with pytest.raises(ModelError, match="predicts 8 x 8 positions; the labels have 4 x 4"):
        match_positions(model, split, Task("per_pixel", 2))


def test_the_poisson_likelihood_of_a_profile_is_that_of_shape_and_total():
    draw = np.random.default_rng(0)
    y, z = draw.poisson(3.0, (4, 9, 2)).astype("float32"), draw.normal(size=(4, 9, 2)).astype("float32")
    task = Task("profile", 2)
    found = np.asarray(loss_for(task, "poisson")(y, z))
    log_total = np.log(np.exp(z).sum(axis=1))
    total = (np.exp(log_total) - y.sum(axis=1) * log_total).mean(axis=-1)
    np.testing.assert_allclose(found, np.asarray(loss_for(task)(y, z)) + total, rtol=1e-5)
    with pytest.raises(TrainingError, match="for counts and profiles; the task is binary"):
        loss_for(Task("binary", 1), "poisson")
