"""`ModelInput` and `Task`: checked when built, JSON and back, and the activations."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special

from deepbio.errors import DataError
from deepbio.specs import ModelInput, Task

lengths = st.integers(1, 10_000)
finite = st.floats(-1e6, 1e6)


def _table(n, mean, std):
    return ModelInput("table", (n,), tuple(f"x{i}" for i in range(n)), (mean,) * n, (std,) * n)


inputs = st.one_of(
    lengths.map(lambda n: ModelInput("dna", (n,))),
    st.tuples(lengths, lengths, st.integers(1, 4)).map(lambda shape: ModelInput("image", shape)),
    st.builds(_table, st.integers(1, 20), finite, st.floats(1e-6, 1e6)),
    lengths.map(
        lambda n: ModelInput("text", (n,), tokenizer='{"model": {"vocab": {"[PAD]": 0, "[UNK]": 1, "fever": 2}}}')
    ),
)
tasks = st.one_of(
    st.lists(st.text(max_size=8), min_size=2, max_size=6).map(Task.classify),
    st.builds(
        Task, st.sampled_from(["multilabel", "regression", "counts", "per_position", "profile"]), st.integers(1, 9)
    ),
)


@given(inputs)
def test_an_input_survives_json(input):
    assert ModelInput.from_dict(json.loads(json.dumps(input.to_dict()))) == input


@given(tasks)
def test_a_task_survives_json(task):
    assert Task.from_dict(json.loads(json.dumps(task.to_dict()))) == task


@pytest.mark.parametrize(
    ("modality", "shape", "dtype"),
    [("dna", (60,), "uint8"), ("image", (8, 8, 1), "uint8"), ("table", (30,), "float32"), ("text", (64,), "int32")],
)
def test_the_host_sends_bytes_ids_or_floats(modality, shape, dtype):
    assert ModelInput(modality, shape).dtype == dtype


@pytest.mark.parametrize(
    ("modality", "shape"),
    [("dna", (60, 4)), ("dna", ()), ("dna", (0,)), ("image", (8, 8)), ("table", (3, 2)), ("text", (-1,))],
)
def test_a_shape_that_the_modality_cannot_have_is_refused(modality, shape):
    with pytest.raises(DataError, match=f"one {modality} example has [13] positive dimension"):
        ModelInput(modality, shape)


def test_an_unknown_modality_gets_the_nearest():
    with pytest.raises(DataError, match="Unknown modality 'images'. Did you mean image"):
        ModelInput("images", (8, 8, 1))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["features", "mean", "std"])
def test_one_value_per_column_is_required(name):
    values = {"features": ("a", "b"), "mean": (0.0, 0.0), "std": (1.0, 1.0)}[name]
    with pytest.raises(DataError, match=f"{name} .* 2 columns; the shape \\(3,\\) has 3"):
        ModelInput("table", (3,), **{name: values})


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_a_standard_deviation_that_cannot_be_divided_by_is_refused(bad):
    with pytest.raises(DataError, match="standard deviation of each column must be positive"):
        ModelInput("table", (2,), mean=(0.0, 0.0), std=(1.0, bad))


def test_unknown_fields_are_refused_with_their_names():
    with pytest.raises(DataError, match="modalitty.*Did you mean modality"):
        ModelInput.from_dict({"modalitty": "dna", "shape": [60]})


def test_the_vocabulary_counts_padding_and_unknown():
    assert ModelInput("text", (8,), tokenizer='{"model": {"vocab": {"[PAD]": 0, "[UNK]": 1}}}').vocabulary_size == 2
    with pytest.raises(DataError, match="no tokenizer"):
        _ = ModelInput("text", (8,)).vocabulary_size


def test_two_labels_make_a_binary_task_and_more_a_multiclass_one():
    assert Task.classify(["no", "yes"]) == Task("binary", 1, ("no", "yes"))
    assert Task.classify(["a", "b", "c"]) == Task("multiclass", 3, ("a", "b", "c"))


@pytest.mark.parametrize("labels", [[], ["only"]])
def test_a_single_label_is_refused(labels):
    with pytest.raises(DataError, match="needs at least two"):
        Task.classify(labels)


@pytest.mark.parametrize(
    ("kind", "outputs", "labels"),
    [("binary", 2, ()), ("binary", 1, ("one",)), ("multiclass", 3, ("a", "b")), ("counts", 0, ())],
)
def test_outputs_and_labels_that_do_not_fit_are_refused(kind, outputs, labels):
    with pytest.raises(DataError, match=f"A {kind} task"):
        Task(kind, outputs, labels)


def test_an_unknown_kind_gets_the_nearest():
    with pytest.raises(DataError, match="Did you mean multiclass"):
        Task("multi_class", 3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "one_class_each"),
    [("binary", True), ("multiclass", True), ("multilabel", False), ("counts", False), ("per_position", False)],
)
def test_in_a_classification_each_example_has_one_class(kind, one_class_each):
    assert Task(kind, 1 if kind == "binary" else 3).is_classification == one_class_each


logits = hnp.arrays(
    np.float32, st.tuples(st.integers(1, 5), st.integers(1, 6)), elements=st.floats(-1000, 1000, width=32)
)
profiles = hnp.arrays(np.float32, (2, 5, 3), elements=st.floats(-1000, 1000, width=32))


@given(logits)
def test_the_sigmoid_agrees_with_scipy_at_any_size(z):
    assert np.allclose(Task("multilabel", z.shape[1]).probabilities(z), special.expit(z.astype(np.float64)), rtol=1e-12)


@given(logits)
def test_the_softmax_agrees_with_scipy_at_any_size(z):
    expected = special.softmax(z.astype(np.float64), axis=1)
    assert np.allclose(Task("multiclass", z.shape[1]).probabilities(z), expected, rtol=1e-9, atol=1e-300)


@given(profiles)
def test_a_profile_sums_to_one_over_positions_and_a_class_over_outputs(z):
    assert np.allclose(Task("profile", 3).probabilities(z).sum(axis=1), 1)
    assert np.allclose(Task("per_position", 3).probabilities(z).sum(axis=2), 1)


def test_counts_are_exponentials_and_values_stay_as_they_are():
    assert np.allclose(Task("counts", 1).probabilities(np.array([[0.0], [1.0]])), [[1.0], [np.e]])
    assert Task("regression", 1).probabilities(np.array([[-2.5]])).tolist() == [[-2.5]]


def test_activations_are_computed_in_double_precision():
    assert Task("binary", 1).probabilities(np.zeros((1, 1), np.float32)).dtype == np.float64
