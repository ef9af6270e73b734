"""`deepbio launch`: processes that train together, and come back when one dies."""

import contextlib
import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.training.processes import finish, start

FIT = ("fit", "mlp", "xor", "--set", "dropout=0.3", "--batch-size", "32", "--checkpoint-steps", "5", "--quiet")


def worker_pids(parent):
    """Return the processes that `parent` started, by their place in the cluster."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, KeyError, ValueError):
            if int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1]) == parent:
                variables = dict(v.split("=", 1) for v in (folder / "environ").read_text().split("\0") if "=" in v)
                found[json.loads(variables["TF_CONFIG"])["task"]["index"]] = int(folder.name)
    return found


@pytest.mark.slow
@pytest.mark.multiworker
@pytest.mark.timeout(600)
def test_a_worker_that_dies_is_noticed_and_the_run_ends_as_if_it_had_not(tmp_path):
    epochs = ("--epochs", "60", "--patience", "0")
    whole = start(None, "launch", "--workers", "2", "--", *FIT, *epochs, "--out", tmp_path / "whole")
    [(code, _, err)] = finish(whole, seconds=200)
    assert code == 0, err
    process = start(None, "launch", "--workers", "2", "--restarts", "1", "--", *FIT, *epochs, "--out", tmp_path / "cut")
    until = time.monotonic() + 120
    while not list((tmp_path / "cut").glob("checkpoints/*.npz")) and time.monotonic() < until:
        time.sleep(0.005)
    workers = worker_pids(process.pid)
    os.kill(workers[1], signal.SIGKILL)
    struck = time.monotonic()
    while worker_pids(process.pid).get(1) in (workers[1], None) and time.monotonic() < struck + 60:
        time.sleep(0.05)
    assert time.monotonic() - struck < 30
    [(code, out, err)] = finish(process, seconds=200)
    assert code == 0, err
    assert "Worker 1 was killed by signal 9" in err
    assert "Starting all 2 again from the last checkpoint (1 of 1 restarts)" in err
    assert "95% intervals" in out
    assert not worker_pids(process.pid)
    assert (tmp_path / "cut" / "history.csv").read_text().split("\n")[-2].split(",")[:3] == (
        tmp_path / "whole" / "history.csv"
    ).read_text().split("\n")[-2].split(",")[:3]
    assert same_weights(tmp_path / "cut", tmp_path / "whole")


def same_weights(one, other):
    from deepbio.zoo import get_model, weights_hash

    return weights_hash(get_model(one)) == weights_hash(get_model(other))


@pytest.mark.slow
@pytest.mark.multiworker
@pytest.mark.timeout(600)
def test_a_worker_that_stands_still_is_replaced(tmp_path):
    process = start(
        None, "launch", "--workers", "2", "--restarts", "1", "--", *FIT, "--epochs", "60", "--patience", "0", "--out", tmp_path
    )  # fmt: skip
    while not list(tmp_path.glob("checkpoints/*.npz")) and process.poll() is None:
        time.sleep(0.01)
    workers = worker_pids(process.pid)
    os.kill(workers[1], signal.SIGSTOP)
    [(code, _, err)] = finish(process, seconds=500)
    assert code == 0, err
    assert "Worker 0 of 2 lost contact with another worker" in err
    assert "Worker 0 ended with code 75" in err
    assert not Path(f"/proc/{workers[1]}").exists()
    assert (tmp_path / "preset.json").exists()


@pytest.mark.multiworker
def test_a_mistake_is_told_once_and_not_tried_again():
    process = start(None, "launch", "--workers", "2", "--restarts", "3", "--", "fit", "mpl", "xor")
    [(code, _, err)] = finish(process, seconds=60)
    assert code == 2
    assert "Did you mean mlp" in err
    assert "Starting all" not in err


def test_only_a_fit_can_be_launched():
    [(code, _, err)] = finish(start(None, "launch", "--workers", "2", "--", "models"), seconds=60)
    assert code == 2
    assert "deepbio launch --workers 2 -- fit" in err


@pytest.mark.slow
@pytest.mark.multiworker
@pytest.mark.timeout(600)
def test_a_request_to_end_reaches_all_workers_and_the_run_can_go_on(tmp_path):
    process = start(
        None, "launch", "--workers", "2", "--", *FIT, "--epochs", "100000", "--patience", "0", "--out", tmp_path
    )
    until = time.monotonic() + 120
    while not list(tmp_path.glob("checkpoints/*.npz")) and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    [(code, _, err)] = finish(process, seconds=60)
    assert code == 0, err
    assert "Asked to end (SIGTERM): saved at epoch" in err
    assert len(list(tmp_path.glob("checkpoints/*.npz"))) == 2
    assert not (tmp_path / "preset.json").exists()
