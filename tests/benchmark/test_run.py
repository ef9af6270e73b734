"""Suites run by real processes: what they compute, share, lose and repeat."""

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
from tests.benchmark.small_suite import BASELINES_ONLY, done, start, write_suite

NUMBERS = ("metrics", "weights", "dataset")
FAST = BASELINES_ONLY.replace("    models: [mlp]\n", "    models: [{name: mlp, training: {epochs: 2}}]\n")


@pytest.fixture
def ended():
    """Processes started here do not outlive the test."""
    started = []
    yield started.append
    for process in started:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _results(suite, folder):
    store = Store(folder)
    return {cell.key: store.read(cell) for cell in suite.cells() if store.has(cell)}


def test_each_baseline_leaves_one_json_with_all_that_is_needed_to_run_it_again(tmp_path):
    suite = read_suite(write_suite(tmp_path)).only("xor/random_forest")
    run_suite(suite, tmp_path / "out", source=str(tmp_path / "small.yaml"), only="xor/random_forest")
    cell = next(suite.cells())
    result = Store(tmp_path / "out").read(cell)
    assert result["model"] == {"name": "random_forest", "config": {}, "seed": 0}
    assert result["dataset"]["name"] == "xor"
    assert len(result["dataset"]["fingerprint"]) == 64
    assert result["versions"]["scikit-learn"]
    assert result["git"] is None or len(result["git"]["commit"]) == 40
    assert result["machine"]["cores"] >= 1
    assert result["cost"]["train seconds"] > 0
    assert set(result["metrics"]["auroc"]) == {"value", "low", "high"}
    kept = Store(tmp_path / "out").predictions(cell)
    assert kept["p"].shape == kept["y"].shape == (200,)


def test_what_is_done_is_not_done_again_and_changed_predictions_are_refused(tmp_path):
    suite = read_suite(write_suite(tmp_path)).only("xor/majority")
    source, out = str(tmp_path / "small.yaml"), tmp_path / "out"
    assert len(run_suite(suite, out, source=source, only="xor/majority").computed) == 1
    assert run_suite(suite, out, source=source, only="xor/majority").computed == []
    cell = next(suite.cells())
    Store(out).place(cell, "npz").write_bytes(b"other")
    with pytest.raises(DataError, match="has changed"):
        Store(out).predictions(cell)


def test_a_cell_that_fails_is_told_and_tried_again_and_does_not_stop_the_others(tmp_path):
    text = BASELINES_ONLY.replace("random_forest]\n", "gradient_boosting, kmer_logistic_regression]\n", 1)
    suite = read_suite(write_suite(tmp_path, text))
    out, source = tmp_path / "out", str(tmp_path / "small.yaml")
    for _ in range(2):
        found = run_suite(
            suite.only("xor/kmer_logistic_regression"), out, source=source, only="xor/kmer_logistic_regression"
        )
        assert [reason for reason in found.failed.values() if "counts words of bases; xor is table" in reason]
    assert run_suite(suite.only("xor/gradient_boosting"), out, source=source, only="xor/gradient_boosting").computed


def test_two_processes_at_once_do_each_cell_once(tmp_path, ended):
    file = write_suite(
        tmp_path, BASELINES_ONLY.replace("models: [mlp]", "models: [{name: mlp, training: {epochs: 1}}]")
    )
    suite = read_suite(file).only("ecoli_promoters/random_forest")
    both = [start(file, tmp_path / "out", "--only", "ecoli_promoters/random_forest", "--jobs", "1") for _ in range(2)]
    for process in both:
        ended(process)
    heard = [process.communicate(timeout=200)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], heard
    computed = [done(text) for text in heard]
    assert sorted(computed[0] + computed[1]) == sorted(cell.key for cell in suite.cells())


def test_killed_and_started_again_it_loses_at_most_the_run_in_flight(tmp_path, ended):
    text = BASELINES_ONLY.replace("seeds: 3", "seeds: 5")
    file, out = write_suite(tmp_path, text), tmp_path / "out"
    suite = read_suite(file).only("ecoli_promoters/random_forest")
    options = ("--only", "ecoli_promoters/random_forest", "--jobs", "1")
    first = start(file, out, *options)
    ended(first)
    deadline = time.monotonic() + 120
    while len(_results(suite, out)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    kept = {key: (out / f"{key}.json").stat().st_mtime_ns for key in _results(suite, out)}
    assert 2 <= len(kept) < 5
    second = start(file, out, *options)
    ended(second)
    heard = second.communicate(timeout=200)[1]
    assert second.returncode == 0, heard
    assert sorted([*kept, *done(heard)]) == sorted(cell.key for cell in suite.cells())
    assert all((out / f"{key}.json").stat().st_mtime_ns == moment for key, moment in kept.items())
    assert not list((out / "claims").iterdir())


def test_a_claim_left_by_a_process_killed_after_its_result_was_written_is_cleared_by_the_next_call(tmp_path):
    file, out = write_suite(tmp_path), tmp_path / "out"
    suite = read_suite(file).only("xor/majority")
    run_suite(suite, out, source=str(file), only="xor/majority")
    left = out / "claims" / (next(suite.cells()).key.replace("/", "__") + ".0")
    left.write_text("")
    os.utime(left, (1.0, 1.0))
    assert run_suite(suite, out, source=str(file), only="xor/majority").computed == []
    assert not list((out / "claims").iterdir())


@pytest.mark.slow
def test_a_second_full_run_gives_identical_numbers_whatever_the_number_of_processes(tmp_path):
    file = write_suite(tmp_path, FAST.replace("seeds: 3", "seeds: 2"))
    suite = read_suite(file)
    for name, jobs in (("a", 1), ("b", 2)):
        found = run_suite(suite, tmp_path / name, source=str(file), jobs=jobs, cells_a_process=3)
        assert not found.failed
    first, second = (_results(suite, tmp_path / name) for name in "ab")
    assert len(first) == len(list(suite.cells()))
    for key, result in first.items():
        for part in NUMBERS:
            assert result.get(part) == second[key].get(part), key
    for cell in suite.cells():
        a, b = (Store(tmp_path / name).predictions(cell) for name in "ab")
        np.testing.assert_array_equal(a["p"], b["p"])


@pytest.mark.slow
def test_the_result_of_a_model_is_a_recipe_that_trains_the_same_weights(tmp_path, monkeypatch):
    from deepbio.cli.recipe import read_recipe
    from deepbio.training import fit
    from deepbio.zoo import get_model, weights_hash

    file = write_suite(tmp_path, FAST.replace("seeds: 3", "seeds: 1"))
    suite = read_suite(file).only("xor/mlp")
    run_suite(suite, tmp_path / "out", source=str(file), only="xor/mlp")
    place = Store(tmp_path / "out").place(next(suite.cells()))
    recipe = read_recipe(place)
    from deepbio.datasets import load_dataset

    data = load_dataset(recipe["dataset"]["name"], **recipe["dataset"]["options"])
    model = get_model(recipe["model"]["name"], dataset=data, seed=recipe["model"]["seed"], **recipe["model"]["config"])
    settings = dict(recipe["training"])
    fit(model, data, seed=settings.pop("seed"), verbose=False, **settings)
    assert weights_hash(model) == json.loads(place.read_text())["weights"]


def test_no_process_at_all_is_refused(tmp_path):
    suite = read_suite(write_suite(tmp_path))
    with pytest.raises(DeepbioError, match="at least 1"):
        run_suite(suite, tmp_path / "out", source="small", jobs=0)
