"""Which devices a run uses, and what holds on several of them."""

import json
import os

import pytest
import tensorflow as tf

from deepbio.devices import choose_strategy
from deepbio.devices import strategy as strategies
from deepbio.devices.cluster import member_from_environment
from deepbio.errors import TrainingError
from tests.survive import in_survive
from tests.training.processes import cluster_of, finish, free_ports, start

on_two_devices = in_survive("devices")


@pytest.fixture(scope="module")
def two():
    [(code, out, err)] = finish(start("features.py"))
    assert code == 0, err[-4000:]
    return json.loads(out.splitlines()[-1])


@on_two_devices
@pytest.mark.parametrize(
    "what", ["stream", "accumulate", "accumulate streamed", "ema", "keras objects", "keras metric"]
)
def test_two_replicas_end_where_one_device_does(two, what):
    assert two[what] <= 1e-5


@on_two_devices
def test_dropout_repeats_for_a_seed_and_differs_between_replicas(two):
    assert two["dropout repeats"] == 1
    assert two["replicas drop differently"]


@on_two_devices
def test_batch_normalisation_is_synchronised(two):
    assert two["synchronized"] == [True]


@on_two_devices
def test_float16_trains_on_replicas_and_jit_is_refused_with_a_reason(two):
    assert two["float16"][1] < two["float16"][0]
    assert "more than one replica is unsafe" in two["jit"]


@on_two_devices
def test_a_model_that_deepbio_did_not_build_trains_on_replicas(two):
    assert two["plain model moved"]


def test_auto_is_one_device_here():
    assert choose_strategy("auto") is tf.distribute.get_strategy()
    assert choose_strategy("one").num_replicas_in_sync == 1


def test_a_strategy_of_ones_own_is_taken_as_it_is():
    own = tf.distribute.OneDeviceStrategy("/cpu:0")
    assert choose_strategy(own) is own


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mirored", "Did you mean mirrored"),
        ("cpu:0", "Unknown strategy"),
        ("multiworker", "needs TF_CONFIG"),
        ("slurm", "SLURM_PROCID is not set"),
        ("mirrored", "sees none"),
    ],
)
def test_what_cannot_be_used_is_refused(name, message, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(TrainingError, match=message):
        choose_strategy(name)


def test_devices_chosen_too_late_are_refused_with_what_to_do():
    tf.constant(1.0)
    with pytest.raises(TrainingError, match=r"already started.*Call deepbio\.devices\.choose_strategy"):
        choose_strategy("cpu:2")


def test_an_idle_gpu_is_an_error_unless_it_was_asked_for(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(strategies, "nvidia_gpus", lambda: ["NVIDIA H100 (0000:01:00.0)"])
    with pytest.raises(TrainingError, match=r"NVIDIA H100.*deepbio doctor.*cpu:1"):
        choose_strategy("auto")
    assert choose_strategy("one").num_replicas_in_sync == 1
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert choose_strategy("auto").num_replicas_in_sync == 1


def test_the_driver_names_its_gpus(tmp_path):
    folder = tmp_path / "0000:01:00.0"
    folder.mkdir()
    (folder / "information").write_text("Model: \t\t NVIDIA A100\nIRQ:   91\n")
    assert strategies.nvidia_gpus(tmp_path) == ["NVIDIA A100 (0000:01:00.0)"]
    assert strategies.nvidia_gpus(tmp_path / "none") == []


def test_a_broken_cluster_description_is_refused(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", '{"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 5}}')
    with pytest.raises(TrainingError, match="TF_CONFIG should look like"):
        member_from_environment()
    monkeypatch.setenv("TF_CONFIG", "{")
    with pytest.raises(TrainingError, match="JSONDecodeError"):
        member_from_environment()
    monkeypatch.setenv(
        "TF_CONFIG", '{"cluster": {"chief": ["a:1"], "worker": ["b:2"]}, "task": {"type": "worker", "index": 0}}'
    )
    assert member_from_environment().index == 1


def test_a_worker_that_never_comes_is_named(monkeypatch):
    ports = free_ports(2)
    config = {"cluster": {"worker": [f"127.0.0.1:{p}" for p in ports]}, "task": {"type": "worker", "index": 0}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    monkeypatch.setenv("DEEPBIO_WORKER_TIMEOUT", "0.5")
    with pytest.raises(TrainingError, match=rf"worker 1 \(127\.0\.0\.1:{ports[1]}\) did not come"):
        choose_strategy()


@pytest.mark.slow
@pytest.mark.multiworker
def test_the_command_line_says_which_worker_did_not_come():
    config = cluster_of(3)[1]
    process = start(None, "fit", "mlp", "xor", "--out", os.devnull, TF_CONFIG=config, DEEPBIO_WORKER_TIMEOUT="1")
    [(code, _, err)] = finish(process, seconds=60)
    assert code == 2
    assert "worker 0 (127.0.0.1:" in err
    assert "worker 2 (127.0.0.1:" in err
