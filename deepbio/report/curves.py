"""ROC and precision-recall curves as points, and their figures with bands and the chance level."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deepbio.metrics.ranking import decisions
from deepbio.report.bands import GRID, MAX_LABELS, Band
from deepbio.report.drawing import REFERENCE, new_figure, plain_axes
from deepbio.report.group import Entry, Group
from deepbio.report.result import Result

# Of many labels, a random sample of at most so many decisions is drawn.
_MAX_DECISIONS = 200_000


def roc_points(y: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return false and true positive rates at every threshold, from (0, 0) to (1, 1), for `(n,)` truth and scores.

    Example:
        >>> roc_points(np.array([0, 1]), np.array([0.2, 0.7]))
        (array([0., 0., 1.]), array([0., 1., 1.]))
    """
    true, false = _counts(y, p)
    return false / false[-1], true / true[-1]


def pr_points(y: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return recall and precision at every threshold, from the highest score down, for `(n,)` truth and scores.

    Example:
        >>> pr_points(np.array([0, 1]), np.array([0.2, 0.7]))
        (array([1., 1.]), array([1. , 0.5]))
    """
    true, false = (side[1:] for side in _counts(y, p))
    return true / true[-1], true / (true + false)


def _counts(y: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(-p, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(p[order])), len(p) - 1)
    true = np.cumsum(y[order] == 1)[ends].astype(np.float64)
    return np.append(0.0, true), np.append(0.0, ends + 1.0 - true)


def ranking_labels(result: Result) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return `(truth, scores)` of each label that has both classes, or all decisions as one if there are many labels."""
    y, p = decisions(result.y, result.p)
    if y.ndim == 1:
        y, p = y[:, None], p[:, None]
    y, p = y.reshape(-1, y.shape[-1]), p.reshape(-1, p.shape[-1])
    if y.shape[1] > MAX_LABELS:
        y, p = y.ravel(), p.ravel()
        if len(y) > _MAX_DECISIONS:
            sample = np.random.default_rng(0).choice(len(y), _MAX_DECISIONS, replace=False)
            y, p = y[sample], p[sample]
        y, p = y[:, None], p[:, None]
    pairs = [(y[known, j] == 1, p[known, j]) for j in range(y.shape[1]) for known in [_known(y[:, j])]]
    return [(truth, scores) for truth, scores in pairs if truth.any() and not truth.all()]


def averaging(result: Result) -> str:
    """Return how the labels became one curve, as the end of a caption."""
    if result.task.kind == "binary":
        return ""
    labels = result.p.shape[-1]
    if labels > MAX_LABELS:
        return f" All {labels} labels together."
    what, drawn = "labels" if result.task.kind == "multilabel" else "classes", len(ranking_labels(result))
    which = (
        f"the {drawn} of {labels} {what} that some examples have and others lack"
        if drawn < labels
        else f"{labels} {what}"
    )
    return f" Mean of {which}{'' if what == 'labels' else ', each against the rest'}."


def draw_roc(group: Group, around: Mapping[str, Band] | None = None) -> Figure | None:
    """Draw true against false positive rates of every entry. Returns `None` if nothing can be ranked.

    `around` maps names of entries to the edges of a band on `GRID`.
    """
    figure = new_figure()
    axes = plain_axes(figure.add_subplot(), x="false positive rate", y="true positive rate")
    axes.plot([0, 1], [0, 1], **REFERENCE)
    drawn = 0
    for entry in group.entries:
        curves = [roc_points(*label) for label in ranking_labels(entry.result)]
        if not curves:
            continue
        drawn += 1
        x, y = thin(*curves[0]) if len(curves) == 1 else (np.append(0, GRID), np.append(0, _mean_roc(curves)))
        axes.plot(x, y, **entry.look)
        _shade(axes, entry, around)
    _square(axes)
    return figure if drawn else None


def draw_pr(group: Group, around: Mapping[str, Band] | None = None) -> Figure | None:
    """Draw precision against recall of every entry with the chance level. Returns `None` if nothing can be ranked.

    `around` maps names of entries to the edges of a band on `GRID`.
    """
    figure = new_figure()
    axes = plain_axes(figure.add_subplot(), x="recall", y="precision")
    drawn = 0
    for entry in group.entries:
        labels = ranking_labels(entry.result)
        if not labels:
            continue
        drawn += 1
        curves = [pr_points(*label) for label in labels]
        x, y = thin(*curves[0]) if len(curves) == 1 else (GRID, np.mean([_steps(*curve) for curve in curves], axis=0))
        axes.plot(np.append(0, x), np.append(y[:1], y), drawstyle="steps-pre", **entry.look)
        _shade(axes, entry, around)
    axes.axhline(chance_of_pr(group), **REFERENCE)
    _square(axes)
    return figure if drawn else None


def chance_of_pr(group: Group) -> float:
    """Return the precision of a random ranking: the fraction of positives, averaged over labels."""
    labels = ranking_labels(group.first)
    return float(np.mean([truth.mean() for truth, _ in labels])) if labels else float("nan")


def thin(x: np.ndarray, y: np.ndarray, limit: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Keep at most `limit` points of a curve, evenly along it, including both ends."""
    if len(x) <= limit:
        return x, y
    along = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    keep = np.unique(np.searchsorted(along, np.linspace(0, along[-1], limit)).clip(0, len(x) - 1))
    return x[keep], y[keep]


def _mean_roc(curves: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    # Of points at the same false positive rate, interpolation takes the last, which is the highest.
    return np.mean([np.interp(GRID, x, y) for x, y in curves], axis=0)


def _steps(recall: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """Return the precision at the first threshold that reaches each recall of the grid."""
    return precision[np.searchsorted(recall, GRID).clip(0, len(precision) - 1)]


def _known(y: np.ndarray) -> np.ndarray:
    return ~np.isnan(y) if y.dtype.kind == "f" else np.ones(len(y), bool)


def _shade(axes: Axes, entry: Entry, around: Mapping[str, Band] | None) -> None:
    if around and entry.name in around:
        axes.fill_between(GRID, *around[entry.name], color=entry.color, alpha=0.16, linewidth=0)


def _square(axes) -> None:
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.02)
