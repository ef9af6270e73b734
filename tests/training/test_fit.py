import keras
import numpy as np
import pytest

from deepbio.datasets import Dataset, Split, load_dataset
from deepbio.errors import DataError, ModelError, TrainingError
from deepbio.inference import evaluate
from deepbio.specs import Task
from deepbio.training import fit
from deepbio.zoo import get_model, weights_hash


@pytest.fixture(scope="module")
def xor():
    return load_dataset("xor")


def with_labels(data, y_train):
    train = Split(data.train.x, y_train, data.train.ids, data.train.groups)
    return Dataset(data.name, data.task, data.input, train, data.valid, data.test)


def test_two_runs_with_one_seed_end_with_equal_weights(xor):
    hashes = set()
    for _ in range(2):
        model = get_model("mlp", dataset=xor, seed=3, dropout=0.3)
        fit(model, xor, seed=4, epochs=5, verbose=False)
        hashes.add(weights_hash(model))
    assert len(hashes) == 1


def test_another_seed_leads_to_other_weights(xor):
    hashes = set()
    for seed in (1, 2):
        model = get_model("mlp", dataset=xor, seed=3)
        fit(model, xor, seed=seed, epochs=2, verbose=False)
        hashes.add(weights_hash(model))
    assert len(hashes) == 2


@pytest.mark.parametrize("rule", ["perceptron", "auto"])
def test_the_perceptron_cannot_learn_exclusive_or(xor, rule):
    # a line is right for three corners of four at most (Minsky and Papert 1969); the corners have equally many points
    model = get_model("perceptron", dataset=xor, seed=0)
    settings = {} if rule == "perceptron" else {"optimizer": "adam", "learning_rate": 0.05, "batch_size": 32}
    fit(model, xor, loss=rule, verbose=False, **settings)
    assert evaluate(model, xor.test)["accuracy"].value <= 0.75


def test_a_hidden_layer_learns_exclusive_or(xor):
    model = get_model("mlp", dataset=xor, seed=0)
    fit(model, xor, verbose=False)
    assert evaluate(model, xor.test)["accuracy"].value == 1.0


def test_the_perceptron_rule_adds_the_example_it_got_wrong():
    # one positive example (2, -1), weights zero: the answer is not positive, so w becomes x and b becomes 1
    xor = load_dataset("xor")
    x, y = np.array([[2.0, -1.0], [2.0, -1.0]], np.float32), np.array([1, 0])
    one = Split(x[:1], y[:1])
    spec = type(xor.input)("table", (2,))
    data = Dataset("one", Task("binary", 1), spec, Split(x, y), one, one)
    model = get_model("perceptron", dataset=data)
    from deepbio.training.steps.losses import loss_for

    with __import__("tensorflow").GradientTape() as tape:
        loss = loss_for(data.task, "perceptron")(y[:1], model(x[:1]))
    gradient = tape.gradient(loss, model.trainable_variables)
    np.testing.assert_array_equal(gradient[0].numpy().ravel(), [-2.0, 1.0])
    np.testing.assert_array_equal(gradient[1].numpy(), [-1.0])


def test_any_keras_callback_works_and_sees_every_batch(xor):
    class Count(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.batches, self.epochs, self.began = 0, [], False

        def on_train_begin(self, logs=None):
            self.began = True

        def on_train_batch_end(self, batch, logs=None):
            self.batches += 1
            assert np.isfinite(logs["loss"])

        def on_epoch_end(self, epoch, logs=None):
            self.epochs.append(sorted(logs))

    count = Count()
    fit(get_model("mlp", dataset=xor, seed=0), xor, epochs=2, batch_size=64, callbacks=[count], verbose=False)
    assert count.began
    assert count.batches == 2 * 7  # 400 examples in batches of 64
    assert count.epochs == [["learning_rate", "loss", "seconds", "val_accuracy", "val_loss"]] * 2


def test_steps_per_call_do_not_change_the_result(xor):
    hashes = set()
    for steps in (1, 3, None):
        model = get_model("mlp", dataset=xor, seed=0, dropout=0.2)
        fit(model, xor, epochs=3, steps_per_execution=steps, verbose=False)
        hashes.add(weights_hash(model))
    assert len(hashes) == 1


def test_a_streamed_split_trains_like_one_on_the_device(xor):
    class Streamed:
        def __init__(self, x):
            self._x, self.shape, self.dtype = x, x.shape, x.dtype

        def __len__(self):
            return len(self._x)

        def __getitem__(self, indices):
            return self._x[indices]

    streamed = Dataset(
        "s", xor.task, xor.input, Split(Streamed(xor.train.x), xor.train.y), xor.valid, xor.test
    )  # fmt: skip
    hashes = set()
    for data in (xor, streamed):
        model = get_model("mlp", dataset=xor, seed=0)
        fit(model, data, epochs=3, verbose=False)
        hashes.add(weights_hash(model))
    assert len(hashes) == 1


def test_early_stopping_restores_the_best_weights(xor):
    rng = np.random.Generator(np.random.Philox(0))
    noisy = with_labels(xor, rng.permutation(xor.train.y))
    model = get_model("mlp", dataset=noisy, seed=0, units=(64, 64))
    run = fit(model, noisy, epochs=60, patience=3, learning_rate=0.01, verbose=False)
    assert len(run.history["loss"]) < 60
    assert run.valid["log_loss"].value == pytest.approx(min(run.history["val_loss"]), rel=1e-4)


def test_balanced_class_weights_move_the_threshold(xor):
    keep = np.flatnonzero((xor.train.y == 0) | (np.arange(len(xor.train)) % 10 == 0))
    imbalanced = Dataset("imbalanced", xor.task, xor.input, xor.train.take(keep), xor.valid, xor.test)
    p = {}
    for weight in (None, "balanced"):
        model = get_model("logistic", dataset=imbalanced, seed=0)
        run = fit(model, imbalanced, epochs=30, class_weight=weight, patience=0, verbose=False)
        p[weight] = run.valid.p.mean()
    assert p[None] < 0.2
    assert 0.4 < p["balanced"] < 0.6


@pytest.mark.parametrize("schedule", ["constant", "cosine", "plateau"])
def test_every_schedule_trains(xor, schedule):
    run = fit(get_model("mlp", dataset=xor, seed=0), xor, epochs=12, schedule=schedule, verbose=False)
    rates = run.history["learning_rate"]
    assert (rates[-1] < 0.1 * rates[0]) == (schedule == "cosine")


def test_a_moving_average_of_the_weights_is_what_remains(xor):
    plain, smooth = get_model("mlp", dataset=xor, seed=0), get_model("mlp", dataset=xor, seed=0)
    fit(plain, xor, epochs=3, patience=0, verbose=False)
    fit(smooth, xor, epochs=3, patience=0, ema=0.9, verbose=False)
    assert weights_hash(plain) != weights_hash(smooth)


def test_a_loss_that_is_not_finite_stops_with_step_and_examples(xor):
    model = get_model("mlp", dataset=xor, seed=0)
    with pytest.raises(TrainingError, match=r"became (nan|inf) at epoch \d, step \d+\. Its batch: train:"):
        fit(model, xor, optimizer="sgd", learning_rate=1e30, epochs=3, verbose=False)


def test_a_value_that_is_not_finite_is_named_before_training(xor):
    x = np.array(xor.train.x)
    x[7, 1] = np.nan
    broken = Dataset("b", xor.task, xor.input, Split(x, xor.train.y, xor.train.ids), xor.valid, xor.test)
    with pytest.raises(DataError, match="example train:8 of the train split has a value of 'x2'"):
        fit(get_model("mlp", dataset=xor, seed=0), broken, epochs=1, verbose=False)


def test_shared_groups_are_refused(xor):
    leaky = Dataset("leaky", xor.task, xor.input, xor.train, xor.train, xor.test)
    with pytest.raises(DataError, match=r"400 group\(s\) are in both the train and the valid split"):
        fit(get_model("mlp", dataset=xor), leaky, verbose=False)


def test_one_class_only_is_refused(xor):
    with pytest.raises(DataError, match="1 of 2 classes and lacks different"):
        fit(get_model("mlp", dataset=xor), with_labels(xor, np.zeros_like(xor.train.y)), verbose=False)


def test_a_model_that_does_not_fit_the_data_is_refused(xor):
    with pytest.raises(ModelError, match=r"input of shape \(3,\); xor has \(2,\)"):
        fit(get_model("mlp", input_shape=3, outputs=1), xor, verbose=False)
    with pytest.raises(ModelError, match="4 output"):
        fit(get_model("mlp", input_shape=2, outputs=4), xor, verbose=False)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"lerning_rate": 1}, "Did you mean learning_rate"),
        ({"optimizer": "adamm"}, "Did you mean adam"),
        ({"learning_rate": -1.0}, "must be positive"),
        ({"epochs": 0}, "at least 1"),
        ({"batch_size": 2.5}, "whole number"),
        ({"schedule": "cosin"}, "Did you mean cosine"),
        ({"class_weight": {"nothing": 2}}, "unknown class"),
        ({"momentum": 0.9}, "setting of sgd"),
        ({"label_smoothing": 1.5}, "under 1"),
    ],
)
def test_a_wrong_setting_is_refused(xor, setting, message):
    with pytest.raises(TrainingError, match=message):
        fit(get_model("mlp", dataset=xor), xor, verbose=False, **setting)


def test_a_run_is_not_overwritten_unless_asked(xor, tmp_path):
    for overwrite in (False, True):
        fit(get_model("mlp", dataset=xor), xor, epochs=1, out=tmp_path / "run", overwrite=overwrite, verbose=False)
    with pytest.raises(TrainingError, match="already contains a run"):
        fit(get_model("mlp", dataset=xor), xor, epochs=1, out=tmp_path / "run", verbose=False)
