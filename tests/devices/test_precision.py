"""Precision, accumulation, compilation: what changes the arithmetic of a step, and what it may not change."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from deepbio.datasets import Dataset, Split, load_dataset
from deepbio.devices import precision as precisions
from deepbio.devices.precision import LossScale, check_bfloat16
from deepbio.errors import TrainingError
from deepbio.specs import ModelInput, Task
from deepbio.training import fit
from deepbio.zoo import get_model, weights_hash


@pytest.fixture(scope="module")
def xor():
    return load_dataset("xor")


def trained(data, **settings):
    model = get_model("mlp", dataset=data, seed=0)
    run = fit(model, data, seed=0, epochs=4, patience=0, verbose=False, **settings)
    return model, run


def flat(model):
    return np.concatenate([w.ravel() for w in model.get_weights()])


@pytest.fixture(scope="module")
def exact(xor):
    """The model trained without any of these settings. A test reads its weights only."""
    return trained(xor)[0]


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains_and_leaves_float32_behind(xor, exact, precision, tmp_path):
    policy = keras.config.dtype_policy()
    model, run = trained(xor, precision=precision, out=tmp_path)
    assert keras.config.dtype_policy() is policy
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    assert {w.dtype for w in get_model(tmp_path).get_weights()} == {np.dtype("float32")}
    assert weights_hash(model) != weights_hash(exact)
    assert run.history["loss"][-1] < 0.7 * run.history["loss"][0]
    assert run.valid["accuracy"].value > 0.9


def test_a_processor_whose_bfloat16_convolutions_are_wrong_trains_no_convolution_in_it(xor, monkeypatch):
    right = precisions.convolved
    check_bfloat16("mixed_bfloat16")
    monkeypatch.setattr(
        precisions, "convolved", lambda x, k, dtype: right(x, k, dtype) * (0 if dtype == tf.bfloat16 else 1)
    )
    data = load_dataset("digits")
    with pytest.raises(TrainingError, match=r"differs by 100%.*ONEDNN_MAX_CPU_ISA=AVX512_CORE_FP16"):
        fit(get_model("lenet5", dataset=data, seed=0), data, epochs=1, precision="mixed_bfloat16", verbose=False)
    trained(xor, precision="mixed_bfloat16")


def test_an_overflowing_gradient_halves_the_loss_scale_and_leaves_the_step_out():
    scale = LossScale()
    for finite, expected in ((True, 2.0**15), (False, 2.0**14), (True, 2.0**14)):
        scale.update(tf.constant(finite))
        assert scale.value.numpy() == expected
    assert scale.good_steps.numpy() == 1
    scale.good_steps.assign(1999)
    scale.update(tf.constant(True))
    assert (scale.value.numpy(), scale.good_steps.numpy()) == (2.0**15, 0)


def test_gradients_that_overflow_at_any_scale_stop_the_run(xor, monkeypatch):
    monkeypatch.setattr(LossScale, "MIN", 2.0**16)
    with pytest.raises(TrainingError, match=r"overflow float16.*mixed_bfloat16"):
        trained(xor, precision="mixed_float16")


def test_micro_batches_add_up_to_the_batch(xor, exact):
    weights = [flat(exact), flat(trained(xor, accumulate=3)[0])]
    np.testing.assert_allclose(weights[1], weights[0], atol=1e-5)


def test_a_compiled_step_trains_like_a_plain_one(xor, exact):
    weights = [flat(exact), flat(trained(xor, jit_compile=True)[0])]
    np.testing.assert_allclose(weights[1], weights[0], atol=1e-5)


def test_compiling_is_refused_where_it_is_unsafe(xor):
    with pytest.raises(TrainingError, match="accumulate or mixed_float16"):
        trained(xor, jit_compile=True, accumulate=2)
    split = Split(np.ones((8, 5), np.int32), np.arange(8) % 2)
    notes = Dataset("n", Task.classify(("a", "b")), ModelInput("text", (5,)), split, split, split)
    with pytest.raises(TrainingError, match="excludes cuDNN's LSTM"):
        fit(get_model("note_lstm", dataset=notes, vocabulary_size=9), notes, jit_compile=True, verbose=False)


@pytest.mark.parametrize("cache", ["device", "host", "none"])
def test_where_the_data_lie_does_not_change_the_result(xor, exact, cache):
    assert weights_hash(trained(xor, cache=cache)[0]) == weights_hash(exact)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_word_that_occurs_twice_counts_once_with_the_sum_of_its_gradients(optimizer):
    # the whole gradient of a row is squared, or taken into the norm, not the parts of each position of the word
    ids = np.array([[1, 1, 1, 2]], np.int32)
    split = Split(np.tile(ids, (2, 1)), np.array([0.5, 0.5], np.float32)[:, None])
    valid = Split(
        np.array([[0, 0, 0, 0], [0, 1, 2, 1], [2, 2, 2, 2]], np.int32), np.arange(3, dtype=np.float32)[:, None]
    )
    inputs = keras.Input((4,), dtype="int32")
    x = keras.layers.Embedding(3, 1, embeddings_initializer="zeros", name="words")(inputs)
    model = keras.Model(inputs, keras.ops.sum(x, axis=1))
    data = Dataset("w", Task("regression", 1), ModelInput("text", (4,)), split, valid, valid)
    settings = {"sgd": {"clip_norm": 1.0}, "adam": {}}[optimizer]
    fit(model, data, epochs=1, batch_size=2, optimizer=optimizer, learning_rate=0.1, verbose=False, **settings)
    moved = -model.get_layer("words").get_weights()[0].ravel()
    gradient = np.array([0, 3, 1]) * 2 * (0 - 0.5)  # of the squared error: 3 places of word 1, one of word 2
    expected = {"sgd": 0.1 * gradient / np.linalg.norm(gradient), "adam": 0.1 * np.sign(gradient)}[optimizer]
    np.testing.assert_allclose(moved, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"precision": "float8"}, "Unknown precision 'float8'"),
        ({"cache": "disk"}, "Unknown cache 'disk'"),
        ({"accumulate": 0}, "accumulate must be at least 1; received 0"),
        ({"accumulate": 1000}, "accumulate=1000 cannot cut a batch"),
    ],
)
def test_wrong_settings_are_refused(xor, setting, message):
    with pytest.raises(TrainingError, match=message):
        trained(xor, **setting)
