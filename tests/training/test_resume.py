"""A run that is cut off goes on as if it had not been."""

import json
import os
import signal
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from deepbio.datasets import load_dataset
from deepbio.errors import TrainingError
from deepbio.training import fit
from deepbio.training.checkpoints import checkpoint
from deepbio.training.checkpoints.checkpoint import Checkpoints, State
from deepbio.training.checkpoints.preemption import preemption_request
from deepbio.zoo import get_model, weights_hash
from tests.training.processes import finish, start


@pytest.fixture(scope="module")
def xor():
    return load_dataset("xor")


class StopAt(keras.callbacks.Callback):
    """Breaks a run off after some steps, as a crash would."""

    def __init__(self, steps):
        super().__init__()
        self.left = steps

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


EVERYTHING = {
    "optimizer": "adamw", "learning_rate": 0.01, "ema": 0.9, "schedule": "plateau", "patience": 3, "epochs": 9,
    "batch_size": 64, "steps_per_execution": 1, "verbose": False,
}  # fmt: skip


def broken_off(xor, folder, steps, **settings):
    with pytest.raises(KeyboardInterrupt):
        fit(get_model("mlp", dataset=xor, seed=0, dropout=0.3), xor, out=folder, callbacks=[StopAt(steps)], **settings)


@pytest.mark.parametrize("steps", [2, 7, 11, 30])
def test_a_resumed_run_equals_the_whole_one_bit_for_bit(xor, tmp_path, steps):
    whole = get_model("mlp", dataset=xor, seed=0, dropout=0.3)
    expected = fit(whole, xor, **EVERYTHING)
    broken_off(xor, tmp_path, steps, checkpoint_steps=2, **EVERYTHING)
    model = get_model("mlp", dataset=xor, seed=0, dropout=0.3)
    run = fit(model, xor, out=tmp_path, resume=True, checkpoint_steps=2, **EVERYTHING)
    assert weights_hash(model) == weights_hash(whole)
    for name in ("loss", "val_loss", "learning_rate"):
        assert run.history[name] == expected.history[name]


def test_a_checkpoint_older_than_a_setting_resumes(xor, tmp_path):
    broken_off(xor, tmp_path, 7, checkpoint_steps=2, **EVERYTHING)
    checkpoints = Checkpoints(tmp_path)
    state = checkpoints.latest()
    del state.run["settings"]["augment"], state.run["settings"]["sampling"]
    checkpoints.save(state, step=99)
    fit(get_model("mlp", dataset=xor, seed=0, dropout=0.3), xor, out=tmp_path, resume=True, **EVERYTHING)
    broken_off(xor, tmp_path / "other", 7, checkpoint_steps=2, **EVERYTHING)
    model = get_model("mlp", dataset=xor, seed=0, dropout=0.3)
    with pytest.raises(TrainingError, match="differ in settings.sampling"):
        fit(model, xor, out=tmp_path / "other", resume=True, sampling="balanced", **EVERYTHING)


def test_float16_resumes_with_its_loss_scale(xor, tmp_path):
    settings = {**EVERYTHING, "precision": "mixed_float16", "ema": None}
    whole = get_model("mlp", dataset=xor, seed=0, dropout=0.3)
    fit(whole, xor, **settings)
    broken_off(xor, tmp_path, 9, checkpoint_steps=2, **settings)
    model = get_model("mlp", dataset=xor, seed=0, dropout=0.3)
    fit(model, xor, out=tmp_path, resume=True, checkpoint_steps=2, **settings)
    assert weights_hash(model) == weights_hash(whole)


def test_a_torn_checkpoint_is_passed_over_with_a_warning(xor, tmp_path, caplog):
    broken_off(xor, tmp_path, 9, checkpoint_steps=2, **EVERYTHING)
    newest, before = Checkpoints(tmp_path).files()
    newest.write_bytes(newest.read_bytes()[: newest.stat().st_size // 2])
    assert Checkpoints(tmp_path).latest().losses.size == int(before.name.split("-")[0]) % 7
    assert f"{newest} is damaged" in caplog.text
    whole, model = (get_model("mlp", dataset=xor, seed=0, dropout=0.3) for _ in range(2))
    fit(whole, xor, **EVERYTHING)
    fit(model, xor, out=tmp_path, resume=True, **EVERYTHING)
    assert weights_hash(model) == weights_hash(whole)


@pytest.mark.parametrize(("format", "advice"), [(0, "older.*Finish the run with it"), (9, "newer.*Upgrade deepbio")])
def test_a_checkpoint_of_another_format_says_the_next_step(xor, tmp_path, monkeypatch, format, advice):
    monkeypatch.setattr(checkpoint, "CHECKPOINT_FORMAT", format)
    broken_off(xor, tmp_path, 5, checkpoint_steps=2, **EVERYTHING)
    monkeypatch.undo()
    with pytest.raises(TrainingError, match=rf"{advice}, or pass overwrite=True"):
        fit(get_model("mlp", dataset=xor, seed=0, dropout=0.3), xor, out=tmp_path, resume=True, **EVERYTHING)


def test_the_last_checkpoints_are_kept_and_what_a_killed_process_left_is_cleared(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep=3)
    for step in range(6):
        state = State({}, step, np.ones(2, np.float32), {}, {"w": np.full(3, step)})
        checkpoints.folder.mkdir(exist_ok=True)
        (checkpoints.folder / ".writing-left-whole.npz").write_bytes(b"half")
        checkpoints.save(state, step=step)
    assert [int(path.name.split("-")[0]) for path in checkpoints.files()] == [5, 4, 3]
    assert len(list(checkpoints.folder.iterdir())) == 3
    assert checkpoints.latest().arrays["w"].tolist() == [5, 5, 5]


def test_a_checkpoint_that_another_process_removes_during_the_listing_is_left_out(tmp_path, monkeypatch):
    checkpoints = Checkpoints(tmp_path, keep=3)
    older, newer = (checkpoints.save(State({}, 0, np.zeros(0, "float32"), {}, {}), step=step) for step in (1, 2))
    glob = Path.glob

    def listed_then_removed(folder, pattern):
        found = list(glob(folder, pattern))
        older.unlink(missing_ok=True)
        return iter(found)

    monkeypatch.setattr(Path, "glob", listed_then_removed)
    assert checkpoints.files() == [newer]


def test_a_checkpoint_contains_no_pickle(xor, tmp_path):
    broken_off(xor, tmp_path, 9, checkpoint_steps=2, **EVERYTHING)
    with np.load(Checkpoints(tmp_path).files()[0], allow_pickle=False) as content:
        kinds = {name: content[name].dtype.kind for name in content.files}
    assert set(kinds.values()) <= set("biuf")


def test_a_finished_run_leaves_no_checkpoints(xor, tmp_path):
    fit(get_model("mlp", dataset=xor), xor, out=tmp_path, epochs=2, verbose=False)
    assert not (tmp_path / "checkpoints").exists()
    assert (tmp_path / "preset.json").exists()


def test_an_unfinished_run_is_neither_mixed_up_nor_lost(xor, tmp_path):
    broken_off(xor, tmp_path, 9, checkpoint_steps=2, **EVERYTHING)
    model = get_model("mlp", dataset=xor, seed=0, dropout=0.3)
    with pytest.raises(TrainingError, match="not finished. Pass resume=True"):
        fit(model, xor, out=tmp_path, **EVERYTHING)
    with pytest.raises(TrainingError, match=r"differ in settings\.learning_rate"):
        fit(model, xor, out=tmp_path, resume=True, **{**EVERYTHING, "learning_rate": 0.02})
    with pytest.raises(TrainingError, match=r"differ in model\.config\.dropout"):
        fit(get_model("mlp", dataset=xor, seed=0), xor, out=tmp_path, resume=True, **EVERYTHING)
    with pytest.raises(TrainingError, match="pass out="):
        fit(model, xor, resume=True, **EVERYTHING)
    fit(model, xor, out=tmp_path, overwrite=True, **{**EVERYTHING, "epochs": 1})


def test_the_plain_attributes_of_any_callback_are_restored(xor, tmp_path):
    class Counts(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.epochs, self.seen, self.table = 0, {"a": [1.5]}, np.zeros(2)

        def on_epoch_end(self, epoch, logs=None):
            self.epochs += 1
            self.table = self.table + 1

    first, second = Counts(), Counts()
    with pytest.raises(KeyboardInterrupt):
        fit(
            get_model("mlp", dataset=xor, seed=0), xor, out=tmp_path, callbacks=[first, StopAt(16)], checkpoint_steps=1,
            **EVERYTHING,
        )  # fmt: skip
    assert first.epochs == 2
    fit(get_model("mlp", dataset=xor, seed=0), xor, out=tmp_path, callbacks=[second], resume=True, **EVERYTHING)
    assert second.epochs == EVERYTHING["epochs"]
    assert second.table.tolist() == [9.0, 9.0]


def kill_and_resume(tmp_path, name, kills, seed, *, slow="0.05"):
    """Kill at random moments until the run comes through; give hash, kills, and kills while a checkpoint was written."""
    random, in_writes = np.random.Generator(np.random.Philox(seed)), 0
    for struck in range(kills + 1):
        process = start("resumable.py", tmp_path / "run", name, SLOW=slow if struck < kills else "0", EPOCHS="8")
        seen = set(Checkpoints(tmp_path / "run").files())
        until = time.monotonic() + 90
        # strike once there is progress, then at a random moment
        while process.poll() is None and time.monotonic() < until and struck < kills:
            if set(Checkpoints(tmp_path / "run").files()) - seen:
                time.sleep(random.uniform(0, 6 * float(slow)))  # a cycle: three steps, three syncs
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.005)
        [(code, out, err)] = finish(process)
        if code == 0:
            return out.strip(), struck, in_writes
        assert code == -signal.SIGKILL, err[-3000:]
        in_writes += any((tmp_path / "run" / "checkpoints").glob(".writing-*"))
    raise AssertionError("the run never came through")


@pytest.mark.slow
@pytest.mark.multiworker
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["mlp", "dna_cnn"])
def test_kill_9_at_twenty_random_moments_changes_nothing(tmp_path, name):
    [(code, expected, err)] = finish(start("resumable.py", tmp_path / "whole", name, EPOCHS="8"))
    assert code == 0, err
    found, kills, in_writes = kill_and_resume(tmp_path, name, 20, seed=1, slow="0.15")
    print(f"{name}: {kills} kills, {in_writes} of them while a checkpoint was written")
    assert (found, kills) == (expected.strip(), 20)
    assert in_writes


def test_sigterm_saves_says_so_and_leaves_with_0(xor, tmp_path, caplog):
    class Preempt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 3:
                os.kill(os.getpid(), signal.SIGTERM)

    handler = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as leaving:
        fit(get_model("mlp", dataset=xor, seed=0, dropout=0.3), xor, out=tmp_path, callbacks=[Preempt()], **EVERYTHING)
    assert leaving.value.code == 0
    assert "saved at epoch 1, step 4. Go on with resume=True" in caplog.text
    assert signal.getsignal(signal.SIGTERM) is handler
    whole, model = (get_model("mlp", dataset=xor, seed=0, dropout=0.3) for _ in range(2))
    fit(whole, xor, **EVERYTHING)
    fit(model, xor, out=tmp_path, resume=True, **EVERYTHING)
    assert weights_hash(model) == weights_hash(whole)


@pytest.fixture
def keyboard():
    """Ctrl-C as in the foreground: a process in the background may have been told to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("keyboard")
def test_ctrl_c_saves_says_so_and_interrupts(xor, tmp_path, caplog):
    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 3:
                os.kill(os.getpid(), signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        fit(get_model("mlp", dataset=xor, seed=0), xor, out=tmp_path, callbacks=[Interrupt()], **EVERYTHING)
    assert "Asked to end (Ctrl-C): saved at epoch 1, step 4. Go on with resume=True" in caplog.text
    assert signal.getsignal(signal.SIGINT) is handler
    assert len(Checkpoints(tmp_path).files()) == 1


@pytest.mark.usefixtures("keyboard")
def test_a_second_ctrl_c_does_not_wait():
    with preemption_request() as request:
        os.kill(os.getpid(), signal.SIGINT)
        assert request.made
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_a_run_goes_on_for_more_epochs(xor, tmp_path):
    longer = {**EVERYTHING, "epochs": 10}
    broken_off(xor, tmp_path, 60, checkpoint_steps=2, **EVERYTHING)
    run = fit(get_model("mlp", dataset=xor, seed=0, dropout=0.3), xor, out=tmp_path, resume=True, **longer)
    assert 9 <= len(run.history["loss"]) <= 10


def test_logs_are_whole_and_without_doubles_after_a_resume(xor, tmp_path):
    settings = {**EVERYTHING, "patience": 0}
    broken_off(xor, tmp_path / "run", 16, log_dir=tmp_path / "log", **settings)
    model = get_model("mlp", dataset=xor, seed=0, dropout=0.3)
    run = fit(model, xor, out=tmp_path / "run", log_dir=tmp_path / "log", resume=True, **settings)
    rows = [json.loads(line) for line in (tmp_path / "log" / "history.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in rows] == list(range(1, 10))
    assert [row["val_loss"] for row in rows] == run.history["val_loss"]
    assert len((tmp_path / "log" / "history.csv").read_text().splitlines()) == 10
    assert any(path.name.startswith("events.out.tfevents") for path in (tmp_path / "log").iterdir())
