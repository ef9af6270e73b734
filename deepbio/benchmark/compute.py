"""Compute one run of a suite: train or fit, predict the test split, and record the cost."""

import datetime
import functools
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from deepbio.benchmark.baselines import fit_baseline
from deepbio.benchmark.provenance import provenance
from deepbio.benchmark.suite import SuiteRun
from deepbio.datasets import Dataset, load_dataset, names_files, rebuild
from deepbio.devices.machine import EnergyMeter
from deepbio.metrics import summarize


def compute_run(run: SuiteRun) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Compute a run.

    Returns:
        The result, JSON-able, which is a recipe too (`deepbio fit --recipe RESULT.json` trains the model again), and the
        arrays `y`, `p` and, if a group has several test examples, `groups` (numbers).
    """
    data = _load(run.dataset, json.dumps(run.options, sort_keys=True))
    meter, start = EnergyMeter(), time.perf_counter()
    record, predict_test = _fit_baseline(run, data) if run.baseline else _train(run, data)
    p = np.asarray(predict_test(), dtype=np.float32)
    seconds, joules = time.perf_counter() - start, meter.joules()
    speed = _predictions_per_second(predict_test, len(data.test))
    y, groups = np.asarray(data.test.y), _number_groups(data.test.groups)
    metrics = summarize(data.task, y, p, groups=groups)
    result = {
        "kind": "baseline" if run.baseline else "model",
        "model": {"name": run.model, "config": run.config, "seed": run.seed},
        "dataset": {"name": data.name, "options": run.options, "fingerprint": data.fingerprint()},
        **record,
        "threads": run.threads,
        "split": {"name": "test", "examples": len(y), "training examples": len(data.train)},
        "task": data.task.to_dict(),
        "metrics": {name: estimate.to_dict() for name, estimate in metrics.items()},
        "cost": {
            **record["cost"],
            "seconds": round(seconds, 3),
            "predictions per second": round(speed, 1),
            "joules": None if joules is None else round(joules, 1),
        },
        **provenance(),
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    arrays = {"y": y, "p": p}
    return result, arrays if groups is None else {**arrays, "groups": groups}


def _train(run: SuiteRun, data: Dataset) -> tuple[dict[str, Any], Callable[[], np.ndarray]]:
    from deepbio.inference import predict
    from deepbio.training import fit
    from deepbio.zoo import get_model, weights_hash

    model = get_model(run.model, dataset=data, seed=run.seed, **run.config)
    trained = fit(model, data, seed=run.seed, verbose=False, **run.training)
    settings = trained.settings
    record = {
        "training": {**settings.to_dict(), "patience": settings.patience or 0, "seed": run.seed},
        "weights": weights_hash(model),
        "cost": {
            "parameters": int(model.count_params()),
            "train seconds": round(trained.seconds, 3),
            "epochs": len(trained.history["loss"]),
        },
    }
    return record, lambda: predict(model, data.test)


def _fit_baseline(run: SuiteRun, data: Dataset) -> tuple[dict[str, Any], Callable[[], np.ndarray]]:
    start = time.perf_counter()
    fitted = fit_baseline(run.model, data, seed=run.seed, threads=run.threads)
    seconds = time.perf_counter() - start
    record = {"cost": {"parameters": fitted.parameters, "train seconds": round(seconds, 3)}}
    return record, lambda: fitted.predict(data.test)


def _predictions_per_second(predict_test: Callable[[], np.ndarray], examples: int) -> float:
    """Measure a second pass: the first one traced the graph."""
    start = time.perf_counter()
    predict_test()
    return examples / max(time.perf_counter() - start, 1e-9)


def _number_groups(groups: np.ndarray | None) -> np.ndarray | None:
    """Number the groups if one has several examples. Their names may identify patients and are not stored."""
    if groups is None:
        return None
    names, numbers = np.unique(np.asarray(groups).astype(str), return_inverse=True)
    return numbers.astype(np.int64) if len(names) < len(numbers) else None


@functools.lru_cache(maxsize=1)  # a process computes the runs of one data set after another
def _load(name: str, options: str) -> Dataset:
    chosen = json.loads(options)
    return rebuild(name, chosen) if names_files(chosen) else load_dataset(name, **chosen)
