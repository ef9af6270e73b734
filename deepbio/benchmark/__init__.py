"""Suites of data sets, models and seeds with their leaderboards, simple baselines, cross-validation, and the demo."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

# Cross-validation trains, so it loads TensorFlow; reading a suite or its results does not.
_MODULES = {
    "BASELINES": "baselines",
    "Suite": "suite",
    "SuiteRun": "suite",
    "baseline": "baselines",
    "cross_validate": "cross_validation",
    "fit_fold": "cross_validation",
    "leaderboard": "leaderboards",
    "list_suites": "suite",
    "merge_splits": "cross_validation",
    "read_suite": "suite",
    "run_suite": "run",
}

if TYPE_CHECKING:
    from deepbio.benchmark.baselines import BASELINES, baseline
    from deepbio.benchmark.cross_validation import cross_validate, fit_fold, merge_splits
    from deepbio.benchmark.leaderboards import leaderboard
    from deepbio.benchmark.run import run_suite
    from deepbio.benchmark.suite import Suite, SuiteRun, list_suites, read_suite

__all__ = [
    "BASELINES",
    "Suite",
    "SuiteRun",
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
    if name not in _MODULES:
        raise AttributeError(f"module 'deepbio.benchmark' has no attribute {name!r}")
    return getattr(importlib.import_module(f"deepbio.benchmark.{_MODULES[name]}"), name)
