"""Suites run by real processes: what they compute, what a kill loses, and that results do not depend on the executor."""

import contextlib
import json
import os
import signal
import time

import numpy as np
import pytest

from deepbio.benchmark import read_suite, run_suite
from deepbio.benchmark.store import Store
from deepbio.errors import DataError, DeepbioError
from tests.benchmark.small_suite import SMALL, start, write_suite
from tests.survive import in_survive

# what must be equal to the last bit, whoever computed it
NUMBERS = ("model", "dataset", "metrics", "weights", "predictions", "split")
ONE_EPOCH = SMALL.replace("    models: [mlp]\n", "    models: [{name: mlp, training: {epochs: 1}}]\n")


@pytest.fixture
def started():
    """A list of processes that do not outlive the test."""
    processes = []
    yield processes
    for process in processes:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


on_a_dask_cluster = in_survive("dask")


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        yield cluster.scheduler_address


def small(folder, part, text=SMALL):
    return read_suite(write_suite(folder, text)).only(part)


def results(suite, folder):
    store = Store(folder)
    return {run.key: store.read(run) for run in suite.runs() if store.has(run)}


def assert_equal_results(suite, *folders):
    first, *others = (results(suite, folder) for folder in folders)
    assert len(first) == len(list(suite.runs()))
    for other in others:
        for key, result in first.items():
            assert {name: result.get(name) for name in NUMBERS} == {name: other[key].get(name) for name in NUMBERS}


def test_each_run_leaves_one_json_with_all_that_is_needed_to_run_it_again(tmp_path):
    suite = small(tmp_path, "xor/random_forest").with_seeds(1)
    run_suite(suite, tmp_path / "out")
    run = next(suite.runs())
    result = Store(tmp_path / "out").read(run)
    assert result["model"] == {"name": "random_forest", "config": {}, "seed": 0}
    assert result["dataset"]["name"] == "xor"
    assert len(result["dataset"]["fingerprint"]) == 64
    assert result["versions"]["scikit-learn"]
    assert result["git"] is None or len(result["git"]["commit"]) == 40
    assert result["machine"]["cores"] >= 1
    assert result["cost"]["train seconds"] > 0
    assert set(result["metrics"]["auroc"]) == {"value", "low", "high"}
    arrays = Store(tmp_path / "out").predictions(run)
    assert arrays["p"].shape == arrays["y"].shape == (200,)


def test_what_is_done_is_not_computed_again_and_changed_predictions_are_refused(tmp_path):
    suite, out = small(tmp_path, "xor/majority"), tmp_path / "out"
    assert len(run_suite(suite, out).computed) == 1
    assert run_suite(suite, out).computed == []
    run = next(suite.runs())
    Store(out).path(run, "npz").write_bytes(b"other")
    with pytest.raises(DataError, match="has changed"):
        Store(out).predictions(run)


def test_a_run_that_fails_is_reported_and_tried_again_and_does_not_stop_the_others(tmp_path):
    text = SMALL.replace("random_forest]\n", "kmer_logistic_regression]\n", 1)
    suite, out = small(tmp_path, "xor", text), tmp_path / "out"
    suite = suite.only("xor/kmer_logistic_regression").with_seeds(1)
    for _ in range(2):
        assert "counts k-mers of DNA; xor is table" in next(iter(run_suite(suite, out).failed.values()))
    run = next(suite.runs())
    assert "counts k-mers" in Store(out).failure(run)
    assert len(run_suite(small(tmp_path, "xor/majority", text), out).computed) == 1


@on_a_dask_cluster
def test_a_process_pool_and_a_dask_cluster_give_the_same_bits(tmp_path, cluster):
    suite = small(tmp_path, "xor/mlp", ONE_EPOCH).with_seeds(1)
    assert not run_suite(suite, tmp_path / "pool", workers=1).failed
    assert not run_suite(suite, tmp_path / "dask", scheduler=cluster).failed
    assert_equal_results(suite, tmp_path / "pool", tmp_path / "dask")


@on_a_dask_cluster
def test_a_run_that_fails_on_a_dask_cluster_states_its_reason(tmp_path, cluster):
    text = SMALL.replace("random_forest]\n", "kmer_logistic_regression]\n", 1)
    suite = small(tmp_path, "xor/kmer_logistic_regression", text)
    found = run_suite(suite, tmp_path / "out", scheduler=cluster)
    assert list(found.failed.values()) == ["kmer_logistic_regression counts k-mers of DNA; xor is table."]


@pytest.mark.slow
@pytest.mark.multiworker
def test_killed_and_started_again_it_loses_only_the_runs_in_flight(tmp_path, started):
    part = "ecoli_promoters/random_forest"
    suite, out = small(tmp_path, part, SMALL.replace("seeds: 3", "seeds: 30")), tmp_path / "out"
    process = start(tmp_path / "small.yaml", out, "--only", part, "--workers", 1)
    started.append(process)
    deadline = time.monotonic() + 120
    while len(results(suite, out)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = {key: (out / f"{key}.json").stat().st_mtime_ns for key in results(suite, out)}
    assert 2 <= len(kept) < 30
    found = run_suite(suite, out)
    assert sorted([*kept, *found.computed]) == sorted(run.key for run in suite.runs())
    assert all((out / f"{key}.json").stat().st_mtime_ns == moment for key, moment in kept.items())
    assert not list(out.rglob(".writing-*"))


def test_a_folder_in_use_is_refused_with_what_to_do(tmp_path):
    suite, out = small(tmp_path, "xor/majority"), tmp_path / "out"
    out.mkdir()
    with Store(out).lock(), pytest.raises(DeepbioError, match=r"Another .* Wait for its end .*--scheduler"):
        run_suite(suite, out)
    assert len(run_suite(suite, out).computed) == 1


@pytest.mark.slow
@pytest.mark.multiworker
def test_killed_five_times_it_ends_with_the_results_of_one_that_was_left_alone(tmp_path, started):
    suite = read_suite(write_suite(tmp_path, ONE_EPOCH))
    file, total = tmp_path / "small.yaml", len(list(suite.runs()))
    assert not run_suite(suite, tmp_path / "whole", workers=2).failed
    for kill in range(1, 6):
        process = start(file, tmp_path / "killed", "--workers", 2)
        started.append(process)
        while process.poll() is None and len(results(suite, tmp_path / "killed")) < kill * total // 9:
            time.sleep(0.02)
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert len(results(suite, tmp_path / "killed")) < total
    assert not run_suite(suite, tmp_path / "killed", workers=2).failed
    assert_equal_results(suite, tmp_path / "whole", tmp_path / "killed")


@pytest.mark.slow
def test_results_do_not_depend_on_the_number_of_workers(tmp_path):
    suite = read_suite(write_suite(tmp_path, ONE_EPOCH.replace("seeds: 3", "seeds: 2")))
    for workers in (1, 2):
        assert not run_suite(suite, tmp_path / str(workers), workers=workers).failed
    assert_equal_results(suite, tmp_path / "1", tmp_path / "2")
    for run in suite.runs():
        a, b = (Store(tmp_path / workers).predictions(run) for workers in "12")
        np.testing.assert_array_equal(a["p"], b["p"])


@pytest.mark.slow
def test_the_result_of_a_model_is_a_recipe_that_trains_the_same_weights(tmp_path):
    from deepbio.cli.recipe import read_recipe
    from deepbio.datasets import load_dataset
    from deepbio.training import fit
    from deepbio.zoo import get_model, weights_hash

    suite = small(tmp_path, "xor/mlp", ONE_EPOCH).with_seeds(1)
    run_suite(suite, tmp_path / "out")
    path = Store(tmp_path / "out").path(next(suite.runs()))
    recipe = read_recipe(path)
    data = load_dataset(recipe["dataset"]["name"], **recipe["dataset"]["options"])
    model = get_model(recipe["model"]["name"], dataset=data, seed=recipe["model"]["seed"], **recipe["model"]["config"])
    settings = dict(recipe["training"])
    fit(model, data, seed=settings.pop("seed"), verbose=False, **settings)
    assert weights_hash(model) == json.loads(path.read_text())["weights"]


def test_fewer_than_one_worker_is_refused(tmp_path):
    with pytest.raises(DeepbioError, match="at least 1"):
        run_suite(small(tmp_path, "xor/majority"), tmp_path / "out", workers=0)
