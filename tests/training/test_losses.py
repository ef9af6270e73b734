"""Each loss equals Keras's own where Keras has it, or its formula computed in float64."""

import keras
import numpy as np
import pytest

from deepbio.specs import Task
from deepbio.training.steps.losses import loss_for


def test_binary_is_keras_binary_cross_entropy():
    random = np.random.Generator(np.random.Philox(11))
    z, y = random.normal(size=(9, 1)).astype(np.float32) * 5, random.integers(0, 2, 9)
    expected = keras.losses.binary_crossentropy(y[:, None].astype(np.float32), z, from_logits=True)
    np.testing.assert_allclose(loss_for(Task("binary", 1))(y, z), expected, rtol=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_multiclass_is_keras_cross_entropy(smoothing):
    random = np.random.Generator(np.random.Philox(11))
    z, y = random.normal(size=(9, 4)).astype(np.float32) * 5, random.integers(0, 4, 9)
    expected = keras.losses.categorical_crossentropy(np.eye(4)[y], z, from_logits=True, label_smoothing=smoothing)
    np.testing.assert_allclose(loss_for(Task("multiclass", 4), label_smoothing=smoothing)(y, z), expected, rtol=1e-5)


def test_an_unknown_label_counts_nothing():
    random = np.random.Generator(np.random.Philox(11))
    z = random.normal(size=(3, 2)).astype(np.float32)
    y = np.array([[1, np.nan], [0, 1], [np.nan, np.nan]], np.float32)
    p = 1 / (1 + np.exp(-z.astype(np.float64)))
    expected = [-np.log(p[1 - 1, 0]), (-np.log(1 - p[1, 0]) - np.log(p[1, 1])) / 2, 0]
    np.testing.assert_allclose(loss_for(Task("multilabel", 2))(y, z), expected, rtol=1e-5, atol=1e-7)


def test_regression_is_the_mean_squared_error():
    random = np.random.Generator(np.random.Philox(11))
    z, y = random.normal(size=(5, 2)).astype(np.float32), random.normal(size=(5, 2)).astype(np.float32)
    np.testing.assert_allclose(loss_for(Task("regression", 2))(y, z), ((y - z) ** 2).mean(1), rtol=1e-5)


def test_counts_are_least_at_the_true_log_rate():
    y = np.array([[3.0]], np.float32)
    loss = loss_for(Task("counts", 1))
    at = [float(loss(y, np.array([[z]], np.float32))[0]) for z in np.log([2.5, 3.0, 3.5])]
    assert at[1] == min(at)


def test_per_position_averages_over_positions():
    random = np.random.Generator(np.random.Philox(11))
    z, y = random.normal(size=(2, 6, 3)).astype(np.float32), random.integers(0, 3, (2, 6))
    expected = keras.losses.sparse_categorical_crossentropy(y, z, from_logits=True)
    np.testing.assert_allclose(loss_for(Task("per_position", 3))(y, z), np.mean(expected, axis=1), rtol=1e-5)


def test_profile_is_the_multinomial_likelihood_without_its_constant():
    random = np.random.Generator(np.random.Philox(11))
    z, y = random.normal(size=(2, 7, 1)).astype(np.float64), random.integers(0, 5, (2, 7, 1)).astype(np.float64)
    log_p = z - np.log(np.exp(z).sum(1, keepdims=True))
    expected = -(y * log_p).sum((1, 2))
    np.testing.assert_allclose(loss_for(Task("profile", 1))(y, z.astype(np.float32)), expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("task", "loss"),
    [
        (Task("binary", 1), keras.losses.BinaryCrossentropy(from_logits=True)),
        (Task("multiclass", 4), keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        (Task("multilabel", 3), keras.losses.BinaryCrossentropy(from_logits=True, reduction="sum")),
        (Task("regression", 2), keras.losses.MeanSquaredError()),
        (Task("regression", 2), keras.losses.mean_squared_error),
        (Task("per_position", 3), keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
    ],
    ids=lambda value: getattr(value, "kind", "keras"),
)
def test_a_loss_of_keras_is_one_number_per_example_like_the_built_in_one(task, loss):
    random = np.random.Generator(np.random.Philox(12))
    shape = (9, 5, task.outputs) if task.kind == "per_position" else (9, task.outputs)
    z = random.normal(size=shape).astype(np.float32)
    y = random.integers(0, max(task.outputs, 2), shape[:-1])
    if task.kind in ("multilabel", "regression"):
        y = random.integers(0, 2, shape).astype(np.float32)
    found = loss_for(task, loss)(y, z)
    assert found.shape == (9,)
    np.testing.assert_allclose(found, loss_for(task)(y, z), rtol=1e-4)


def test_the_perceptron_loss_is_zero_where_the_answer_is_right():
    loss = loss_for(Task("multiclass", 3), "perceptron")
    z = np.array([[2.0, 1.0, 0.0], [2.0, 1.0, 0.0]], np.float32)
    np.testing.assert_allclose(loss(np.array([0, 2]), z), [0.0, 2.0])
