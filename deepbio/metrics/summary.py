"""The metrics by name: which suit a task, one value while training, all values with intervals at the end."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError, nearest
from deepbio.metrics.calibration_error import ece, ece_noise, noise_interval
from deepbio.metrics.classification import accuracy, balanced_accuracy, f1, kappa, mcc, precision_at_k, top_k
from deepbio.metrics.estimate import Estimate, UndefinedMetricWarning
from deepbio.metrics.probability import brier, log_loss
from deepbio.metrics.profiles import jensen_shannon, multinomial_nll
from deepbio.metrics.ranking import auprc, auroc, sensitivity_at_specificity, specificity_at_sensitivity
from deepbio.metrics.regression import mae, pearson, poisson_deviance, r2, rmse, spearman
from deepbio.metrics.resampling import bootstrap_weights, independent_units, interval
from deepbio.metrics.segmentation import mean_dice, mean_iou
from deepbio.specs import Kind, Task

Direction = Literal["max", "min"]


@dataclass(frozen=True)
class Metric:
    """A metric by name.

    Args:
        name, title: for code and for readers.
        direction: whether more or less is better.
        kinds: of task that it suits.
        function: `function(y, p, weights=...)`.
        bounds: lowest and highest possible value.
        noise: of a sum of absolute gaps: how far each resample's gaps are from the sample's (see `noise_interval`).
    """

    name: str
    title: str
    direction: Direction
    kinds: tuple[Kind, ...]
    function: Callable[..., Any]
    bounds: tuple[float, float] = (0.0, 1.0)
    noise: Callable[..., np.ndarray] | None = None


_SIGNED, _POSITIVE = (-1.0, 1.0), (0.0, math.inf)
_BINARY: tuple[Kind, ...] = ("binary",)
_CLASSES: tuple[Kind, ...] = ("multiclass", "per_position")
_DECIDED: tuple[Kind, ...] = ("binary", "multiclass", "per_position", "per_pixel")
_PIXELS: tuple[Kind, ...] = ("per_pixel",)
_LABELS: tuple[Kind, ...] = ("multiclass", "per_position", "multilabel")
_PROBABLE: tuple[Kind, ...] = ("binary", "multiclass", "per_position", "multilabel")
_NUMBERS: tuple[Kind, ...] = ("regression", "counts")

_ALL: tuple[Metric, ...] = (
    Metric("accuracy", "Accuracy", "max", _DECIDED, accuracy),
    Metric("balanced_accuracy", "Balanced accuracy", "max", _DECIDED, balanced_accuracy),
    Metric("auroc", "AUROC", "max", _BINARY, auroc),
    Metric("auprc", "AUPRC", "max", _BINARY, auprc),
    Metric("macro_auroc", "AUROC (macro)", "max", _LABELS, auroc),
    Metric("micro_auroc", "AUROC (micro)", "max", _LABELS, partial(auroc, average="micro")),
    Metric("macro_auprc", "AUPRC (macro)", "max", _LABELS, auprc),
    Metric("micro_auprc", "AUPRC (micro)", "max", _LABELS, partial(auprc, average="micro")),
    Metric("f1", "F1", "max", _BINARY, f1),
    Metric("macro_f1", "F1 (macro)", "max", _LABELS, partial(f1, average="macro")),
    Metric("micro_f1", "F1 (micro)", "max", _LABELS, partial(f1, average="micro")),
    Metric("mcc", "MCC", "max", _DECIDED, mcc, _SIGNED),
    Metric("kappa", "Kappa", "max", _DECIDED, kappa, _SIGNED),
    Metric("quadratic_kappa", "Kappa (quadratic)", "max", _DECIDED, partial(kappa, quadratic=True), _SIGNED),
    Metric(
        "sensitivity_at_95_specificity", "Sensitivity at 95% specificity", "max", _BINARY, sensitivity_at_specificity
    ),
    Metric(
        "specificity_at_95_sensitivity", "Specificity at 95% sensitivity", "max", _BINARY, specificity_at_sensitivity
    ),
    Metric("log_loss", "Log-loss", "min", _PROBABLE, log_loss, _POSITIVE),
    Metric("brier", "Brier score", "min", _PROBABLE, brier, (0.0, 2.0)),
    Metric("ece", "Calibration error", "min", _PROBABLE, ece, noise=ece_noise),
    Metric("mean_dice", "Dice", "max", _PIXELS, mean_dice),
    Metric("mean_iou", "IoU", "max", _PIXELS, mean_iou),
    Metric("pearson", "Pearson r", "max", _NUMBERS, pearson, _SIGNED),
    Metric("spearman", "Spearman rho", "max", _NUMBERS, spearman, _SIGNED),
    Metric("r2", "R2", "max", _NUMBERS, r2, (-math.inf, 1.0)),
    Metric("rmse", "RMSE", "min", _NUMBERS, rmse, _POSITIVE),
    Metric("mae", "MAE", "min", _NUMBERS, mae, _POSITIVE),
    Metric("poisson_deviance", "Poisson deviance", "min", ("counts",), poisson_deviance, _POSITIVE),
    Metric(
        "jensen_shannon", "Jensen-Shannon distance", "min", ("profile",), jensen_shannon, (0.0, math.sqrt(math.log(2)))
    ),
    Metric("multinomial_nll", "Multinomial NLL", "min", ("profile",), multinomial_nll, _POSITIVE),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}
"""Every metric with a fixed name. `top_K` and `precision_at_K` are understood for every K as well."""

_DEFAULTS: dict[str, tuple[str, ...]] = {
    "binary": ("accuracy", "balanced_accuracy", "auroc", "auprc", "f1", "mcc", "log_loss", "brier", "ece"),
    "multiclass": ("accuracy", "balanced_accuracy", "macro_auroc", "macro_f1", "mcc", "log_loss", "ece"),
    "multilabel": ("macro_auroc", "macro_auprc", "micro_auroc", "micro_auprc", "macro_f1", "micro_f1", "log_loss"),
    "regression": ("pearson", "spearman", "r2", "rmse", "mae"),
    "counts": ("pearson", "spearman", "poisson_deviance", "rmse"),
    "per_position": ("accuracy", "balanced_accuracy", "macro_auroc", "macro_auprc", "macro_f1", "log_loss"),
    "per_pixel": ("mean_dice", "mean_iou", "accuracy", "balanced_accuracy"),
    "profile": ("jensen_shannon", "multinomial_nll"),
}
_NUMBERED = re.compile(r"(top|precision_at)_([1-9]\d*)")


def metric(name: str) -> Metric:
    """Return the metric of this name; an unknown name raises `DataError` with the nearest names.

    Example:
        >>> metric("auroc").title, metric("top_3").title
        ('AUROC', 'Top-3 accuracy')
    """
    if name in METRICS:
        return METRICS[name]
    found = _NUMBERED.fullmatch(name) if isinstance(name, str) else None
    if not found:
        raise DataError(f"Unknown metric {name!r}. {nearest(str(name), [*METRICS, 'top_5', 'precision_at_5'])}")
    k = int(found[2])
    if found[1] == "top":
        return Metric(name, f"Top-{k} accuracy", "max", _CLASSES, partial(top_k, k=k))
    return Metric(name, f"Precision at {k}", "max", ("multilabel",), partial(precision_at_k, k=k))


def metric_names(kind: Kind) -> list[str]:
    """Return the names of all metrics that suit a kind of task.

    Example:
        >>> metric_names("profile")
        ['jensen_shannon', 'multinomial_nll']
    """
    if kind not in _DEFAULTS:
        raise DataError(f"Unknown kind of task {kind!r}. {nearest(str(kind), _DEFAULTS)}")
    names = [one.name for one in _ALL if kind in one.kinds]
    numbered = {"multiclass": ["top_5"], "per_position": ["top_5"], "multilabel": ["precision_at_5"]}
    return names + numbered.get(kind, [])


def default_metrics(task: Task) -> list[str]:
    """Return the names that `summarize` reports when none are asked for.

    Example:
        >>> default_metrics(Task("multiclass", 3))[0]
        'accuracy'
    """
    extra = {"multiclass": "top_5", "multilabel": "precision_at_5"}
    names = list(_DEFAULTS[task.kind])
    return names + ([extra[task.kind]] if task.kind in extra and task.outputs > 5 else [])


def direction(name: str) -> Direction:
    """Return whether more (`"max"`) or less (`"min"`) of this metric is better.

    Example:
        >>> direction("log_loss")
        'min'
    """
    return metric(name).direction


def value(name: str, task: Task, y: ArrayLike, p: ArrayLike) -> float:
    """Return one metric by name, without an interval. `p` is after the link, shapes as in `Task`.

    Example:
        >>> value("accuracy", Task("binary", 1), [0, 1], [[0.2], [0.7]])
        1.0
    """
    return float(_fitting(name, task).function(*_arranged(task, y, p)))


def summarize(
    task: Task,
    y: ArrayLike,
    p: ArrayLike,
    *,
    metrics: Sequence[str] | None = None,
    groups: ArrayLike | None = None,
    draws: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> dict[str, Estimate]:
    """Return metrics with bootstrap intervals, all on the same resamples.

    Args:
        task: says which metrics suit and how `p` is read.
        y: truth, shaped as in `Task`.
        p: predictions after the link: binary `(n,)` or `(n, 1)`, multiclass `(n, classes)`, and so on.
        metrics: names; by default those of `default_metrics(task)`.
        groups: `(n,)` patient, chromosome or the like: whole groups are resampled.
        draws: resamples; 0 gives values without intervals.
        seed: of the resamples.
        confidence: of the intervals.

    Without groups, binary and multiclass resamples keep the size of each class: the intervals are for data with the same
    shares of the classes.

    Example:
        >>> found = summarize(Task("binary", 1), [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], metrics=["auroc"])
        >>> found["auroc"].value
        0.75
    """
    y, p = _arranged(task, y, p)
    chosen = [_fitting(name, task) for name in (default_metrics(task) if metrics is None else metrics)]
    values = {one.name: float(one.function(y, p)) for one in chosen}
    if draws == 0:
        return {name: Estimate(number) for name, number in values.items()}
    found: dict[str, list[np.ndarray]] = {one.name: [] for one in chosen}
    noise: dict[str, list[np.ndarray]] = {one.name: [] for one in chosen if one.noise}
    strata = y if task.is_classification and groups is None else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        for weights in bootstrap_weights(len(y), draws=draws, seed=seed, strata=strata, groups=groups):
            for one in chosen:
                found[one.name].append(one.function(y, p, weights=weights))
                if one.noise:
                    noise[one.name].append(one.noise(y, p, weights=weights))
    units = independent_units(len(y), strata=strata, groups=groups)
    estimates: dict[str, Estimate] = {}
    for one in chosen:
        number, drawn = values[one.name], np.concatenate(found[one.name])
        if one.noise:
            estimates[one.name] = noise_interval(number, drawn, np.concatenate(noise[one.name]), confidence=confidence)
        else:
            estimates[one.name] = interval(number, drawn, bounds=one.bounds, units=units, confidence=confidence)
    return estimates


def _fitting(name: str, task: Task) -> Metric:
    one = metric(name)
    if task.kind not in one.kinds:
        raise DataError(f"{name!r} does not suit a {task.kind} task. {nearest(name, metric_names(task.kind))}")
    return one


def _arranged(task: Task, y: ArrayLike, p: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return `y` and `p` in the shapes that the functions take, after checking them against the task."""
    y, p = np.asarray(y), np.asarray(p, dtype=np.float64)
    if task.kind == "binary":
        y, p = (side.reshape(len(side)) if side.ndim == 2 and side.shape[1] == 1 else side for side in (y, p))
        fits = p.ndim == 1
    elif task.kind in ("regression", "counts", "multilabel") and task.outputs == 1 and p.ndim == 1:
        fits = True
    else:
        fits = p.shape[-1:] == (task.outputs,)
    if not fits:
        raise DataError(f"p of a {task.kind} task ends with {task.outputs} output(s); received shape {p.shape}.")
    return y, p
