"""Training that computes activations again learns what plain training learns."""

import keras
import numpy as np
import pytest

from deepbio.errors import TrainingError
from deepbio.training import fit
from deepbio.training.steps.recompute import Recomputed
from deepbio.zoo import get_model
from tests.zoo.test_every_model import tiny_dataset, tiny_model


def weights_after(name: str, modality: str, **options) -> list[np.ndarray]:
    data = tiny_dataset(name, modality)
    model = tiny_model(name, data, seed=0)
    settings = {"loss": "auto", "optimizer": "sgd", "learning_rate": 0.05, "schedule": "constant", "batch_size": 8}
    fit(model, data, epochs=2, patience=None, seed=0, verbose=False, **{**settings, **options})
    return model.get_weights()


@pytest.mark.parametrize(
    ("name", "modality"),
    [
        ("enformer", "dna"),
        ("borzoi", "dna"),
        ("resnet18", "image"),
        pytest.param("unet", "image", marks=pytest.mark.slow),
    ],
)
def test_recomputing_learns_the_same_weights_and_moving_statistics(name, modality):
    plain, again = weights_after(name, modality), weights_after(name, modality, recompute=True)
    start = tiny_model(name, tiny_dataset(name, modality), seed=0).get_weights()
    assert max(np.abs(a - b).max() for a, b in zip(plain, start, strict=True)) > 0.01
    for a, b in zip(plain, again, strict=True):  # dropout masks and batch statistics included
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-5)


def test_a_network_is_cut_between_its_blocks_into_parts_of_about_one_size():
    model = get_model("basenji2", input_shape=16_512, outputs=2)
    parts = Recomputed(model).parts
    assert len(parts) > 5
    joints = [part.layers.output_shape for part in parts]
    assert joints[-1] == (None, 1, 2)
    # within a residual block two tensors are alive, so no part ends there: joints of the trunk are sums
    assert sum(shape == (None, 129, 768) for shape in joints) >= 2


def test_recomputing_is_for_functional_models_without_activity_losses():
    class Own(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(TrainingError, match="needs a functional model of one input and one output"):
        Recomputed(Own())
    x = keras.Input((3,))
    with pytest.raises(TrainingError, match="activity regularizers"):
        Recomputed(keras.Model(x, keras.layers.Dense(1, activity_regularizer="l2")(x)))
