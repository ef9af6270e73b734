"""The bytes that a computation takes, and those that are free."""

import numpy as np
import pytest
import tensorflow as tf

from deepbio.devices.memory import available_memory, fitting_batch_size, peak_bytes
from deepbio.errors import ModelError, TrainingError
from deepbio.inference import predict
from deepbio.training import fit
from deepbio.training.steps.memory import check_step_memory, step_bytes
from deepbio.training.steps.recompute import Recomputed
from deepbio.zoo import get_model
from tests.zoo.test_every_model import tiny_dataset, tiny_model


def graph_of(function, *shape):
    return tf.function(function).get_concrete_function(tf.TensorSpec(shape, "float32")).graph


def square():
    return tf.constant(np.ones((10, 10), np.float32))  # like a weight, it is there before


def test_a_tensor_is_counted_until_its_last_use():
    weights = square()

    def chain(x):  # three tensors of 1,000 values, of which two are held at any time
        for _ in range(3):
            x = tf.matmul(x, weights)
        return x

    assert peak_bytes(graph_of(chain, None, 10), batch_size=100) == 2 * 4000
    assert peak_bytes(graph_of(lambda x: [chain(x) for _ in range(3)], None, 10), batch_size=100) == 4 * 4000


def test_views_and_operations_in_place_take_nothing():
    weights = square()

    def views(x):
        y = tf.matmul(x, weights)
        return tf.sigmoid(tf.reshape(tf.nn.relu(y), (-1, 5, 2)))

    assert peak_bytes(graph_of(views, None, 10), batch_size=100) == 4000


def test_the_batch_shrinks_to_what_fits_and_one_that_does_not_is_refused():
    weights = tf.constant(np.ones((2, 256), np.float32))
    graph = graph_of(lambda x: tf.matmul(x, weights), None, 2)
    assert fitting_batch_size(graph, 256, free=None) == 256
    assert fitting_batch_size(graph, 256, free=1 << 30) == 256
    assert fitting_batch_size(graph, 256, free=100 << 10) == 50  # 1 KiB each, in half of 100 KiB
    with pytest.raises(ModelError, match=r"at least 0.0 GiB of memory for its activations; 0.0 GiB are free"):
        fitting_batch_size(graph, 256, free=1000)


def test_free_memory_is_the_least_that_the_kernel_and_the_group_allow(tmp_path):
    (tmp_path / "meminfo").write_text("MemTotal: 24 kB\nMemAvailable:    2048 kB\n")
    assert available_memory(meminfo=tmp_path / "meminfo", group=tmp_path) == 2048 * 1024
    for name, text in (("max", "1000000"), ("current", "600000"), ("stat", "anon 5\ninactive_file 100000")):
        (tmp_path / f"memory.{name}").write_text(f"{text}\n")
    assert available_memory(meminfo=tmp_path / "meminfo", group=tmp_path) == 500_000
    (tmp_path / "memory.max").write_text("max\n")
    assert available_memory(meminfo=tmp_path / "meminfo", group=tmp_path) == 2048 * 1024
    assert available_memory(meminfo=tmp_path / "none", group=tmp_path / "none") is None


def test_predictions_of_a_small_batch_are_those_of_a_large_one(monkeypatch):
    data = tiny_dataset("enformer", "dna")
    model = tiny_model("enformer", data, seed=0)
    expected = predict(model, data.train)
    monkeypatch.setattr("deepbio.inference.forward.available_memory", lambda: 100_000)
    np.testing.assert_allclose(predict(model, data.train), expected, rtol=1e-4, atol=1e-6)
    monkeypatch.setattr("deepbio.inference.forward.available_memory", lambda: 1000)
    with pytest.raises(ModelError, match="One example needs at least"):
        predict(model, data.train)


def test_a_step_that_does_not_fit_is_refused_with_what_takes_less(monkeypatch):
    monkeypatch.setattr("deepbio.training.trainer.available_memory", lambda: 10_000)
    data = tiny_dataset("enformer", "dna")
    with pytest.raises(
        TrainingError, match=r"One step of 24 example\(s\) .* accumulate=N; recompute=True; shorter windows"
    ):
        fit(tiny_model("enformer", data, seed=0), data, epochs=1, batch_size=24, verbose=False)


def test_recomputing_takes_less_than_half_of_the_tensors():
    model = get_model(
        "enformer", input_shape=1024, outputs=2, stem_filters=8, tower_filters=(8, 8), num_layers=3, num_heads=4,
        key_dim=4, value_dim=4, position_channels=6, cropping=0, head_filters=8,
    )  # fmt: skip
    plain = step_bytes(model, lambda x: model(x, training=True), examples=1)
    again = step_bytes(model, Recomputed(model), examples=1)
    assert again < 0.5 * plain


def test_a_step_that_is_recomputed_already_is_refused_without_that_advice():
    model = get_model("image_cnn", input_shape=(32, 32, 1), outputs=2, filters=(4,))
    needed = step_bytes(model, Recomputed(model), examples=1)
    check_step_memory(model, Recomputed(model), examples=1, free=needed)
    with pytest.raises(TrainingError, match=r"Use shorter windows; or precision"):
        check_step_memory(model, Recomputed(model), examples=1, free=needed - 1)
