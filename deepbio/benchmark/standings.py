"""`leaderboard`: what the results of a suite say, with two kinds of spread, paired tests, cost and published numbers."""

from __future__ import annotations

import itertools
import os
import warnings
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.benchmark.store import Store
from deepbio.benchmark.suite import Cell, Entry, Suite
from deepbio.datasets import dataset_card
from deepbio.errors import DataError
from deepbio.metrics import (
    Estimate,
    UndefinedMetricWarning,
    bootstrap_p_value,
    bootstrap_weights,
    direction,
    holm,
    metric,
)
from deepbio.metrics.resampling import independent_units
from deepbio.report.board import Board, BoardRow, Leaderboard, Score
from deepbio.specs import Task

_LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class _Runs:
    """The finished runs of one model: results and test predictions, a seed each."""

    name: str
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

    A score is the mean over seeds. Its interval is for other examples: each resample of the test split is scored by every
    seed's model and averaged. The spread over seeds is given apart from it. Each model is compared with the best of the
    column by the paired bootstrap on the same resamples, and the p-values are corrected by Holm for the column.

    Args:
        suite: from `read_suite`.
        out: folder that `run_suite` wrote.
        n_resamples, seed, confidence: of the bootstrap; whole groups are drawn where a group holds several test examples.

    Raises:
        DataError: there is no result at all, predictions are missing, or results of one data set are of different data.
    """
    store = Store(Path(out))
    boards, results = [], []
    for entry in suite.entries:
        runs = _read(entry, store)
        results += [result for one in runs.values() for result in one.results]
        boards.append(_board(entry, runs, n_resamples=n_resamples, seed=seed, confidence=confidence))
    if not results:
        raise DataError(
            f"{store.folder} holds no result of the suite {suite.name}. Run: deepbio benchmark {suite.name}"
        )
    interval_of = f"{confidence:.0%} bootstrap over test examples, {n_resamples:,} resamples, seed {seed}"
    return Leaderboard(
        suite.name, suite.title, suite.about, tuple(boards), {"intervals": interval_of, **_facts(results)}
    )


def _read(entry: Entry, store: Store) -> dict[str, _Runs]:
    found: dict[str, _Runs] = {}
    for cell in entry.cells:
        name = _name(cell)
        if store.has(cell):
            runs = found.setdefault(name, _Runs(name, [], []))
            runs.results.append(store.read(cell))
            runs.predictions.append(store.predictions(cell))
    hashes = {result["dataset"]["fingerprint"] for runs in found.values() for result in runs.results}
    if len(hashes) > 1:
        raise DataError(
            f"{store.folder}: the results of {entry.label} were made on {len(hashes)} versions of the data, which cannot be "
            "compared. Remove those of the older version and run `deepbio benchmark` again."
        )
    return found


def _name(cell: Cell) -> str:
    return cell.label or cell.model


def _board(entry: Entry, runs: dict[str, _Runs], *, n_resamples: int, seed: int, confidence: float) -> Board:
    planned = {name: list(cells) for name, cells in itertools.groupby(entry.cells, key=_name)}
    scores: dict[str, dict[str, Score]] = defaultdict(dict)
    for name in entry.metrics if runs else ():
        for model, score in _column(
            name, list(runs.values()), n_resamples=n_resamples, seed=seed, confidence=confidence
        ).items():
            scores[model][name] = score
    rows = [_row(name, cells, runs.get(name), scores.get(name, {})) for name, cells in planned.items()]
    rows += [
        BoardRow(one.name, one.kind, {name: Score(Estimate(value)) for name, value in one.metrics.items()},
                 source=one.source, protocol=one.protocol)
        for one in entry.published
    ]  # fmt: skip
    sign = 1 if direction(entry.metrics[0]) == "max" else -1

    def place(row: BoardRow) -> tuple[bool, float]:
        score = row.scores.get(entry.metrics[0])
        return row.kind in ("published", "limit"), np.inf if score is None else -sign * np.nan_to_num(
            score.estimate.value, nan=-np.inf
        )

    facts: dict[str, str] = {}
    if runs:
        split = next(iter(runs.values())).results[0]["split"]
        facts = {"training examples": f"{split['training examples']:,}", "test examples": f"{split['examples']:,}"}
    return Board(entry.label, dataset_card(entry.name)["title"], entry.metrics, tuple(sorted(rows, key=place)), facts)


def _row(name: str, cells: Sequence[Cell], runs: _Runs | None, scores: dict[str, Score]) -> BoardRow:
    kind = "baseline" if cells[0].baseline else "model"
    if runs is None:
        return BoardRow(name, kind, {}, missing=len(cells))
    costs = [result["cost"] for result in runs.results]
    joules = [cost["joules"] for cost in costs if cost["joules"] is not None]
    return BoardRow(
        name,
        kind,
        scores,
        parameters=costs[0]["parameters"],
        train_seconds=float(np.mean([cost["train seconds"] for cost in costs])),
        predictions_per_second=float(np.mean([cost["predictions per second"] for cost in costs])),
        joules=float(np.mean(joules)) if joules else None,
        seeds=len(costs),
        missing=len(cells) - len(costs),
    )


def _column(name: str, every: list[_Runs], *, n_resamples: int, seed: int, confidence: float) -> dict[str, Score]:
    """Score every model by one metric, on the same resamples."""
    one, first = metric(name), every[0]
    task, y, groups = (
        Task.from_dict(first.results[0]["task"]),
        first.predictions[0]["y"],
        first.predictions[0].get("groups"),
    )
    strata = y if task.is_classification and groups is None else None
    values = {runs.name: np.array([one.function(y, found["p"]) for found in runs.predictions], float) for runs in every}
    drawn: dict[str, list[np.ndarray]] = {runs.name: [] for runs in every}
    noise: dict[str, list[np.ndarray]] = {runs.name: [] for runs in every}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        for weights in bootstrap_weights(len(y), n_resamples=n_resamples, seed=seed, strata=strata, groups=groups):
            for runs in every:
                p = [found["p"] for found in runs.predictions]
                drawn[runs.name].append(np.mean([one.function(y, q, weights=weights) for q in p], axis=0))
                if one.noise:
                    noise[runs.name].append(np.mean([one.noise(y, q, weights=weights) for q in p], axis=0))
    resampled = {model: np.concatenate(parts) for model, parts in drawn.items()}
    units = independent_units(len(y), strata=strata, groups=groups)
    estimates = {}
    for model, of_seeds in values.items():
        of_noise = np.concatenate(noise[model]) if one.noise else None
        estimates[model] = one.interval(
            float(of_seeds.mean()), resampled[model], of_noise, units=units, confidence=confidence
        )
    p_values = _against_the_best(estimates, resampled, higher=one.direction == "max")
    return {
        model: Score(
            estimates[model], tuple(map(float, values[model])), p_values.get(model),
            "best" if model not in p_values else "level" if p_values[model] >= _LEVEL else "behind",
        )
        for model in estimates
        if np.isfinite(estimates[model].value)
    }  # fmt: skip


def _against_the_best(
    estimates: dict[str, Estimate], resampled: dict[str, np.ndarray], *, higher: bool
) -> dict[str, float]:
    """Give, for each model but the best, the corrected p-value of no difference to it (see `paired_bootstrap`)."""
    known = [model for model, estimate in estimates.items() if np.isfinite(estimate.value)]
    if not known:
        return {}
    best = max(known, key=lambda model: estimates[model].value * (1 if higher else -1))
    others = [model for model in known if model != best]
    p_values = [bootstrap_p_value(resampled[best] - resampled[model]) for model in others]
    return dict(zip(others, map(float, holm(p_values)), strict=True)) if others else {}


def _facts(results: list[dict[str, Any]]) -> dict[str, str]:
    """Say where and with what the runs were made, each distinct answer once."""

    def distinct(*path: str) -> str:
        found = {}
        for result in results:
            value: Any = result
            for key in path:
                value = (value or {}).get(key)
            found[str(value)] = None
        return ", ".join(found)

    hours = sum(result["cost"]["seconds"] for result in results) / 3600
    commits = distinct("git", "commit")
    changed = any((result.get("git") or {}).get("changed") for result in results)
    return {
        "runs": f"{len(results)} runs, {hours:.2f} hours of computing",
        "machine": f"{distinct('machine', 'processor')}; {distinct('machine', 'device')}; threads a run: {distinct('threads')}",
        "versions": f"deepbio {distinct('versions', 'deepbio')}, TensorFlow {distinct('versions', 'tensorflow')}, "
        f"Keras {distinct('versions', 'keras')}, scikit-learn {distinct('versions', 'scikit-learn')}",
        "commit": commits + (" (with changes)" if changed else ""),
    }
