import numpy as np
import pytest

from deepbio.datasets import Split, load_dataset
from deepbio.errors import DataError
from deepbio.inference import Evaluation, evaluate, predict
from deepbio.inference.predict import prediction_rows
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


def test_a_binary_task_gives_one_probability_an_example():
    data = load_dataset("xor")
    p = predict(get_model("mlp", dataset=data, seed=0), data.test)
    assert p.shape == (200,)
    assert ((p >= 0) & (p <= 1)).all()


def test_sequences_are_predicted_like_their_codes(dna):
    text = ["ACGTNACGTNACGTNACGTN", "acgtnacgtnacgtnacgtn"]
    codes = np.tile([0, 1, 2, 3, 4], (2, 4)).astype(np.uint8)
    np.testing.assert_array_equal(predict(dna, text), predict(dna, codes))


def test_a_sequence_of_the_wrong_length_is_named(dna):
    with pytest.raises(DataError, match="Expected sequences of 20 letters; number 2 has 3"):
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


def test_evaluating_an_empty_split_is_refused():
    data = load_dataset("xor")
    model = get_model("mlp", dataset=data)
    with pytest.raises(DataError, match="empty"):
        evaluate(model, data.test.take([]))


def test_evaluate_needs_to_know_the_task(dna):
    with pytest.raises(DataError, match="pass task="):
        evaluate(dna, Split(np.zeros((2, 20), np.uint8), np.array([0, 1])))


def test_an_evaluation_repeats_and_its_intervals_hold_the_value():
    data = load_dataset("breast_cancer")
    model = get_model("mlp", dataset=data, seed=0)
    first, second = (evaluate(model, data.test, draws=200) for _ in range(2))
    assert first.to_dict() == second.to_dict()
    for estimate in first.metrics.values():
        assert estimate.low <= estimate.value <= estimate.high
    assert first.confusion is not None
    assert first.confusion.sum() == len(data.test)


def test_of_many_classes_the_written_confusions_are_the_pairs_that_occur():
    few = Evaluation({}, Task.classify(("a", "b")), 3, np.empty(0), np.empty(0), np.array([[2, 0], [1, 0]]))
    assert few.to_dict()["confusion"] == [[2, 0], [1, 0]]
    counts = np.zeros((101, 101), np.int64)
    counts[7, 7], counts[7, 100] = 5, 2
    many = Evaluation({}, Task.classify([str(i) for i in range(101)]), 7, np.empty(0), np.empty(0), counts).to_dict()
    assert "confusion" not in many
    assert many["confusion_pairs"] == [[7, 7, 5], [7, 100, 2]]


def test_prediction_rows_name_the_likeliest_label():
    header, rows = prediction_rows(Task.classify(("N", "EI", "IE")), ["a"], np.array([[0.1, 0.7, 0.2]]))
    assert header == ["id", "label", "p_N", "p_EI", "p_IE"]
    assert rows == [["a", "EI", "0.1", "0.7", "0.2"]]
