"""The runs that `test_parity.py` checks against its bounds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.training.processes import cluster_of, start, succeed

STRATEGIES = ("cpu:2", "cpu:4", "multiworker")


def parity_runs(runs: Sequence[str], folder: Path, *, seconds: int) -> dict[str, list[dict[str, np.ndarray]]]:
    """Train, for each `OPTIMIZER|FAMILY`, on one device and by each strategy. Return what each process of each saved."""
    jobs = [
        (folder / "{}.npz", names, {}) for names in ("cpu:4", "cpu:2,one")
    ]  # most devices first, made once a process
    for i, config in enumerate(cluster_of(2)):
        jobs.append((folder / f"{i}-{{}}.npz", "multiworker", {"TF_CONFIG": config}))
    succeed(*(start("parity.py", out, names, *runs, **config) for out, names, config in jobs), seconds=seconds)
    found: dict[str, list[dict[str, np.ndarray]]] = {}
    for out, names, _ in jobs:
        for name in names.split(","):
            found.setdefault(name, []).append(dict(np.load(str(out).format(name))))
    return found
