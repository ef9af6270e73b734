"""Registry of metrics: every metric by name, once.

The table at the end of this file registers the metrics of deepbio. A metric of your own is one `register_metric` in any
module that you import. `summarize`, `deepbio.evaluate(metrics=[...])`, the monitor of `fit`, benchmark suites and reports
all look metrics up here.
"""

from __future__ import annotations

import functools
import inspect
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError, nearest
from deepbio.metrics.arrays import unwrap, weight_rows
from deepbio.metrics.classification import accuracy, balanced_accuracy, f1, kappa, mcc, precision_at_k, top_k
from deepbio.metrics.probability import brier, ece, log_loss
from deepbio.metrics.profiles import jensen_shannon, multinomial_nll
from deepbio.metrics.ranking import auprc, auroc, sensitivity_at_specificity, specificity_at_sensitivity
from deepbio.metrics.regression import mae, pearson, poisson_deviance, r2, rmse, spearman
from deepbio.metrics.resampling import MIN_GROUPS
from deepbio.metrics.segmentation import mean_dice, mean_iou
from deepbio.metrics.units import Needs
from deepbio.specs import Kind, Task

Direction = Literal["max", "min"]
Method = Literal["fraction", "decisions", "grades", "auroc", "auprc", "correlation", "smooth", "gaps", "bootstrap"]
_LISTED_K = 5  # the k of numbered metrics in lists and defaults


@dataclass(frozen=True)
class Metric:
    """A metric by name.

    Args:
        name: Name in code, options and files. `{k}` in it makes a numbered metric: `top_{k}` is found as `top_3`.
        title: Name for readers.
        direction: `"max"` if higher is better, `"min"` if lower is.
        kinds: Kinds of task that the metric suits.
        function: `function(y, p, weights=None)`, with `y` and `p` as in `Task`, `weights` of shape `(n,)` for one value or
            `(n_resamples, n)` for one value per row; a numbered metric takes `k` too.
        bounds: Lowest and highest possible value, of which one may be infinite. The interval then lies within them.
        method: How its interval is computed; see `deepbio.metrics.intervals`.
        needs: What it rests on; see `deepbio.metrics.units.Needs`.
        min_groups: Fewest groups of an interval. With ten, losses that few groups dominate were covered in 87 to 93% of simulations.
        default: Kinds of task whose default metrics include this one.
    """

    name: str
    title: str
    direction: Direction
    kinds: tuple[Kind, ...]
    function: Callable[..., Any]
    bounds: tuple[float, float] | None = (0.0, 1.0)
    method: Method = "smooth"
    needs: Needs = "examples"
    min_groups: int = MIN_GROUPS
    default: tuple[Kind, ...] = ()

    def numbered(self, k: int) -> Metric:
        """Return the metric of a family for one `k`."""
        name, title = self.name.format(k=k), self.title.format(k=k)
        return replace(self, name=name, title=title, function=functools.partial(self.function, k=k))


METRICS: dict[str, Metric] = {}
"""Every metric with a fixed name, in the order of tables. `top_{k}` and `precision_at_{k}` are known for every k as well."""
_NUMBERED: dict[str, Metric] = {}


def register_metric(
    name: str,
    *,
    kinds: Kind | Sequence[Kind],
    direction: Direction,
    title: str | None = None,
    bounds: tuple[float, float] | None = None,
    needs: Needs = "examples",
    default: bool | Sequence[Kind] = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the function below as a metric, so that it is found by name wherever a metric can be named.

    Args:
        name, direction, bounds, needs: As in `Metric`. The interval is a bootstrap interval.
        kinds: Kind or kinds of task that it suits.
        title: Name in tables and reports; the name by default.
        default: Whether `default_metrics` includes it: for all its kinds, or for some of them.

    Returns:
        A decorator that returns the function unchanged, `function(y, p, weights=None)` as in `Metric`. A function that takes no
        `weights` works too: it is called once per resample, which is slower.

    Raises:
        DataError: The name belongs to another metric, or a kind or the direction is unknown.

    Example:
        >>> @register_metric("specificity", kinds="binary", direction="max", title="Specificity", bounds=(0, 1))
        ... def specificity(y, p):
        ...     return ((p < 0.5) & (y == 0)).sum() / (y == 0).sum()
        >>> metric("specificity").function(np.array([0, 0, 1, 1]), np.array([0.1, 0.7, 0.6, 0.8]))
        0.5
    """
    chosen = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    included = (chosen if default else ()) if isinstance(default, bool) else tuple(default)
    for kind in (*chosen, *included):
        _check_kind(kind)
    if direction not in get_args(Direction):
        raise DataError(f"direction is 'max' (higher is better) or 'min'; received {direction!r}.")

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        known = METRICS.get(name) or _NUMBERED.get(name)
        if known and any(
            getattr(known.function, key, None) != getattr(function, key) for key in ("__module__", "__qualname__")
        ):
            raise DataError(f"The metric {name!r} exists already ({known.title}). Register yours under another name.")
        weighted = function if "weights" in inspect.signature(function).parameters else _by_repeating(function)
        _table(name)[name] = Metric(
            name, title or name, direction, chosen, weighted, bounds, "bootstrap", needs, default=included
        )
        return function

    return decorate


def _check_kind(kind: str) -> None:
    if kind not in get_args(Kind):
        raise DataError(f"Unknown kind of task {kind!r}. {nearest(str(kind), get_args(Kind))}")


def _table(name: str) -> dict[str, Metric]:
    return _NUMBERED if "{k}" in name else METRICS


def _by_repeating(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a metric take weights, by repeating each example as often as its row says."""

    @functools.wraps(function)
    def weighted(y: ArrayLike, p: ArrayLike, *, weights: ArrayLike | None = None, **options: Any) -> Any:
        y, p = np.asarray(y), np.asarray(p)
        rows, single = weight_rows(weights, len(y))
        drawn = (np.repeat(np.arange(len(y)), row) for row in rows.astype(np.int64))
        return unwrap(np.array([float(function(y[index], p[index], **options)) for index in drawn]), single)

    return weighted


def metric(name: str) -> Metric:
    """Return the metric of this name.

    Raises:
        DataError: No metric has this name; the message lists the nearest ones.

    Example:
        >>> metric("auroc").title, metric("top_3").title
        ('AUROC', 'Top-3 accuracy')
    """
    if name in METRICS:
        return METRICS[name]
    for family in _NUMBERED.values():
        if found := re.fullmatch(re.escape(family.name).replace(r"\{k\}", r"([1-9]\d*)"), str(name)):
            return family.numbered(int(found[1]))
    listed = [family.name.format(k=_LISTED_K) for family in _NUMBERED.values()]
    raise DataError(f"Unknown metric {name!r}. {nearest(str(name), [*METRICS, *listed])}")


def metric_names(kind: Kind) -> list[str]:
    """Return the names of all metrics that suit a kind of task, numbered ones with k = 5.

    Example:
        >>> metric_names("profile")
        ['jensen_shannon', 'multinomial_nll']
    """
    _check_kind(kind)
    return [one.name.format(k=_LISTED_K) for one in (*METRICS.values(), *_NUMBERED.values()) if kind in one.kinds]


def default_metrics(task: Task) -> list[str]:
    """Return the names that `summarize` reports when none are asked for.

    A numbered metric is among them, with k = 5, where the task has more than five outputs.

    Example:
        >>> default_metrics(Task("multiclass", 3))[0]
        'accuracy'
    """
    numbered = _NUMBERED.values() if task.outputs > _LISTED_K else ()
    return [one.name.format(k=_LISTED_K) for one in (*METRICS.values(), *numbered) if task.kind in one.default]


def direction(name: str) -> Direction:
    """Return `"max"` if higher values of this metric are better, else `"min"`.

    Example:
        >>> direction("log_loss")
        'min'
    """
    return metric(name).direction


_SIGNED, _POSITIVE, _DISTANCE = (-1.0, 1.0), (0.0, math.inf), (0.0, math.sqrt(math.log(2)))
_BINARY: tuple[Kind, ...] = ("binary",)
_COUNTS: tuple[Kind, ...] = ("counts",)
_PROFILE: tuple[Kind, ...] = ("profile",)
_CLASSES: tuple[Kind, ...] = ("multiclass", "per_position")
_DECISIONS: tuple[Kind, ...] = ("binary", "multiclass", "per_position", "per_pixel")
_LABELS: tuple[Kind, ...] = ("multiclass", "per_position", "multilabel")
_PROBABILITIES: tuple[Kind, ...] = ("binary", "multiclass", "per_position", "multilabel")
_NUMBERS: tuple[Kind, ...] = ("regression", "counts")
_ONE_CLASS: tuple[Kind, ...] = ("binary", "multiclass")
_partial = functools.partial

# Method of the interval, and what the metric rests on.
_FRACTION: Any = {"method": "fraction"}
_TOGETHER: Any = {"method": "decisions", "needs": "two classes"}
_GRADES: Any = {"method": "grades", "needs": "two classes"}
_quadratic = _partial(kappa, quadratic=True)
_BY_CLASS: Any = {"method": "decisions", "needs": "each class"}
_RANKS: Any = {"needs": "each class"}
_TAILS: Any = {"method": "auprc", "needs": "each tail"}
_MANY_GROUPS = 15
_GAPS: Any = {"method": "gaps", "needs": "an error"}
_AT_FIXED: Any = {"method": "bootstrap", "needs": "each tail"}

for _one in (
    Metric("mean_dice", "Dice", "max", ("per_pixel",), mean_dice, default=("per_pixel",)),
    Metric("mean_iou", "IoU", "max", ("per_pixel",), mean_iou, default=("per_pixel",)),
    Metric("accuracy", "Accuracy", "max", _DECISIONS, accuracy, **_FRACTION, default=_DECISIONS),
    Metric(
        "balanced_accuracy", "Balanced accuracy", "max", _DECISIONS, balanced_accuracy, **_BY_CLASS, default=_DECISIONS
    ),
    Metric("auroc", "AUROC", "max", _BINARY, auroc, method="auroc", **_RANKS, default=_BINARY),
    Metric("auprc", "AUPRC", "max", _BINARY, auprc, method="auprc", **_RANKS, default=_BINARY),
    Metric("macro_auroc", "AUROC (macro)", "max", _LABELS, auroc, method="auroc", **_RANKS, default=_LABELS),
    Metric("macro_auprc", "AUPRC (macro)", "max", _LABELS, auprc, **_TAILS, default=("per_position", "multilabel")),
    Metric("micro_auroc", "AUROC (micro)", "max", _LABELS, _partial(auroc, average="micro"), default=("multilabel",)),
    Metric("micro_auprc", "AUPRC (micro)", "max", _LABELS, _partial(auprc, average="micro"), default=("multilabel",)),
    Metric("f1", "F1", "max", _BINARY, f1, **_BY_CLASS, default=_BINARY),
    Metric("macro_f1", "F1 (macro)", "max", _LABELS, _partial(f1, average="macro"), **_BY_CLASS, default=_LABELS),
    Metric("micro_f1", "F1 (micro)", "max", _LABELS, _partial(f1, average="micro"), default=("multilabel",)),
    Metric("mcc", "MCC", "max", _DECISIONS, mcc, _SIGNED, **_TOGETHER, default=_ONE_CLASS),
    Metric("kappa", "Kappa", "max", _DECISIONS, kappa, _SIGNED, **_TOGETHER),
    Metric("quadratic_kappa", "Kappa (quadratic)", "max", _DECISIONS, _quadratic, _SIGNED, **_GRADES),
    Metric(
        "sensitivity_at_95_specificity",
        "Sensitivity at 95% specificity",
        "max",
        _BINARY,
        sensitivity_at_specificity,
        **_AT_FIXED,
    ),
    Metric(
        "specificity_at_95_sensitivity",
        "Specificity at 95% sensitivity",
        "max",
        _BINARY,
        specificity_at_sensitivity,
        **_AT_FIXED,
    ),
    Metric(
        "log_loss", "Log-loss", "min", _PROBABILITIES, log_loss, _POSITIVE, needs="an error", default=_PROBABILITIES
    ),
    Metric("brier", "Brier score", "min", _PROBABILITIES, brier, (0.0, 2.0), needs="an error", default=_BINARY),
    Metric("ece", "Calibration error", "min", _PROBABILITIES, ece, **_GAPS, default=_ONE_CLASS),
    Metric("pearson", "Pearson r", "max", _NUMBERS, pearson, _SIGNED, "correlation", default=_NUMBERS),
    Metric("spearman", "Spearman rho", "max", _NUMBERS, spearman, _SIGNED, default=_NUMBERS),
    Metric("r2", "R2", "max", _NUMBERS, r2, (-math.inf, 1.0), min_groups=_MANY_GROUPS, default=("regression",)),
    Metric(
        "poisson_deviance",
        "Poisson deviance",
        "min",
        _COUNTS,
        poisson_deviance,
        _POSITIVE,
        min_groups=_MANY_GROUPS,
        default=_COUNTS,
    ),
    Metric("rmse", "RMSE", "min", _NUMBERS, rmse, _POSITIVE, min_groups=_MANY_GROUPS, default=_NUMBERS),
    Metric("mae", "MAE", "min", _NUMBERS, mae, _POSITIVE, min_groups=_MANY_GROUPS, default=("regression",)),
    Metric("jensen_shannon", "Jensen-Shannon distance", "min", _PROFILE, jensen_shannon, _DISTANCE, default=_PROFILE),
    Metric("multinomial_nll", "Multinomial NLL", "min", _PROFILE, multinomial_nll, _POSITIVE, default=_PROFILE),
    Metric("top_{k}", "Top-{k} accuracy", "max", _CLASSES, top_k, **_FRACTION, default=("multiclass",)),
    Metric(
        "precision_at_{k}",
        "Precision at {k}",
        "max",
        ("multilabel",),
        precision_at_k,
        **_FRACTION,
        default=("multilabel",),
    ),
):
    _table(_one.name)[_one.name] = _one
