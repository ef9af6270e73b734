"""Keras callbacks in `fit` act as in `Model.fit`, or are refused before training."""

import logging

import keras
import numpy as np
import pytest

from deepbio.datasets import load_dataset
from deepbio.errors import TrainingError
from deepbio.training import fit
from deepbio.zoo import get_model


@pytest.fixture(scope="module")
def data():
    return load_dataset("xor")


def _fit(data, callbacks, **settings):
    return fit(
        get_model("mlp", dataset=data, seed=0), data, callbacks=callbacks, verbose=False, **{"epochs": 2, **settings}
    )


class _Counter(keras.callbacks.Callback):
    def __init__(self, stop_after=None):
        super().__init__()
        self.batches, self.tests, self.stop_after = 0, [], stop_after

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1
        self.model.stop_training = self.batches == self.stop_after

    def on_test_end(self, logs=None):
        self.tests.append(logs)


def test_a_hook_of_the_object_sees_every_batch(data):
    seen = []
    _fit(data, keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch)), batch_size=64)
    steps = -(-len(data.train) // 64)
    assert seen == [*range(steps), *range(steps)]


def test_a_batch_hook_that_asks_to_stop_stops_there(data):
    counter = _Counter(stop_after=3)
    run = _fit(data, [counter], batch_size=64, epochs=5)
    assert counter.batches == 3
    assert len(run.history["loss"]) == 1


def test_validation_calls_the_hooks_of_a_test(data):
    counter = _Counter()
    run = _fit(data, counter)
    assert [found["loss"] for found in counter.tests] == run.history["val_loss"]


@pytest.mark.parametrize(
    ("monitor", "mode"), [("val_accuracy", "max"), ("val_auroc", "max"), ("val_loss", "min"), ("loss", "min")]
)
def test_a_monitor_knows_its_direction(data, monitor, mode):
    stop = keras.callbacks.EarlyStopping(monitor, patience=5)
    _fit(data, [stop], metrics=["auroc"])
    assert stop.mode == mode
    assert np.isfinite(stop.best)


@pytest.mark.parametrize(
    ("callback", "settings", "message"),
    [
        (keras.callbacks.LearningRateScheduler(lambda epoch: 0.1), {"schedule": "cosine"}, "schedule='constant'"),
        (keras.callbacks.ReduceLROnPlateau(), {"schedule": "cosine"}, "schedule='constant'"),
        (keras.callbacks.BackupAndRestore("backup"), {}, "resume=True"),
        (keras.callbacks.EarlyStopping, {}, r"EarlyStopping\(\.\.\.\)"),
        (print, {}, "keras.callbacks.Callback objects"),
    ],
)
def test_a_callback_that_cannot_work_is_refused_before_training(data, callback, settings, message):
    with pytest.raises(TrainingError, match=message):
        _fit(data, [callback], **settings)


def test_a_resumed_callback_continues_its_progress_and_keeps_its_new_arguments(data, tmp_path, caplog):
    stop = keras.callbacks.EarlyStopping("val_loss", patience=3)
    with pytest.raises(KeyboardInterrupt):
        _fit(data, [stop, _LeaveAt(2)], epochs=6, out=tmp_path / "run", checkpoint_steps=1)
    again = keras.callbacks.EarlyStopping("val_loss", patience=50)
    with caplog.at_level(logging.INFO, logger="deepbio"):
        run = _fit(data, [again, _LeaveAt(None)], epochs=6, out=tmp_path / "run", resume=True, checkpoint_steps=1)
    assert again.patience == 50
    assert "patience is 50 from here on; the run began with 3" in caplog.text
    assert again.best == pytest.approx(min(run.history["val_loss"]))


class _LeaveAt(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def test_a_csv_log_that_is_continued_has_one_header(data, tmp_path):
    file, options = tmp_path / "log.csv", {"epochs": 4, "out": tmp_path / "run", "checkpoint_steps": 1}
    log = keras.callbacks.CSVLogger(file, append=True)
    with pytest.raises(KeyboardInterrupt):
        _fit(data, [log, _LeaveAt(2)], **options)
    log.csv_file.close()  # Keras leaves it open
    _fit(data, [keras.callbacks.CSVLogger(file, append=True), _LeaveAt(None)], resume=True, **options)
    first = [line.split(",")[0] for line in file.read_text(encoding="utf-8").splitlines()]
    assert first.count("epoch") == 1  # an epoch after the last checkpoint may be there twice
    assert first[-2:] == ["2", "3"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"clip_norm": 0.0}, "clip_norm must be positive"),
        ({"weight_decay": -0.1}, "weight_decay must be at least 0"),
        ({"warmup": 0.1, "schedule": "constant"}, "warmup=0.1 is part of the schedule 'cosine'"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"patience": -1}, "patience must be at least 0"),
    ],
)
def test_a_setting_out_of_range_is_refused(data, settings, message):
    with pytest.raises(TrainingError, match=message):
        _fit(data, None, **settings)


def test_numbers_of_numpy_are_settings_as_python_s_are(data, tmp_path):
    numbers = {
        "epochs": np.int64(1),
        "batch_size": np.int32(32),
        "learning_rate": np.float32(0.01),
        "patience": np.int64(2),
    }
    run = _fit(data, None, out=tmp_path / "run", **numbers)
    assert run.settings.to_dict()["batch_size"] == 32
    assert (tmp_path / "run" / "preset.json").exists()
