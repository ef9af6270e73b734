"""What users of Keras pass by habit does here what it does there, or is refused before training with what to do."""

import logging
import re

import keras
import numpy as np
import pandas as pd
import pytest

from deepbio.datasets import Dataset, Split, load_dataset
from deepbio.errors import DataError, ModelError, TrainingError
from deepbio.inference import evaluate, predict
from deepbio.specs import Task
from deepbio.training import finetune, fit
from deepbio.training.steps.losses import class_weights, loss_for
from deepbio.zoo import get_model

X = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
Y = np.arange(60) % 3


@pytest.fixture(scope="module")
def data():
    return load_dataset("xor")


def trained(data, **settings):
    return fit(get_model("mlp", dataset=data, seed=0), data, epochs=1, verbose=False, **settings)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda m, d: fit(m, X, Y),
            r"Expected fit\(model, data, \.\.\.\).* fit\(model, Dataset\.from_arrays\(x, y\), epochs=10\)",
        ),
        (lambda m, d: fit(m, x=X, y=Y), r"received no data\. Pass arrays as one data set"),
        (lambda m, d: fit(m, X), r"received ndarray\. Dataset\.from_arrays\(x, y\)"),
        (lambda m, d: fit("mlp", d), r"Pass get_model\('mlp', dataset=data\)"),
        (lambda m, d: finetune(m, X, Y), r"finetune\(model, Dataset\.from_arrays\(x, y\)\)"),
        (lambda m, d: finetune(m, X), r"received ndarray\. Dataset\.from_arrays\(x, y\)"),
        (lambda m, d: finetune(d, d), "received Dataset. Pass the model first"),
        (lambda m, d: evaluate(m, X, Y), r"evaluate\(model, Split\(x, y\)\)"),
        (lambda m, d: evaluate(m, X), r"received ndarray\. Split\(x, y\)"),
        (lambda m, d: evaluate(m, d), r"received the data set xor with all of them\. Pass its test split: data\.test"),
        (lambda m, d: predict(m, d), r"Pass its test split: data\.test"),
        (lambda m, d: predict(m, X, 32), "options by name; received too many positional arguments"),
        (lambda m, d: predict(X, m), r"Expected a Keras model; received ndarray"),
        (lambda m, d: predict("mlp", X), r"Pass get_model\('mlp'\)"),
        (lambda m, d: get_model("mlp", d), r"get_model\(NAME, dataset=data\)"),
    ],
)
def test_arguments_in_the_places_of_keras_are_answered_with_what_to_pass(data, call, message):
    with pytest.raises((DataError, ModelError, TrainingError), match=message):
        call(get_model("mlp", dataset=data, seed=0), data)


def test_an_error_of_types_inside_a_run_stays_as_it_is(data):
    def broken(epoch, logs):
        raise TypeError("in the callback")

    with pytest.raises(TypeError, match="in the callback"):
        trained(data, callbacks=keras.callbacks.LambdaCallback(on_epoch_end=broken))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("validation_split", r"Dataset\.from_arrays\(x, y, fractions"),
        ("validation_data", "with 'train', 'valid' or 'test' per example"),
        ("sample_weight", r"from_arrays\(x, y, sample_weight"),
        ("shuffle", "order follows from seed"),
        ("initial_epoch", "resume=True"),
        ("steps_per_epoch", "from_batches takes steps_per_epoch"),
    ],
)
def test_an_argument_of_keras_is_answered_with_where_it_goes(data, name, message):
    with pytest.raises(TrainingError, match=message):
        trained(data, **{name: 1})


@pytest.mark.parametrize("seed", [None, 1.0, -1, "0", True])
def test_a_seed_that_is_no_whole_number_is_refused(data, seed):
    with pytest.raises(TrainingError, match="seed must be a whole number"):
        trained(data, seed=seed)


def test_a_seed_and_class_weights_of_numpy_are_stored_as_numbers(data, tmp_path):
    weights = {np.int64(0): np.float32(1.0), np.int64(1): np.float64(3.0)}
    run = trained(data, seed=np.int64(3), class_weight=weights, out=tmp_path / "run")
    assert (run.seed, run.settings.class_weight) == (3, {0: 1.0, 1: 3.0})
    same = trained(data, seed=3, class_weight={"same": 1.0, "different": 3.0})
    assert run.history["loss"] == same.history["loss"]


LABELS = Task.classify(("1", "2", "3"))


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({1: 5.0}, [5.0, 1.0, 1.0]),  # the label 1, not the second class
        ({"3": 5.0}, [1.0, 1.0, 5.0]),
        ({0: 2.0, 1: 3.0, 2: 4.0}, [2.0, 3.0, 4.0]),  # 0 is no label, so these are indices
        ({0.0: 2.0, 1.0: 3.0}, [2.0, 3.0, 1.0]),
    ],
)
def test_a_key_of_class_weight_is_a_label_or_else_an_index(weights, expected):
    assert class_weights(LABELS, [], weights) == expected


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({1: -2.0}, "at least 0; received -2.0"),
        ({1: float("nan")}, "at least 0; received nan"),
        ({1: "heavy"}, "received 'heavy'"),
        ({"1": 0, "2": 0, "3": 0}, "0 for every class"),
        ({4: 1.0}, "unknown class 4"),
        (np.ones(3), "dictionary of label to weight"),
    ],
)
def test_class_weights_that_cannot_be_meant_are_refused(weights, message):
    with pytest.raises(TrainingError, match=message):
        class_weights(LABELS, [], weights)


def squared(y, p):
    return (y - p) ** 2


def rounded(y, p):
    return keras.ops.cast(keras.ops.round(p) == y, "float32")


@pytest.mark.parametrize(
    ("task", "loss", "message"),
    [
        # a softmax of one output is 1 whatever the network says
        (Task("binary", 1), keras.losses.CategoricalCrossentropy(from_logits=True), "BinaryCrossentropy.* suits"),
        (Task("binary", 1), keras.losses.SparseCategoricalCrossentropy(from_logits=True), "BinaryCrossentropy.* suits"),
        (LABELS, keras.losses.CategoricalCrossentropy(from_logits=True), "SparseCategoricalCrossentropy.* suits"),
        (LABELS, squared, r"labels of shape \(5,\) and logits of shape \(5, 3\)"),  # a batch of three would broadcast
        (Task("binary", 1), rounded, "does not depend on the logits"),
        (Task("binary", 1), lambda y, p: p[:1, 0], "returns shape"),
        (Task("binary", 1), lambda y, p: 1 / 0, "division by zero"),
    ],
)
def test_a_loss_that_does_not_suit_the_task_is_refused_before_training(task, loss, message):
    with pytest.raises(TrainingError, match=message):
        loss_for(task, loss)


@pytest.mark.parametrize("kind", ["regression", "counts", "multilabel"])
def test_losses_that_suit_are_taken(kind):
    task = Task(kind, 2, ("a", "b") if kind == "multilabel" else ())
    for loss in (
        squared,
        keras.losses.Huber(),
        keras.losses.MeanSquaredLogarithmicError(),
        lambda y, p: y * keras.ops.log(y + 2) - p,
    ):
        assert callable(loss_for(task, loss))


def test_a_callback_that_monitors_what_no_epoch_logs_is_refused(data):
    with pytest.raises(TrainingError, match="monitors 'val_los', which no epoch logs. Did you mean val_loss"):
        trained(data, callbacks=keras.callbacks.EarlyStopping("val_los"))
    adds = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(mine=1.0))
    trained(data, callbacks=[adds, keras.callbacks.EarlyStopping("mine", mode="min")])


def test_tensorboard_without_its_package_is_refused_before_training(data, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(TrainingError, match="pip install tensorboard"):
        trained(data, callbacks=keras.callbacks.TensorBoard(tmp_path))


def test_an_infinite_learning_rate_is_refused(data):
    with pytest.raises(TrainingError, match="learning_rate must be finite"):
        trained(data, learning_rate=float("inf"))


@pytest.mark.parametrize(
    ("y", "kind", "message"),
    [
        (np.eye(3)[Y], None, r"pass y\.argmax\(axis=1\)"),
        ((Y == 1).astype(int)[:, None], None, r"Pass y\.ravel\(\)"),
        (np.eye(3)[Y], "multilabel", ""),
    ],
)
def test_labels_as_keras_takes_them_are_learnt_as_several_labels_with_a_warning(y, kind, message, caplog):
    with caplog.at_level(logging.WARNING, logger="deepbio"):
        assert Dataset.from_arrays(X, y, kind=kind).task.kind == "multilabel"
    assert bool(caplog.records) == bool(message)
    assert re.search(message, caplog.text)


def test_masked_values_are_not_read_as_the_numbers_under_the_mask(data):
    masked = np.ma.masked_less(X, -1)
    for use in (
        lambda: Dataset.from_arrays(masked, Y),
        lambda: Split(masked, Y),
        lambda: Dataset.from_arrays(X, np.ma.masked_equal(Y, 0)),
    ):
        with pytest.raises(DataError, match=r"has \d+ masked values"):
            use()
    with pytest.raises(DataError, match="masked values"):
        predict(get_model("mlp", dataset=data, seed=0), np.ma.masked_less(data.test.x, 0))
    assert Dataset.from_arrays(np.ma.masked_less(X, -100), Y).train.x.shape == (42, 4)  # none is masked


def test_a_frame_and_labels_in_another_order_of_rows_are_refused():
    frame = pd.DataFrame(X, columns=list("abcd"))
    with pytest.raises(DataError, match=r"y\.loc\[x\.index\]"):
        Dataset.from_arrays(frame, pd.Series(Y).sort_values())
    assert Dataset.from_arrays(frame, pd.Series(Y)).task.outputs == 3


def test_numbers_in_an_array_of_objects_are_numbers():
    np.testing.assert_array_equal(Dataset.from_arrays(X.astype(object), Y).train.x, Dataset.from_arrays(X, Y).train.x)
    missing = X.astype(object)
    missing[1, 2] = None
    with pytest.raises(DataError, match="Row 2, column 3: expected a finite number"):
        Dataset.from_arrays(missing, Y)


@pytest.mark.parametrize("batch_size", [-1, 0, 2.5, None, True])
def test_a_batch_size_without_examples_is_refused_by_predict(data, batch_size):
    with pytest.raises(DataError, match="batch_size must be a whole number of at least 1"):
        predict(get_model("mlp", dataset=data, seed=0), data.test.x, batch_size=batch_size)


@pytest.mark.parametrize(
    ("convert", "message"),
    [
        (lambda y: np.eye(2)[y], r"one class per example .* pass y\.argmax\(axis=1\)"),
        (lambda y: y.astype(str), r"positions in the labels .* Dataset\.from_arrays\(x, y\) takes words"),
    ],
)
def test_a_split_of_one_hot_labels_or_words_is_refused_before_training(data, convert, message):
    train = Split(data.train.x, convert(data.train.y))
    with pytest.raises(DataError, match=message):
        fit(
            get_model("mlp", dataset=data),
            Dataset("own", data.task, data.input, train, data.valid, data.test),
            verbose=False,
        )


def test_sample_weights_that_are_all_zero_are_refused(data):
    train = Split(data.train.x, data.train.y, sample_weight=np.zeros(len(data.train)))
    with pytest.raises(TrainingError, match="0 for every example"):
        fit(
            get_model("mlp", dataset=data),
            Dataset("own", data.task, data.input, train, data.valid, data.test),
            verbose=False,
        )
