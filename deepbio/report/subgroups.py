"""How a model does on parts of the data: for any column of facts about the examples, each value against the rest."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from deepbio.errors import DataError
from deepbio.metrics import (
    Estimate,
    UndefinedMetricWarning,
    bootstrap_distribution,
    bootstrap_p_value,
    default_metrics,
    holm,
    interval,
    metric,
    value,
)
from deepbio.specs import Task

FEWEST = 10
_MOST_VALUES = 12
_DRAWS = 1000


@dataclass(frozen=True)
class Subgroup:
    """One value of one column: how many examples, the metric there, and the gap to all other examples.

    `p_value` is of no gap, corrected by Holm for all rows of the table; None where the gap is undefined.
    """

    column: str
    value: str
    examples: int
    estimate: Estimate
    gap: Estimate
    p_value: float | None = None


def subgroups(
    task: Task,
    y: np.ndarray,
    p: np.ndarray,
    columns: Mapping[str, np.ndarray],
    *,
    name: str | None = None,
    groups: np.ndarray | None = None,
    n_resamples: int = _DRAWS,
    seed: int = 0,
) -> list[Subgroup]:
    """Compare each part of the data with the rest of it.

    Args:
        task: what was predicted.
        y, p: truth and predictions after the link.
        columns: name to one value an example, `(n,)`. Numbers with more than twelve values are cut at their quartiles; of
            other columns the twelve most frequent values are kept. Parts with under ten examples are left out.
        name: of the metric; the task's first one that ranks or decides by default.
        groups: `(n,)` patient, chromosome or the like; whole groups are drawn where one holds several examples.
        n_resamples, seed: of the bootstrap; part and rest are resampled apart.

    Raises:
        DataError: a column of another length.

    Example:
        >>> y = np.arange(40) % 2
        >>> p = np.where(np.arange(40) < 20, y, 1 - y) * 0.8 + 0.1
        >>> found = subgroups(Task("binary", 1), y, p, {"site": np.repeat(["a", "b"], 20)}, name="accuracy", n_resamples=50)
        >>> [(one.value, one.estimate.value, one.gap.value) for one in found]
        [('a', 1.0, 1.0), ('b', 0.0, -1.0)]
    """
    chosen = name or _headline(task)
    whole = None if groups is None or len(np.unique(groups)) == len(groups) else np.asarray(groups)
    found: list[Subgroup] = []
    p_values: list[float] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        for column, values in columns.items():
            values = np.asarray(values)
            if values.shape != (len(y),):
                raise DataError(
                    f"The column {column!r} needs one value an example: expected {len(y)}, received {values.shape}."
                )
            for said, inside in _parts(values):
                one, p_value = _compare(task, chosen, y, p, whole, inside, column, said, n_resamples, seed)
                found.append(one)
                p_values.append(p_value)
    known = [i for i, p_value in enumerate(p_values) if np.isfinite(p_value)]
    corrected = dict(zip(known, holm([p_values[i] for i in known]), strict=True)) if known else {}
    return [
        Subgroup(
            one.column, one.value, one.examples, one.estimate, one.gap, float(corrected[i]) if i in corrected else None
        )
        for i, one in enumerate(found)
    ]


def _compare(
    task: Task,
    name: str,
    y: np.ndarray,
    p: np.ndarray,
    groups: np.ndarray | None,
    inside: np.ndarray,
    column: str,
    said: str,
    n_resamples: int,
    seed: int,
) -> tuple[Subgroup, float]:
    one = metric(name)
    here = value(name, task, y[inside], p[inside])
    drawn = _draws(task, name, y[inside], p[inside], _of(groups, inside), n_resamples, seed)
    units = int(inside.sum()) if groups is None else len(np.unique(groups[inside]))
    estimate = interval(here, drawn, bounds=one.bounds, units=units)
    if inside.all():
        return Subgroup(column, said, int(inside.sum()), estimate, Estimate(float("nan"))), float("nan")
    there = value(name, task, y[~inside], p[~inside])
    change = drawn - _draws(task, name, y[~inside], p[~inside], _of(groups, ~inside), n_resamples, seed + 1)
    change = change[np.isfinite(change)]
    gap = interval(here - there, change)
    if not len(change) or not np.isfinite(here - there):
        return Subgroup(column, said, int(inside.sum()), estimate, Estimate(float("nan"))), float("nan")
    return Subgroup(column, said, int(inside.sum()), estimate, gap), bootstrap_p_value(change)


def _of(groups: np.ndarray | None, inside: np.ndarray) -> np.ndarray | None:
    return None if groups is None else groups[inside]


def _draws(
    task: Task, name: str, y: np.ndarray, p: np.ndarray, groups: np.ndarray | None, n_resamples: int, seed: int
) -> np.ndarray:
    p = p[:, 0] if task.kind == "binary" and p.ndim == 2 else p
    strata = y if task.is_classification and groups is None else None
    return bootstrap_distribution(
        metric(name).function, y, p, n_resamples=n_resamples, seed=seed, strata=strata, groups=groups
    )


def _parts(values: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Cut a column into named parts, a mask each."""
    if values.dtype.kind in "fiu" and len(np.unique(values[~_missing(values)])) > _MOST_VALUES:
        known = values.astype(np.float64)
        edges = np.unique(np.nanquantile(known, [0, 0.25, 0.5, 0.75, 1]))
        parts = []
        for low, high in itertools.pairwise(edges):
            inside = (known >= low) & ((known < high) if high < edges[-1] else (known <= high))
            parts.append((f"{low:.4g} to {high:.4g}", inside))
        missing = _missing(values)
        return [part for part in [*parts, ("unknown", missing)] if part[1].sum() >= FEWEST]
    said = np.array(["unknown" if gone else _said(one) for one, gone in zip(values, _missing(values), strict=True)])
    names, counts = np.unique(said, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:_MOST_VALUES]
    return [(str(names[i]), said == names[i]) for i in sorted(order) if counts[i] >= FEWEST]


def _missing(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "f":
        return np.isnan(values)
    return np.array([one is None or str(one) in ("", "nan") for one in values])


def _said(one: object) -> str:
    return f"{one:g}" if isinstance(one, (float, np.floating)) else str(one)


def _headline(task: Task) -> str:
    names = default_metrics(task)
    return next((name for name in ("auroc", "macro_auroc", "accuracy", "pearson") if name in names), names[0])
