"""Suites of data sets, models and seeds with their leaderboards, simple baselines, cross-validation, and the demo.

`deepbio.benchmark.demo` trains every family of models once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

# Cross-validation trains, so it loads TensorFlow; reading a suite or its results does not.
_HOMES = {
    "BASELINES": "deepbio.benchmark.baselines",
    "Cell": "deepbio.benchmark.suite",
    "Suite": "deepbio.benchmark.suite",
    "baseline": "deepbio.benchmark.baselines",
    "cross_validate": "deepbio.benchmark.cross_validation",
    "fit_fold": "deepbio.benchmark.cross_validation",
    "merge_splits": "deepbio.benchmark.cross_validation",
    "leaderboard": "deepbio.benchmark.standings",
    "list_suites": "deepbio.benchmark.suite",
    "read_suite": "deepbio.benchmark.suite",
    "run_suite": "deepbio.benchmark.run",
}

if TYPE_CHECKING:
    from deepbio.benchmark.baselines import BASELINES, baseline
    from deepbio.benchmark.cross_validation import cross_validate, fit_fold, merge_splits
    from deepbio.benchmark.run import run_suite
    from deepbio.benchmark.standings import leaderboard
    from deepbio.benchmark.suite import Cell, Suite, list_suites, read_suite

__all__ = [
    "BASELINES",
    "Cell",
    "Suite",
    "baseline",
    "cross_validate",
    "fit_fold",
    "leaderboard",
    "list_suites",
    "merge_splits",
    "read_suite",
    "run_suite",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'deepbio.benchmark' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
