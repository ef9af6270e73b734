"""A suite, and variants scored by Dask workers, killed again and again: nothing is lost, and the results are those of one run."""

import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deepbio.benchmark import read_suite, run_suite
from deepbio.benchmark.store import Store
from deepbio.zoo.preset import save_preset
from tests.benchmark.small_suite import SMALL, start, write_suite
from tests.variants.conftest import TABLE, small_genome, small_model
from tests.variants.test_splice import vcf_text

NUMBERS = ("model", "dataset", "metrics", "weights", "predictions", "split")


def kill(process: subprocess.Popen) -> None:
    """Kill a process and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def finished(suite, out: Path) -> dict:
    """Return the results that exist, after comparing the predictions of each with their SHA-256."""
    store = Store(out)
    found = {run.key: store.read(run) for run in suite.runs() if store.has(run)}
    assert all(store.predictions(run) for run in suite.runs() if run.key in found)
    return found


def kill_a_suite(folder: Path, *, kills: int, seeds: int, part: str) -> None:
    file = write_suite(folder, SMALL.replace("seeds: 3", f"seeds: {seeds}"))
    suite, random_ = read_suite(file).only(part), random.Random(0)
    assert not run_suite(suite, folder / "whole", workers=2).failed
    done: dict = {}
    for _ in range(kills):
        process = start(file, folder / "killed", "--only", part, "--workers", 2)
        try:
            deadline = time.monotonic() + 120
            while len(list((folder / "killed").rglob("*.json"))) <= len(done):
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.01)
            time.sleep(random_.random() * 0.3)
            assert process.poll() is None, "the suite ended before it was killed"
        finally:
            kill(process)
        now = finished(suite, folder / "killed")
        assert done.items() <= now.items()
        done = now
    assert len(done) < len(list(suite.runs()))
    assert not run_suite(suite, folder / "killed", workers=2).failed
    whole, killed = finished(suite, folder / "whole"), finished(suite, folder / "killed")
    assert len(whole) == len(killed) == len(list(suite.runs()))
    for key, result in whole.items():
        assert {name: result.get(name) for name in NUMBERS} == {name: killed[key].get(name) for name in NUMBERS}
    assert not list((folder / "killed").rglob(".writing-*"))


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_suite_killed_twenty_times_loses_nothing_and_ends_with_the_same_results(tmp_path):
    # forests, which start fast; tests/benchmark/test_run.py kills a suite of networks
    kill_a_suite(tmp_path, kills=20, seeds=100, part="ecoli_promoters/random_forest")


def splice_inputs(folder: Path, n: int) -> list[str]:
    """Write a genome, genes, a network and `n` variants, and return the command that scores them."""
    one, two = small_genome()
    (folder / "genome.fa").write_text(f">1\n{one}\n>2\n{two.lower()}\n", encoding="ascii")
    (folder / "genes.tsv").write_text(TABLE, encoding="utf-8")
    (folder / "in.vcf").write_text(vcf_text({"1": one, "2": two}, n), encoding="utf-8")
    save_preset(small_model(), folder / "preset")
    command = [sys.executable, "-m", "deepbio", "variants", "splice", "in.vcf", "--fasta", "genome.fa", "--annotation"]
    return [*command, "genes.tsv", "--weights", "./preset", "--distance", "20", "--chunk", "8"]


def kill_splice_over_dask(folder: Path, *, kills: int, n: int) -> int:
    """Kill the command and a worker of Dask by turns; return how many times the command was started."""
    distributed = pytest.importorskip("distributed", reason="needs the extra 'cluster'")
    command, random_, killed, started = splice_inputs(folder, n), random.Random(0), 0, 0
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([*command, "-o", "whole.vcf"], cwd=folder, env=environment, check=True, capture_output=True)
    chunks, out = folder / "out.vcf.chunks", folder / "out.vcf"
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0")
    with cluster, distributed.Client(cluster) as client:
        options = ["-o", "out.vcf", "--scheduler", cluster.scheduler_address, "--resume"]
        deadline = time.monotonic() + 900
        while not out.exists():
            assert time.monotonic() < deadline
            process = subprocess.Popen(
                [*command, *options], cwd=folder, env=environment, start_new_session=True, stderr=subprocess.DEVNULL
            )
            started += 1
            try:
                seen = len(list(chunks.glob("0*.json")))
                while process.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.01)
                    if killed == kills or len(list(chunks.glob("0*.json"))) <= seen:
                        continue
                    time.sleep(random_.random() * 0.1)
                    kept = {file: hashlib.sha256(file.read_bytes()).digest() for file in chunks.glob("0*.json")}
                    workers = list(client.run(os.getpid, on_error="ignore").values())
                    if killed % 2 == 0:
                        kill(process)
                    elif workers:
                        os.kill(random_.choice(workers), signal.SIGKILL)
                    else:
                        continue  # both are starting again
                    killed += 1
                    seen = len(list(chunks.glob("0*.json")))
                    # a chunk that was complete stays so, whoever was killed, until all are put together
                    assert out.exists() or all(hashlib.sha256(f.read_bytes()).digest() == v for f, v in kept.items())
            finally:
                kill(process)
    assert killed == kills, f"the run ended after {killed} kills"
    assert out.read_bytes() == (folder / "whole.vcf").read_bytes()
    assert not chunks.exists()
    return started


@pytest.mark.slow
@pytest.mark.multiworker
@pytest.mark.timeout(1200)
@pytest.mark.filterwarnings("ignore")
def test_variants_scored_by_dask_workers_and_killed_twenty_times_are_the_same_bytes(tmp_path):
    assert kill_splice_over_dask(tmp_path, kills=20, n=6000) > 10
