"""Compute one cell of a suite: train or fit, predict the test split, and say what it took."""

from __future__ import annotations

import datetime
import functools
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from deepbio.benchmark.baselines import fit_baseline
from deepbio.benchmark.provenance import provenance
from deepbio.benchmark.suite import Cell
from deepbio.datasets import Dataset, load_dataset
from deepbio.devices.machine import EnergyMeter
from deepbio.metrics import summarize


def run_cell(cell: Cell) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Compute a cell.

    Returns:
        the result, JSON-able, which is a recipe too (`deepbio fit --recipe RESULT.json` trains the model again), and the
        arrays `y`, `p` and `groups` (numbers; only where a group holds several test examples).
    """
    data = _load(cell)
    meter, start = EnergyMeter(), time.perf_counter()
    made = _fit_baseline(cell, data) if cell.baseline else _train(cell, data)
    predict = made.pop("predict")
    p = np.asarray(predict(), dtype=np.float32)
    spent, joules = time.perf_counter() - start, meter.joules()
    speed = _speed(predict, len(data.test))
    y, groups = np.asarray(data.test.y), _numbered(data.test.groups)
    found = summarize(data.task, y, p, groups=groups)
    result = {
        "kind": "baseline" if cell.baseline else "model",
        "model": {"name": cell.model, "config": cell.config, "seed": cell.seed},
        "dataset": {"name": data.name, "options": cell.options, "fingerprint": data.fingerprint()},
        **made,
        "threads": cell.threads,
        "split": {"name": "test", "examples": len(y), "training examples": len(data.train)},
        "task": data.task.to_dict(),
        "metrics": {name: estimate.to_dict() for name, estimate in found.items()},
        "cost": {
            **made["cost"],
            "seconds": round(spent, 3),
            "predictions per second": round(speed, 1),
            "joules": None if joules is None else round(joules, 1),
        },
        **provenance(),
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    arrays = {"y": y, "p": p}
    return result, arrays if groups is None else {**arrays, "groups": groups}


def _train(cell: Cell, data: Dataset) -> dict[str, Any]:
    from deepbio.inference import predict
    from deepbio.training import fit
    from deepbio.zoo import get_model, weights_hash

    model = get_model(cell.model, dataset=data, seed=cell.seed, **cell.config)
    run = fit(model, data, seed=cell.seed, verbose=False, **cell.training)
    return {
        "training": {**_plain(run.settings.to_dict()), "patience": run.settings.patience or 0, "seed": cell.seed},
        "weights": weights_hash(model),
        "cost": {
            "parameters": int(model.count_params()),
            "train seconds": round(run.seconds, 3),
            "epochs": len(run.history["loss"]),
        },
        "predict": lambda: predict(model, data.test),
    }


def _fit_baseline(cell: Cell, data: Dataset) -> dict[str, Any]:
    start = time.perf_counter()
    fitted = fit_baseline(cell.model, data, seed=cell.seed, threads=cell.threads)
    seconds = time.perf_counter() - start
    return {
        "cost": {"parameters": fitted.parameters, "train seconds": round(seconds, 3)},
        "predict": lambda: fitted.predict(data.test),
    }


def _speed(predict: Callable[[], Any], examples: int) -> float:
    """Return examples a second of a second pass: the first one traced the graph."""
    start = time.perf_counter()
    predict()
    return examples / max(time.perf_counter() - start, 1e-9)


def _numbered(groups: np.ndarray | None) -> np.ndarray | None:
    """Return numbers for groups that hold several examples: names may be patients' and are not kept."""
    if groups is None:
        return None
    names, numbers = np.unique(np.asarray(groups).astype(str), return_inverse=True)
    return numbers.astype(np.int64) if len(names) < len(numbers) else None


def _load(cell: Cell) -> Dataset:
    import json

    return _loaded(cell.dataset, json.dumps(cell.options, sort_keys=True))


@functools.lru_cache(maxsize=1)  # a process does the cells of one data set after another
def _loaded(name: str, options: str) -> Dataset:
    import json

    return load_dataset(name, **json.loads(options))


def _plain(values: Any) -> Any:
    if isinstance(values, dict):
        return {key: _plain(value) for key, value in values.items()}
    return [_plain(value) for value in values] if isinstance(values, (list, tuple)) else values
