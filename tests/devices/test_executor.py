"""Executors: what a dead process, an exception and a killed parent leave behind."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import wait
from pathlib import Path

import pytest

from deepbio.devices.executor import open_executor
from deepbio.errors import DeepbioError

ROOT = Path(__file__).resolve().parents[2]


def die(_=None):
    print("dying", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


def process_of(seconds):
    time.sleep(seconds)
    return os.getpid()


def span_of(seconds):
    start = time.time()
    time.sleep(seconds)
    return os.getpid(), start, time.time()


def threads_of_libraries():
    import numpy as np  # noqa: F401  (its OpenBLAS is counted)
    from threadpoolctl import threadpool_info

    return {library["num_threads"] for library in threadpool_info()}, os.environ["TF_NUM_INTRAOP_THREADS"]


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def await_end(*pids):
    deadline = time.monotonic() + 20
    while any(map(alive, pids)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_process_that_dies_fails_its_own_task_and_the_next_gets_a_new_process():
    with open_executor(2) as executor:
        first = executor.submit(process_of, 0).result()
        futures = [executor.submit(die), *[executor.submit(process_of, 0.2) for _ in range(3)]]
        wait(futures)
        with pytest.raises(DeepbioError, match="died before it returned.*Last output of the process: dying"):
            futures[0].result()
        assert all(future.result() != os.getpid() for future in futures[1:])
    assert not alive(first)


def test_a_process_is_replaced_after_its_tasks():
    with open_executor(max_tasks_per_process=2) as executor:
        processes = list(executor.map(process_of, [0] * 5))
    assert [processes.index(one) for one in processes] == [0, 0, 2, 2, 4]


def test_threads_are_limited_whatever_the_environment_says(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    with open_executor(threads=1) as executor:
        assert executor.submit(threads_of_libraries).result() == ({1}, "1")


def test_after_an_exception_processes_end_without_finishing_their_tasks():
    def interrupted():
        with open_executor(2) as executor:
            started.extend([executor.submit(process_of, 0).result(), time.monotonic()])
            executor.submit(process_of, 60)
            executor.submit(process_of, 60)
            executor.submit(process_of, 60)
            raise KeyboardInterrupt

    started = []
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert time.monotonic() - started[1] < 20
    await_end(started[0])


PARENT = """
from deepbio.devices.executor import open_executor
from tests.devices.test_executor import die, process_of
if __name__ == "__main__":
    with open_executor() as executor:
        print(executor.submit(process_of, 0).result(), flush=True)
        executor.submit(process_of, 60)
        die()
"""


def test_processes_end_when_the_one_that_started_them_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    await_end(int(ended.stdout.split()[0]))


@pytest.mark.parametrize(
    ("options", "message"), [({"workers": 0}, "at least 1"), ({"scheduler": "tcp"}, "does not answer")]
)
def test_a_wrong_option_is_refused(options, message):
    if "scheduler" in options:
        pytest.importorskip("distributed")
    with pytest.raises(DeepbioError, match=message), open_executor(**options):
        pass


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=":0") as cluster:
        yield cluster.scheduler_address


def test_a_dask_cluster_runs_one_task_at_a_time_per_process_with_limited_threads(cluster):
    with open_executor(scheduler=cluster, threads=1) as executor:
        spans = [future.result() for future in [executor.submit(span_of, 0.1) for _ in range(8)]]
        assert executor.submit(threads_of_libraries).result() == ({1}, "1")
    assert len({pid for pid, _, _ in spans}) == 2
    for pid, start, end in spans:
        assert not any(pid == other and start < begin < end for other, begin, _ in spans)


def test_an_exception_of_a_task_on_a_dask_cluster_is_that_of_its_future(cluster):
    with open_executor(scheduler=cluster) as executor:
        futures = [executor.submit(int, text) for text in ("1", "one")]
        assert futures[0].result() == 1
        with pytest.raises(ValueError, match="invalid literal"):
            futures[1].result()
