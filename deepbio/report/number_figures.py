"""Drawings for numbers: intervals of the headline metric, predicted against true values, mean profiles."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from deepbio.report.drawing import INK, REFERENCE, SERIES, new_figure, plain_axes, row_axes
from deepbio.report.group import Entry, Group, title_of

_MAX_POINTS = 1500


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
