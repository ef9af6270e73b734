"""`predict` and `evaluate` take Keras's and TensorFlow's batches, and their results are those of the arrays."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from deepbio.datasets import load_dataset
from deepbio.errors import DataError
from deepbio.inference import evaluate, predict
from deepbio.zoo import get_model


class Pairs(keras.utils.PyDataset):
    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return -(-len(self.x) // 7)

    def __getitem__(self, number):
        part = slice(7 * number, 7 * number + 7)
        return self.x[part], self.y[part]


WAYS = {
    "tf.data": lambda x, y: tf.data.Dataset.from_tensor_slices((x, y)).batch(7),
    "PyDataset": Pairs,
    "generator": lambda x, y: ((x[k : k + 7], y[k : k + 7]) for k in range(0, len(x), 7)),
}


@pytest.fixture(scope="module")
def xor():
    data = load_dataset("xor")
    return get_model("mlp", dataset=data, seed=0, dropout=0.3), data.test


@pytest.mark.parametrize("way", WAYS)
def test_batches_are_predicted_and_evaluated_like_the_arrays(xor, way):
    model, test = xor
    x, y = test.x, np.asarray(test.y)
    np.testing.assert_allclose(predict(model, WAYS[way](x, y)), predict(model, x), atol=1e-7)
    found = evaluate(model, WAYS[way](x, y), n_resamples=0)
    assert found.to_dict() == evaluate(model, test, n_resamples=0).to_dict()


def test_an_ensemble_and_dropout_read_a_generator_once(xor):
    model, test = xor
    expected = predict(model, test.x, uncertainty="dropout", samples=3)
    found = predict(model, (test.x[k : k + 50] for k in range(0, 200, 50)), uncertainty="dropout", samples=3)
    np.testing.assert_allclose(found.mean, expected.mean, atol=1e-6)
    np.testing.assert_allclose(predict([model, model], iter_of(test.x)), predict(model, test.x), atol=1e-7)


def iter_of(x):
    yield x


@pytest.mark.parametrize(
    ("batches", "message"),
    [
        (lambda: (x for x in ()), "at least one batch"),
        (
            lambda: (b for b in [(np.zeros((2, 2), "f4"), np.zeros(2), np.ones(2))]),
            "batch 1 has sample weights",
        ),
        (lambda: (b for b in [(np.zeros((2, 2), "f4"), np.zeros(3))]), "as many labels as examples, 2; batch 1"),
        (lambda: (b for b in [np.zeros((2, 5), "f4")]), r"received \(5,\)"),
    ],
)
def test_other_batches_are_refused(xor, batches, message):
    with pytest.raises(DataError, match=message):
        predict(xor[0], batches())


def test_evaluate_needs_labels(xor):
    with pytest.raises(DataError, match="1 of 1 batches have no labels"):
        evaluate(xor[0], iter_of(xor[1].x))
