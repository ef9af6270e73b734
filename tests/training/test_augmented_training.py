"""Augmentation inside the compiled step: repeatable, the same for both feeds, resumable, and stored in the recipe."""

import keras
import numpy as np
import pytest
import yaml

from deepbio.datasets import Dataset, Split, load_dataset
from deepbio.errors import TrainingError
from deepbio.inference import evaluate
from deepbio.training import fit
from deepbio.zoo import get_model, weights_hash


class Streamed:
    """A source that is not an array, so that it goes through the host's feed."""

    def __init__(self, x):
        self._x, self.shape, self.dtype = x, x.shape, x.dtype

    def __len__(self):
        return len(self._x)

    def __getitem__(self, indices):
        return self._x[indices]


@pytest.fixture(scope="module")
def digits():
    data = load_dataset("digits")
    return Dataset("few", data.task, data.input, data.train.take(np.arange(150)), data.valid, data.test)


def network(data):
    return get_model("mlp", dataset=data, units=(16,), seed=1)


def trained(data, **settings):
    built = network(data)
    fit(built, data, seed=2, verbose=False, **{"epochs": 2, "batch_size": 32, "patience": 0, **settings})
    return weights_hash(built)


@pytest.fixture(scope="module")
def plain(digits):
    """Hash of the weights after training without augmentation."""
    return trained(digits)


def test_augmented_training_repeats_bit_for_bit_from_its_seed(digits, plain):
    policy = ["flip", {"rotate": {"degrees": 20}}, "elastic", "cutout", "mixup"]
    assert trained(digits, augment=policy) == trained(digits, augment=policy) != plain


def test_augmentation_does_not_depend_on_how_the_data_come(digits):
    x, y = digits.train.x, digits.train.y
    streamed = Dataset("few", digits.task, digits.input, Split(Streamed(x), y), digits.valid, digits.test)
    policy = ["shift", {"rotate": {"degrees": 20}}, "noise"]
    assert (
        len({trained(data, augment=policy, steps_per_execution=k) for data in (digits, streamed) for k in (1, 3)}) == 1
    )


def test_compiling_the_step_leaves_augmentation_outside(digits):
    policy = [{"rotate": {"degrees": 20}}, "mixup"]
    assert trained(digits, augment=policy, jit_compile=True, epochs=1) != trained(digits, jit_compile=True, epochs=1)


def test_a_run_that_was_stopped_goes_on_with_the_same_changes(digits, tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.params["epochs"] and self.model.optimizer.iterations >= 7:
                raise KeyboardInterrupt

    settings = {"seed": 2, "epochs": 2, "batch_size": 32, "patience": 0, "augment": "medical", "verbose": False}
    whole = network(digits)
    fit(whole, digits, **settings)
    model = network(digits)
    with pytest.raises(KeyboardInterrupt):
        fit(model, digits, out=tmp_path / "run", checkpoint_steps=1, callbacks=[Stop()], **settings)
    again = network(digits)
    fit(again, digits, out=tmp_path / "run", resume=True, **settings)
    assert weights_hash(again) == weights_hash(whole)


def test_the_last_epochs_can_be_clean(digits, plain):
    seen = trained(digits, augment="light")
    assert trained(digits, augment="light", clean_epochs=2) == plain
    assert trained(digits, augment="light", clean_epochs=1) not in (seen, plain)
    with pytest.raises(TrainingError, match="part of the epochs"):
        trained(digits, augment="light", clean_epochs=3)


def test_micro_batches_are_augmented_too(digits):
    plain = trained(digits, accumulate=2)
    assert trained(digits, augment="mixup", clean_epochs=2, accumulate=2) == plain
    assert trained(digits, augment="mixup", clean_epochs=1, accumulate=2) != plain


def test_the_recipe_stores_the_augmentation_and_trains_it_again(digits, tmp_path):
    policy = ["flip", {"shift": {"factor": 0.2}}]
    model = get_model("lenet5", dataset=digits, seed=1)
    fit(model, digits, seed=2, epochs=1, augment=policy, out=tmp_path / "run", verbose=False)
    recipe = yaml.safe_load((tmp_path / "run" / "recipe.yaml").read_text())
    assert recipe["training"]["augment"] == policy
    settings = {k: v for k, v in recipe["training"].items() if k != "seed"}
    again = get_model("lenet5", dataset=digits, seed=1)
    fit(again, digits, seed=2, verbose=False, **settings)
    assert weights_hash(again) == weights_hash(model)


def test_a_small_network_trained_with_shifts_is_better_on_shifted_images(digits):
    """Digits moved by one pixel: what a network has seen in training it bears at the test."""
    moved = digits.test.x[np.arange(len(digits.test))][:, :, np.r_[0, 0:7]]
    shifted = Split(moved, digits.test.y)
    scores = []
    for augment in ("none", {"shift": {"factor": 0.15}}):
        model = get_model("mlp", dataset=digits, seed=0, units=(64,))
        fit(model, digits, seed=0, epochs=30, learning_rate=0.003, augment=augment, patience=0, verbose=False)
        scores.append(evaluate(model, shifted, n_resamples=0)["accuracy"].value)
    assert scores[1] > scores[0] + 0.05
