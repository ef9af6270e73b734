import keras
import numpy as np
import pytest

from deepbio.datasets import load_dataset
from deepbio.errors import DataError
from deepbio.inference import predict
from deepbio.inference.prediction_table import prediction_rows
from deepbio.specs import Task
from deepbio.zoo import get_model


@pytest.fixture(scope="module")
def dna():
    return get_model("dna_cnn", input_shape=20, outputs=3, seed=0)


def test_batches_do_not_change_predictions():
    data = load_dataset("xor")
    model = get_model("mlp", dataset=data, seed=0)
    whole = predict(model, data.test, batch_size=1000)
    np.testing.assert_allclose(predict(model, data.test, batch_size=7), whole, atol=1e-7)


def test_a_binary_task_gives_one_probability_per_example():
    data = load_dataset("xor")
    p = predict(get_model("mlp", dataset=data, seed=0), data.test)
    assert p.shape == (200,)
    assert ((p >= 0) & (p <= 1)).all()


def test_a_last_sigmoid_is_not_applied_twice():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, activation="sigmoid")])
    x = np.float32([[1, 2], [-3, 4]])
    np.testing.assert_allclose(predict(model, x, task=Task("binary", 1)), np.asarray(model(x))[:, 0], atol=1e-7)


def test_sequences_are_predicted_like_their_codes(dna):
    text = ["ACGTNACGTNACGTNACGTN", "acgtnacgtnacgtnacgtn"]
    codes = np.tile([0, 1, 2, 3, 4], (2, 4)).astype(np.uint8)
    np.testing.assert_array_equal(predict(dna, text), predict(dna, codes))


def test_a_sequence_of_the_wrong_length_is_named(dna):
    with pytest.raises(DataError, match="Expected sequences of 20 bases; number 2 has 3"):
        predict(dna, ["A" * 20, "ACG"])


def test_an_empty_list_is_refused(dna):
    with pytest.raises(DataError, match="at least one example"):
        predict(dna, [])


@pytest.mark.parametrize(
    "x", [np.zeros((2, 19), np.uint8), np.zeros((2, 20, 4), np.uint8), np.full((2, 20), 300), np.zeros((2, 20))]
)
def test_arrays_that_do_not_fit_are_refused(dna, x):
    with pytest.raises(DataError, match="Expected"):
        predict(dna, x)


def test_whole_numbers_of_another_dtype_are_taken(dna):
    x = np.zeros((2, 20), np.int64)
    np.testing.assert_array_equal(predict(dna, x), predict(dna, x.astype(np.uint8)))


def test_a_missing_file_is_named(dna):
    with pytest.raises(DataError, match=r"no_such.fa; there is none"):
        predict(dna, "no_such.fa")


def test_prediction_rows_name_the_likeliest_label():
    header, rows = prediction_rows(Task.classify(("N", "EI", "IE")), ["a"], np.array([[0.1, 0.7, 0.2]]))
    assert header == ["id", "label", "p_N", "p_EI", "p_IE"]
    assert rows == [["a", "EI", "0.1", "0.7", "0.2"]]
