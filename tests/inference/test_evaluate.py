import numpy as np
import pytest

from deepbio.datasets import Split, load_dataset
from deepbio.errors import DataError
from deepbio.inference import Evaluation, evaluate
from deepbio.specs import Task
from deepbio.zoo import get_model


def test_evaluating_an_empty_split_is_refused():
    data = load_dataset("xor")
    model = get_model("mlp", dataset=data)
    with pytest.raises(DataError, match="empty"):
        evaluate(model, data.test.take([]))


def test_evaluate_needs_to_know_the_task():
    dna = get_model("dna_cnn", input_shape=20, outputs=3, seed=0)
    with pytest.raises(DataError, match="pass task="):
        evaluate(dna, Split(np.zeros((2, 20), np.uint8), np.array([0, 1])))


def test_an_evaluation_repeats_and_its_intervals_contain_the_value():
    data = load_dataset("breast_cancer")
    model = get_model("mlp", dataset=data, seed=0)
    first, second = (evaluate(model, data.test, n_resamples=200) for _ in range(2))
    assert first.to_dict() == second.to_dict()
    for estimate in first.metrics.values():
        assert estimate.low <= estimate.value <= estimate.high
    assert first.confusion is not None
    assert first.confusion.sum() == len(data.test)


def test_the_confusions_of_many_classes_are_written_as_the_pairs_that_occur():
    few = Evaluation({}, Task.classify(("a", "b")), 3, np.empty(0), np.empty(0), np.array([[2, 0], [1, 0]]))
    assert few.to_dict()["confusion"] == [[2, 0], [1, 0]]
    counts = np.zeros((101, 101), np.int64)
    counts[7, 7], counts[7, 100] = 5, 2
    many = Evaluation({}, Task.classify([str(i) for i in range(101)]), 7, np.empty(0), np.empty(0), counts).to_dict()
    assert "confusion" not in many
    assert many["confusion_pairs"] == [[7, 7, 5], [7, 100, 2]]
