"""Metrics of a task by name: one value while training, all values with intervals at the end."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError, nearest
from deepbio.metrics.arrays import numbers
from deepbio.metrics.intervals import metric_interval
from deepbio.metrics.registry import Metric, default_metrics, metric, metric_names
from deepbio.metrics.resampling import Estimate
from deepbio.metrics.units import Units
from deepbio.specs import Task


def value(name: str, task: Task, y: ArrayLike, p: ArrayLike) -> float:
    """Return one metric by name, without an interval.

    `y` is the truth and `p` the predictions after the activation, shaped as in `Task`.

    Raises:
        DataError: The metric is unknown or does not suit the task, or the shapes do not fit.

    Example:
        >>> value("accuracy", Task("binary", 1), [0, 1], [[0.2], [0.7]])
        1.0
    """
    return float(_suited(name, task).function(*_arranged(task, y, p)))


def summarize(
    task: Task,
    y: ArrayLike,
    p: ArrayLike,
    *,
    metrics: Sequence[str] | None = None,
    groups: ArrayLike | None = None,
    n_resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> dict[str, Estimate]:
    """Return metrics with their intervals.

    Each metric has the interval that suits it (see `deepbio.metrics.intervals`). Where the independent units are too few, the
    estimate has a `reason` instead of ends.

    Args:
        task: Task that was predicted; it decides which metrics suit and how `p` is read.
        y: Truth, shaped as in `Task`.
        p: Predictions after the activation: binary `(n,)` or `(n, 1)`, multiclass `(n, classes)`, and so on.
        metrics: Names of the metrics; by default those of `default_metrics(task)`. Examples without any known truth are left out.
        groups: Patient, chromosome or the like of each example, `(n,)`, which are then the independent units.
        n_resamples: Number of resamples, and the highest number of units that are left out one by one, both at least 100; 0
            returns values without intervals.
        seed: Random seed of the resamples.
        confidence: Probability with which an interval should cover the truth.

    Returns:
        Estimates by name, in the order of `metrics`. Without groups, the intervals of binary and multiclass tasks are for data
        with the same class frequencies.

    Raises:
        DataError: A metric is unknown or does not suit the task, the shapes do not fit, there is no example, a value is no number,
            infinite or masked, the group of an example is missing, or `n_resamples` or `confidence` is out of range.

    Example:
        >>> found = summarize(Task("binary", 1), [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], metrics=["auroc"])
        >>> found["auroc"].value
        0.75
    """
    if not isinstance(n_resamples, (int, np.integer)) or n_resamples < 0 or not 0 < confidence < 1:
        raise DataError(
            f"n_resamples is a whole number from 0 up and confidence between 0 and 1, such as 0.95; received {n_resamples!r} and "
            f"{confidence!r}."
        )
    if isinstance(metrics, str):
        raise DataError(f"metrics is a list of names, such as [{metrics!r}]; received the text {metrics!r}.")
    y, p = _arranged(task, y, p)
    wanted = default_metrics(task) if metrics is None else metrics
    chosen = {one.name: one for one in (_suited(name, task) for name in wanted)}
    if not (known := _known(task, y)).all():
        groups = None if groups is None else np.asarray(groups, dtype=object)[known]
        y, p = y[known], p[known]
    units = Units.of(task, y, groups)
    settings: Any = {"confidence": confidence, "n_resamples": n_resamples, "seed": seed}
    return {name: metric_interval(one, y, p, units, **settings) for name, one in chosen.items()}


def _suited(name: str, task: Task) -> Metric:
    one = metric(name)
    if task.kind not in one.kinds:
        raise DataError(f"{name!r} does not suit a {task.kind} task. {nearest(name, metric_names(task.kind))}")
    return one


def _arranged(task: Task, y: ArrayLike, p: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return `y` and `p` in the shapes that the functions take, after checking them against the task."""
    y, p = _numbers(y), numbers(p)
    if task.kind == "binary":
        y, p = (side.reshape(len(side)) if side.ndim == 2 and side.shape[1] == 1 else side for side in (y, p))
        fits = p.ndim == 1
    elif task.kind in ("regression", "counts", "multilabel") and task.outputs == 1 and p.ndim == 1:
        fits = True
    else:
        fits = p.shape[-1:] == (task.outputs,)
    for wrong, what in ((np.isinf(p), "infinite value(s)"), (np.isnan(p), "NaN")):
        if wrong.any() and fits:
            raise DataError(f"p contains {int(wrong.sum())} {what}. Check whether the training diverged.")
    if not fits:
        raise DataError(f"p of a {task.kind} task ends with {task.outputs} output(s); received shape {p.shape}.")
    if task.kind in ("binary", "multiclass") and y.dtype.kind == "f" and np.isnan(y).any():
        raise DataError(f"y contains {int(np.isnan(y).sum())} NaN where classes are needed. Leave those examples out.")
    if task.kind == "multilabel" and y.size != p.size and len(y) == len(p):
        raise DataError(
            f"y of a multilabel task has a column of 0, 1 and NaN for each of the {task.outputs} labels; received shape {y.shape}."
        )
    if task.kind in ("multiclass", "per_position") and p.size and 0 <= p.min() <= p.max() <= 1:
        sums = p.reshape(-1, task.outputs).sum(axis=1)
        if (worst := sums[np.abs(sums - 1).argmax()]) < 0.95 or worst > 1.05:
            raise DataError(
                f"p of each example adds up to 1 over the classes; received a sum of {worst:.3g}. Apply the softmax to logits, or "
                "divide by the sum."
            )
    return y, p


def _numbers(y: ArrayLike) -> np.ndarray:
    """Return the truth as numbers, of which at least one is known and none is infinite."""
    if np.ma.is_masked(y):
        raise DataError("y contains masked (missing) values. Leave those examples out.")
    truth = np.asarray(y)
    if truth.dtype == object:
        truth = np.array(truth.tolist())
    if truth.dtype.kind not in "biuf":
        wrong = next((one for one in truth.ravel() if not isinstance(one, (bool, int, float, np.number))), "")
        raise DataError(
            f"y contains numbers, of classes their positions in the labels; received {truth.dtype}, such as {str(wrong)[:30]!r}."
        )
    if not truth.size:
        raise DataError("y and p are empty: a metric needs at least one example.")
    if truth.dtype.kind == "f" and (np.isinf(truth).any() or np.isnan(truth).all()):
        raise DataError(
            f"y contains {'infinite' if np.isinf(truth).any() else 'no known'} values: a metric needs finite ones."
        )
    return truth


def _known(task: Task, y: np.ndarray) -> np.ndarray:
    """Return which examples have any known truth, `(n,)`."""
    rows = y.reshape(len(y), -1)
    if task.kind in ("per_position", "per_pixel"):
        return np.any(rows >= 0, axis=1)
    if task.kind in ("binary", "multiclass"):
        return np.ones(len(y), dtype=bool)
    return np.logical_not(np.all(np.isnan(rows), axis=1))
