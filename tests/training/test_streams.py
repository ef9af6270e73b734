"""`fit` on batches of others: `tf.data`, `PyDataset` and generators, on one device and two."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import deepbio
from deepbio.datasets import Dataset, load_dataset
from deepbio.errors import DataError, TrainingError
from deepbio.specs import ModelInput, Task
from deepbio.zoo import get_model


class Pairs(keras.utils.PyDataset):
    def __init__(self, x, y):
        super().__init__()
        self.x, self.y, self.ends = x, y, 0

    def __len__(self):
        return -(-len(self.x) // 32)

    def __getitem__(self, number):
        part = slice(32 * number, 32 * number + 32)
        return self.x[part], self.y[part]

    def on_epoch_end(self):
        self.ends += 1


def endless(x, y):
    while True:
        yield from ((x[k : k + 32], y[k : k + 32]) for k in range(0, len(x), 32))


@pytest.fixture(scope="module")
def xor():
    return load_dataset("xor")


def streamed(data: Dataset, train, **options) -> Dataset:
    return Dataset.from_batches(train, data.valid, task=data.task, input=data.input, **options)


def keras_weights(data: Dataset, stream, epochs: int):
    model: Any = get_model("mlp", dataset=data, seed=0, dropout=0)
    model.compile(keras.optimizers.SGD(0.1), keras.losses.BinaryCrossentropy(from_logits=True))
    model.fit(stream, epochs=epochs, shuffle=False, verbose=0)
    return model.get_weights()


@pytest.mark.parametrize("way", ["tf.data", "PyDataset", "generator"])
def test_training_on_a_stream_equals_keras(xor, way):
    x, y = xor.train.x, np.asarray(xor.train.y)
    steps = -(-len(x) // 32)
    stream = {
        "tf.data": lambda: tf.data.Dataset.from_tensor_slices((x, y)).batch(32),
        "PyDataset": lambda: Pairs(x, y),
        "generator": lambda: endless(x, y),
    }[way]
    own = stream()
    data = streamed(xor, own, steps_per_epoch=steps if way == "generator" else None)
    assert repr(data).endswith(f"train={steps} batches valid={len(xor.valid)} test=0)")
    model = get_model("mlp", dataset=data, seed=0, dropout=0)
    run = deepbio.fit(model, data, optimizer=keras.optimizers.SGD(0.1), epochs=2, patience=0, verbose=True)
    expected = keras_weights(xor, Pairs(x, y), epochs=2)
    for a, b in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-6)
    assert len(run.history["loss"]) == 2
    if way == "PyDataset":
        assert own.ends == 2


def test_weights_of_a_stream_are_used(xor):
    x, y = xor.train.x, np.asarray(xor.train.y)
    w = np.linspace(0, 2, len(x)).astype(np.float32)
    batches = tf.data.Dataset.from_tensor_slices((x, y, w)).batch(32)
    data = streamed(xor, batches)
    model = get_model("mlp", dataset=data, seed=0, dropout=0)
    deepbio.fit(model, data, optimizer=keras.optimizers.SGD(0.1), epochs=1, patience=0, verbose=False)
    for a, b in zip(model.get_weights(), keras_weights(xor, batches, epochs=1), strict=True):
        np.testing.assert_allclose(a, b, atol=2e-6)


def test_a_run_on_a_stream_is_written_and_loads(xor, tmp_path):
    x, y = xor.train.x, np.asarray(xor.train.y)
    data = streamed(xor, Pairs(x, y), name="mine")
    model = get_model("mlp", dataset=data, seed=0)
    deepbio.fit(model, data, epochs=1, out=tmp_path / "run", verbose=False)
    loaded = get_model(tmp_path / "run")
    np.testing.assert_allclose(deepbio.predict(loaded, xor.test.x), deepbio.predict(model, xor.test.x), atol=1e-6)


def test_a_stream_that_ends_early_says_after_which_batch(xor):
    x, y = xor.train.x, np.asarray(xor.train.y)
    data = streamed(xor, ((x[:32], y[:32]) for _ in range(3)), steps_per_epoch=5)
    with pytest.raises(DataError, match="ended after 3 of 5 batches"):
        deepbio.fit(get_model("mlp", dataset=data), data, epochs=1, verbose=False)


def test_an_error_of_the_users_code_is_that_error(xor):
    x, y = xor.train.x, np.asarray(xor.train.y)

    def broken():
        yield x[:32], y[:32]
        raise KeyError("patient 7")

    data = streamed(xor, broken(), steps_per_epoch=4)
    with pytest.raises(KeyError, match="patient 7"):
        deepbio.fit(get_model("mlp", dataset=data), data, epochs=1, verbose=False)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (lambda x, y: (x[:, :1], y), "shape"),
        (lambda x, y: (x.astype(np.float64), y), "float64"),
        (lambda x, y: (x, y + 5), "labels from 0 to 1"),
        (lambda x, y: (x, y[:3]), "as many labels as examples"),
        (lambda x, y: x, "labels and weights as in the first"),
    ],
    ids=["shape", "dtype", "label", "length", "no labels"],
)
def test_a_batch_that_does_not_fit_is_named(xor, second, message):
    x, y = xor.train.x[:32], np.asarray(xor.train.y)[:32]
    data = streamed(xor, iter_of([(x, y), second(x, y)]), steps_per_epoch=2)
    with pytest.raises(DataError, match=f"(?s){message}.*batch 2|batch 2.*{message}"):
        deepbio.fit(get_model("mlp", dataset=data), data, epochs=1, verbose=False)


def iter_of(batches):
    yield from batches


@pytest.mark.parametrize(
    "setting",
    [{"sampling": "balanced"}, {"class_weight": "balanced"}, {"loss": "logit_adjusted"}, {"cache": "host"}],
    ids=str,
)
def test_settings_that_need_all_examples_are_refused(xor, setting):
    data = streamed(xor, Pairs(xor.train.x, np.asarray(xor.train.y)))
    with pytest.raises(TrainingError, match=f"{next(iter(setting))}=.*whole training split"):
        deepbio.fit(get_model("mlp", dataset=data), data, epochs=1, verbose=False, **setting)


def test_an_endless_stream_needs_a_number_of_steps():
    stream = tf.data.Dataset.from_tensors((np.zeros((2, 3), np.float32), np.zeros(2, np.int64))).repeat()
    with pytest.raises(DataError, match="steps_per_epoch"):
        Dataset.from_batches(stream, stream, task=Task.classify(["a", "b"]), input=ModelInput("table", (3,)))


def test_a_mapped_file_is_trained_from_without_reading_it_whole(tmp_path):
    random = np.random.default_rng(0)
    x, y = random.integers(0, 256, (90, 8, 8, 1), dtype=np.uint8), np.arange(90) % 3
    x.tofile(tmp_path / "images")
    mapped = np.memmap(tmp_path / "images", np.uint8, "r", shape=x.shape)
    whole, lazy = Dataset.from_arrays(x, y, seed=0), Dataset.from_arrays(mapped, y, seed=0)
    assert not isinstance(lazy.train.x, np.ndarray)
    np.testing.assert_array_equal(lazy.train.x[np.arange(5)], whole.train.x[:5])
    assert lazy.fingerprint() == whole.fingerprint()
    runs = [
        deepbio.fit(get_model("perceptron", dataset=data, seed=0), data, epochs=1, verbose=False)
        for data in (whole, lazy)
    ]
    for a, b in zip(*(run.model.get_weights() for run in runs), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(deepbio.predict(runs[1].model, mapped), deepbio.predict(runs[0].model, x))


def test_a_tensor_is_predicted_like_an_array():
    data = load_dataset("xor")
    model = get_model("mlp", dataset=data, seed=0)
    np.testing.assert_array_equal(deepbio.predict(model, tf.constant(data.test.x)), deepbio.predict(model, data.test.x))
