"""Figures besides ROC and precision-recall curves: reliability, intervals, scatter plots, profiles and training curves."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from deepbio.metrics import CalibrationBin, calibration_bins, reliability
from deepbio.report.drawing import GRID, INK, PAPER, REFERENCE, SERIES, new_figure, plain_axes, row_axes
from deepbio.report.group import Entry, Group, better, title_of

_MAX_POINTS = 1500
# Columns of a history that are not drawn: they say how it ran, not how well it learned.
_ASIDE = ("seconds", "learning_rate", "lr", "epoch")


def draw_calibration(group: Group, intervals: Mapping[str, Sequence[CalibrationBin]]) -> Figure:
    """Draw the reliability of every entry, with 95% intervals of models, above the counts of its bins.

    Args:
        group: Entries on one data set.
        intervals: Result of `calibration_intervals`.
    """
    figure = new_figure(4.2, 4.2)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1.2])
    of_labels = group.first.task.kind in ("binary", "multilabel")
    plain_axes(above, x="", y="fraction positive" if of_labels else "fraction correct")
    plain_axes(below, x="probability" if of_labels else "probability of the predicted class", y="count")
    above.plot([0, 1], [0, 1], **REFERENCE)
    highest, bins = 0, bins_for(group)
    for entry in group.entries:
        curve = reliability(entry.result.y, entry.result.p, bins=bins)
        filled = curve.count > 0
        above.plot(curve.confidence[filled], curve.frequency[filled], marker="o", markersize=3.5, **entry.look)
        if found := intervals.get(entry.name):
            low, high = np.array([(one.frequency.low, one.frequency.high) for one in found]).T
            above.vlines(curve.confidence[filled], low, high, color=entry.color, linewidth=1.0, alpha=0.55)
        below.stairs(curve.count, curve.edges, color=entry.color, linestyle=entry.dashes, linewidth=1.4)
        highest = max(highest, int(curve.count.max()))
    if highest > 1000:
        below.set_yscale("symlog", linthresh=10)
    above.set_xlim(-0.01, 1.01)
    above.set_ylim(-0.02, 1.02)
    return figure


def calibration_intervals(group: Group) -> dict[str, list[CalibrationBin]]:
    """Return the bins of each model that contain examples, with the intervals that `calibration_bins` finds.

    Several predictions per example are not independent, so models that make them are left out.
    """
    found = {}
    for entry in group.entries:
        result = entry.result
        if not result.baseline and result.task.kind in ("binary", "multiclass"):
            y, p = np.asarray(result.y), np.asarray(result.p)
            p = p.reshape(len(y)) if result.task.kind == "binary" else p
            bins = calibration_bins(y.reshape(len(y)), p, groups=result.groups, bins=bins_for(group))
            found[entry.name] = [one for one in bins if one.examples]
    return found


def calibration_caption(intervals: Mapping[str, Sequence[CalibrationBin]]) -> str:
    """Return what the intervals of the reliability figure are, as the end of its caption."""
    reasons = {one.frequency.reason for bins in intervals.values() for one in bins}
    if "" in reasons:
        return ", with 95% intervals"
    return (
        f" (no interval: {min(reasons)})"
        if reasons
        else " (no interval: predictions of one example are not independent)"
    )


def bins_for(group: Group) -> int:
    """Return the number of bins: fewer if a bin would contain only a handful of examples."""
    return 10 if len(group.first.y) >= 300 else 5


def has_calibration(group: Group) -> bool:
    """Return whether the predictions are probabilities of classes or labels."""
    if group.first.task.kind not in ("binary", "multiclass", "multilabel", "per_position"):
        return False
    return all(np.min(entry.result.p) >= -1e-6 and np.max(entry.result.p) <= 1 + 1e-6 for entry in group.entries)


def draw_intervals(group: Group, name: str) -> Figure:
    """Draw one metric of every entry with its interval, in the order of the group."""
    entries = [entry for entry in group.entries if name in entry.result.metrics]
    figure, axes = row_axes([entry.name for entry in entries], x=title_of(name))
    for position, entry in enumerate(reversed(entries)):
        found = entry.result.metrics[name]
        axes.plot([found.low, found.high], [position] * 2, color=entry.color, linewidth=2.5, solid_capstyle="round")
        axes.plot([found.value], [position], "o", color=entry.color, markersize=6)
    return figure


def draw_scatter(entry: Entry) -> Figure:
    """Draw predicted against true values, all outputs together, at most 1,500 points."""
    y = np.asarray(entry.result.y, dtype=np.float64).ravel()
    p = np.asarray(entry.result.p, dtype=np.float64).ravel()
    known = np.isfinite(y) & np.isfinite(p)
    y, p = y[known], p[known]
    if len(y) > _MAX_POINTS:
        some = np.random.default_rng(0).choice(len(y), _MAX_POINTS, replace=False)
        y, p = y[some], p[some]
    figure = new_figure()
    axes = plain_axes(figure.add_subplot(), x="true", y="predicted")
    if len(y):
        ends = [min(y.min(), p.min()), max(y.max(), p.max())]
        axes.plot(ends, ends, **REFERENCE)
    axes.plot(y, p, "o", color=SERIES[0], markersize=2.5, alpha=0.45, markeredgewidth=0)
    return figure


def draw_profile(group: Group) -> Figure:
    """Draw the mean profile along the window: the counts as fractions, and the prediction of every entry."""
    truth = _mean_profile(group.first.y)
    figure = new_figure()
    axes = plain_axes(figure.add_subplot(), x="position", y="mean fraction")
    axes.plot(truth, color=INK, linewidth=1)
    for entry in group.entries:
        axes.plot(_mean_profile(entry.result.p), **entry.look)
    return figure


def _mean_profile(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=np.float64)
    values = values.reshape(*values.shape[:2], -1)
    total = values.sum(axis=1, keepdims=True)
    fractions = np.divide(values, total, out=np.zeros_like(values), where=total > 0)
    counted = np.maximum((total > 0).sum(), 1)
    return fractions.sum(axis=(0, 2)) / counted


def validation_metrics(entry: Entry) -> list[str]:
    """Return the names in the history that are metrics of the validation split."""
    history = entry.result.history or {}
    return [name for name in history if name.startswith("val_") and name != "val_loss" and name not in _ASIDE]


def draw_training(entry: Entry) -> Figure | None:
    """Draw the loss and, below it, two validation metrics by epoch. Returns `None` without a history."""
    history = entry.result.history or {}
    losses = [name for name in ("loss", "val_loss") if len(history.get(name, ()))]
    if not losses:
        return None
    names = validation_metrics(entry)[:2]
    figure = new_figure(4.2, 2.1 + 1.4 * len(names))
    panels = figure.subplots(1 + len(names), 1, sharex=True, squeeze=False)[:, 0]
    for name, color, dashes in zip(losses, (SERIES[0], SERIES[1]), ("-", (0, (5, 1.5))), strict=False):
        _line(panels[0], history[name], color, dashes, {"loss": "training", "val_loss": "validation"}[name])
    plain_axes(panels[0], x="", y="loss")
    panels[0].legend(facecolor=PAPER, edgecolor=GRID, labelcolor=INK, framealpha=0.85)
    for panel, name in zip(panels[1:], names, strict=True):
        plain_axes(panel, x="", y=title_of(name.removeprefix("val_")))
        _line(panel, history[name], SERIES[1], (0, (5, 1.5)), "validation")
        epoch, value = best_epoch(name, history[name])
        panel.plot([epoch], [value], "o", color=INK, markersize=4)
    panels[-1].set_xlabel("epoch", color=INK)
    panels[-1].set_xlim(0.5, max(map(len, (history[name] for name in losses))) + 0.5)
    panels[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def best_epoch(name: str, values) -> tuple[int, float]:
    """Return the epoch (from 1) with the best value of a validation metric, and that value.

    Example:
        >>> best_epoch("val_auroc", [0.7, 0.9, 0.8])
        (2, 0.9)
    """
    numbers = np.asarray(values, dtype=np.float64)
    if np.isnan(numbers).all():
        return 1, float("nan")
    index = int(np.nanargmax(numbers) if better(name.removeprefix("val_")) == "max" else np.nanargmin(numbers))
    return index + 1, float(numbers[index])


def _line(axes, values, color, dashes, label) -> None:
    axes.plot(
        np.arange(1, len(values) + 1), values, color=color, linestyle=dashes, linewidth=1.6, label=label,
        marker="o" if len(values) == 1 else None,
    )  # fmt: skip
