"""Drawings for numbers: intervals of the headline metric, predicted against true values, mean profiles."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from deepbio.report.drawing import INK, REFERENCE, SERIES, new_figure, plain_axes
from deepbio.report.group import Entry, Group, title_of

_MOST_POINTS = 1500


def draw_intervals(group: Group, name: str) -> Figure:
    """Draw one metric of every entry with its interval, best at hand at the top as listed."""
    entries = [entry for entry in group.entries if name in entry.result.metrics]
    # Letters of 9 points are about 0.075 inches wide; very long names are cut.
    names = [entry.name if len(entry.name) <= 28 else entry.name[:27] + "…" for entry in entries]
    figure = new_figure(4.2, 0.7 + 0.32 * len(entries), left=0.2 + 0.075 * max(len(name) for name in names))
    axes = plain_axes(figure.add_subplot(), x=title_of(name), y="")
    for place, entry in enumerate(reversed(entries)):
        found = entry.result.metrics[name]
        axes.plot([found.low, found.high], [place, place], color=entry.color, linewidth=2.5, solid_capstyle="round")
        axes.plot([found.value], [place], "o", color=entry.color, markersize=6)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.set_yticks(range(len(entries)), names[::-1])
    axes.set_ylim(-0.6, len(entries) - 0.4)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    return figure


def draw_scatter(entry: Entry) -> Figure:
    """Draw predicted against true values, all outputs together, at most 1,500 points."""
    y = np.asarray(entry.result.y, dtype=np.float64).ravel()
    p = np.asarray(entry.result.p, dtype=np.float64).ravel()
    known = np.isfinite(y) & np.isfinite(p)
    y, p = y[known], p[known]
    if len(y) > _MOST_POINTS:
        some = np.random.default_rng(0).choice(len(y), _MOST_POINTS, replace=False)
        y, p = y[some], p[some]
    figure = new_figure()
    axes = plain_axes(figure.add_subplot(), x="true", y="predicted")
    if len(y):
        ends = [min(y.min(), p.min()), max(y.max(), p.max())]
        axes.plot(ends, ends, **REFERENCE)
    axes.plot(y, p, "o", color=SERIES[0], markersize=2.5, alpha=0.45, markeredgewidth=0)
    return figure


def draw_profile(group: Group) -> Figure:
    """Draw the mean profile along the window: the counts as shares, and what every entry predicts."""
    truth = _mean_profile(group.first.y)
    figure = new_figure()
    axes = plain_axes(figure.add_subplot(), x="position", y="mean share")
    axes.plot(truth, color=INK, linewidth=1)
    for entry in group.entries:
        axes.plot(_mean_profile(entry.result.p), **entry.look)
    return figure


def _mean_profile(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=np.float64)
    values = values.reshape(*values.shape[:2], -1)
    total = values.sum(axis=1, keepdims=True)
    share = np.divide(values, total, out=np.zeros_like(values), where=total > 0)
    counted = np.maximum((total > 0).sum(), 1)
    return share.sum(axis=(0, 2)) / counted
