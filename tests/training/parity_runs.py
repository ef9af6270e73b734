"""The runs that `test_parity.py` checks against its bounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.training.processes import cluster_of, start, succeed

STRATEGIES = ("cpu:2", "cpu:4", "multiworker")


def parity_runs(families: tuple[str, ...], folder: Path, *, seconds: int) -> dict[str, list[dict[str, np.ndarray]]]:
    """Train families on one device and by each strategy, all at once. Return what each process of each saved."""
    jobs = []
    for strategy in ("one", *STRATEGIES):
        configs = [{"TF_CONFIG": c} for c in cluster_of(2)] if strategy == "multiworker" else [{}]
        for i, config in enumerate(configs):
            file = folder / f"{strategy}-{families[0]}-{i}.npz"
            jobs.append((strategy, file, start("parity.py", file, strategy, *families, **config)))
    succeed(*(process for _, _, process in jobs), seconds=seconds)
    found: dict[str, list[dict[str, np.ndarray]]] = {}
    for strategy, file, _ in jobs:
        found.setdefault(strategy, []).append(dict(np.load(file)))
    return found
