"""`leaderboard`: the results of a suite with two kinds of spread, paired tests, cost and published numbers."""

import itertools
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.benchmark.store import Store
from deepbio.benchmark.suite import Suite, SuiteDataset, SuiteRun
from deepbio.errors import DataError
from deepbio.metrics import (
    Estimate,
    UndefinedMetricWarning,
    bootstrap_p_value,
    bootstrap_weights,
    direction,
    holm,
    metric,
    summarize,
)
from deepbio.metrics.units import Units
from deepbio.report import Leaderboard, LeaderboardRow, LeaderboardTable, LeaderboardValue
from deepbio.specs import Task

_ALPHA = 0.05


@dataclass(frozen=True, eq=False)
class _ModelRuns:
    """The finished runs of one model: results and test predictions, one per seed."""

    results: list[dict[str, Any]]
    predictions: list[dict[str, np.ndarray]]


def leaderboard(
    suite: Suite,
    out: str | os.PathLike[str],
    *,
    n_resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Leaderboard:
    """Make the leaderboard of a suite from the results in a folder.

    Each value is the mean over seeds. Its interval is over test examples: the mean of the intervals of all seeds, as if they erred
    on the same examples. The spread over seeds is reported separately. Each model is compared with the best of the column by the
    paired bootstrap on the same resamples of the test split, and the p-values are corrected by Holm for the column. With too few
    groups or examples of a class there is no interval, but its reason, and no comparison.

    Args:
        suite: Suite from `read_suite`.
        out: Folder that `run_suite` wrote.
        n_resamples, seed, confidence: Options of the bootstrap. Whole groups are resampled if one has several test examples.

    Raises:
        DataError: there is no result at all, predictions are missing, or results of one data set are of different data.
    """
    store = Store(Path(out))
    tables, results = [], []
    for dataset in suite.datasets:
        finished = _read(dataset, store)
        results += [result for runs in finished.values() for result in runs.results]
        tables.append(_table(dataset, finished, n_resamples=n_resamples, seed=seed, confidence=confidence))
    if not results:
        raise DataError(f"{store.folder} has no result of the suite {suite.name}. Run: deepbio benchmark {suite.name}")
    intervals = f"{confidence:.0%} over test examples, method per metric (docs/evidence.md), {n_resamples:,} resamples, seed {seed}"
    return Leaderboard(suite.name, suite.title, suite.about, tuple(tables), {"intervals": intervals, **_facts(results)})


def _read(dataset: SuiteDataset, store: Store) -> dict[str, _ModelRuns]:
    found: dict[str, _ModelRuns] = {}
    for run in dataset.runs:
        if store.has(run):
            runs = found.setdefault(run.name, _ModelRuns([], []))
            runs.results.append(store.read(run))
            runs.predictions.append(store.predictions(run))
    hashes = {result["dataset"]["fingerprint"] for runs in found.values() for result in runs.results}
    if len(hashes) > 1:
        raise DataError(
            f"{store.folder}: the results of {dataset.label} are of {len(hashes)} versions of the data, which cannot be "
            "compared. Remove those of the older version and run `deepbio benchmark` again."
        )
    return found


def _table(dataset: SuiteDataset, finished: dict[str, _ModelRuns], **bootstrap: Any) -> LeaderboardTable:
    columns = {name: _column(name, finished, **bootstrap) for name in dataset.metrics if finished}
    rows = []
    for name, planned in itertools.groupby(dataset.runs, key=lambda run: run.name):
        values = {title: column[name] for title, column in columns.items() if name in column}
        rows.append(_row(name, list(planned), finished.get(name), values))
    for one in dataset.published:
        values = {name: LeaderboardValue(Estimate(number)) for name, number in one.metrics.items()}
        rows.append(LeaderboardRow(one.name, one.kind, values, source=one.source, protocol=one.protocol))
    first = dataset.metrics[0]
    sign = 1 if direction(first) == "max" else -1

    def order(row: LeaderboardRow) -> tuple[bool, float]:
        known = row.values[first].estimate.value if first in row.values else np.nan
        return row.is_external, -np.nan_to_num(sign * known, nan=-np.inf)

    facts: dict[str, str] = {}
    if finished:
        split = next(iter(finished.values())).results[0]["split"]
        facts = {"training examples": f"{split['training examples']:,}", "test examples": f"{split['examples']:,}"}
    return LeaderboardTable(dataset.label, dataset.title, dataset.metrics, tuple(sorted(rows, key=order)), facts)


def _row(
    name: str, planned: Sequence[SuiteRun], finished: _ModelRuns | None, values: dict[str, LeaderboardValue]
) -> LeaderboardRow:
    kind = "baseline" if planned[0].baseline else "model"
    if finished is None:
        return LeaderboardRow(name, kind, {}, missing=len(planned))
    costs = [result["cost"] for result in finished.results]
    joules = [cost["joules"] for cost in costs if cost["joules"] is not None]
    return LeaderboardRow(
        name,
        kind,
        values,
        parameters=costs[0]["parameters"],
        train_seconds=float(np.mean([cost["train seconds"] for cost in costs])),
        predictions_per_second=float(np.mean([cost["predictions per second"] for cost in costs])),
        joules=float(np.mean(joules)) if joules else None,
        seeds=len(costs),
        missing=len(planned) - len(costs),
    )


def _column(
    name: str, finished: dict[str, _ModelRuns], *, n_resamples: int, seed: int, confidence: float
) -> dict[str, LeaderboardValue]:
    """Measure every model by one metric, on the same resamples."""
    chosen, first = metric(name), next(iter(finished.values()))
    task, y, groups = (
        Task.from_dict(first.results[0]["task"]),
        first.predictions[0]["y"],
        first.predictions[0].get("groups"),
    )
    strata = y if task.is_classification and groups is None else None
    p = {model: [one["p"] for one in runs.predictions] for model, runs in finished.items()}
    by_seed = {model: np.array([chosen.function(y, q) for q in found], float) for model, found in p.items()}
    units = Units.of(task, y, groups)
    settings: Any = {"confidence": confidence, "n_resamples": n_resamples, "seed": seed}
    estimates = {}
    for model, found in p.items():
        estimate = _mean([summarize(task, y, q, metrics=[name], groups=groups, **settings)[name] for q in found])
        if np.isfinite(estimate.value):
            estimates[model] = estimate
    resampled: dict[str, Any] = {model: [] for model in p}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        for weights in bootstrap_weights(len(y), n_resamples=n_resamples, seed=seed, strata=strata, groups=groups):
            for model, found in p.items():
                resampled[model].append(np.mean([chosen.function(y, q, weights=weights) for q in found], axis=0))
    resampled = {model: np.concatenate(blocks) for model, blocks in resampled.items()}
    comparable = not units.shortage(chosen.needs, chosen.min_groups)
    p_values = _p_values(estimates, resampled, higher=chosen.direction == "max") if comparable else {}
    values = {}
    for model, estimate in estimates.items():
        p_value = p_values.get(model)
        mark = "best" if p_value is None else "tied" if p_value >= _ALPHA else "behind"
        mark = mark if comparable else ""
        values[model] = LeaderboardValue(estimate, tuple(map(float, by_seed[model])), p_value, mark)
    return values


def _mean(estimates: list[Estimate]) -> Estimate:
    """Return the mean of values and of interval ends; the first reason, if one has none."""
    value, low, high = (float(np.mean([getattr(one, end) for one in estimates])) for end in ("value", "low", "high"))
    return Estimate(value, low, high, next((one.reason for one in estimates if one.reason), ""))


def _p_values(estimates: dict[str, Estimate], resampled: dict[str, np.ndarray], *, higher: bool) -> dict[str, float]:
    """Return the corrected p-value of no difference to the best model, for each other model (see `paired_bootstrap`)."""
    if len(estimates) < 2:
        return {}
    best = max(estimates, key=lambda model: estimates[model].value * (1 if higher else -1))
    others = [model for model in estimates if model != best]
    p_values = [bootstrap_p_value(resampled[best] - resampled[model]) for model in others]
    return dict(zip(others, map(float, holm(p_values)), strict=True))


def _facts(results: list[dict[str, Any]]) -> dict[str, str]:
    """Return where and with what the runs were computed, each distinct answer once."""

    def distinct(*path: str) -> str:
        found = {}
        for result in results:
            value: Any = result
            for key in path:
                value = (value or {}).get(key)
            found[str(value)] = None
        return ", ".join(found)

    hours = sum(result["cost"]["seconds"] for result in results) / 3600
    changed = any((result.get("git") or {}).get("changed") for result in results)
    return {
        "runs": f"{len(results)} runs, {hours:.2f} hours of computing",
        "machine": f"{distinct('machine', 'processor')}; {distinct('machine', 'device')}; threads per run: {distinct('threads')}",
        "versions": f"deepbio {distinct('versions', 'deepbio')}, TensorFlow {distinct('versions', 'tensorflow')}, "
        f"Keras {distinct('versions', 'keras')}, scikit-learn {distinct('versions', 'scikit-learn')}",
        "commit": distinct("git", "commit") + (" (with changes)" if changed else ""),
    }
