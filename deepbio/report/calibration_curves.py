"""Reliability: confidence against observed frequency, with intervals and the number of predictions behind each point."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import binomtest

from deepbio.metrics import Reliability, reliability
from deepbio.report.drawing import REFERENCE, new_figure, plain_axes
from deepbio.report.group import Group


def draw_calibration(group: Group) -> Figure:
    """Draw the reliability of every entry, with 95% intervals of models, above the counts of its bins."""
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
        if not entry.result.baseline:
            low, high = _intervals(curve)
            above.vlines(curve.confidence[filled], low, high, color=entry.color, linewidth=1.0, alpha=0.55)
        below.stairs(curve.count, curve.edges, color=entry.color, linestyle=entry.dashes, linewidth=1.4)
        highest = max(highest, int(curve.count.max()))
    if highest > 1000:
        below.set_yscale("symlog", linthresh=10)
    above.set_xlim(-0.01, 1.01)
    above.set_ylim(-0.02, 1.02)
    return figure


def _intervals(curve: Reliability) -> tuple[np.ndarray, np.ndarray]:
    """Return Wilson's interval of the frequency in each bin that is not empty."""
    bins = [(float(h), int(n)) for h, n in zip(curve.frequency, curve.count, strict=True) if n]
    found = [binomtest(round(h * n), n).proportion_ci(method="wilson") for h, n in bins]
    return np.array([one.low for one in found]), np.array([one.high for one in found])


def bins_for(group: Group) -> int:
    """Return the number of bins: fewer if a bin would contain only a handful of examples."""
    return 10 if len(group.first.y) >= 300 else 5


def has_calibration(group: Group) -> bool:
    """Return whether the predictions are probabilities of classes or labels."""
    if group.first.task.kind not in ("binary", "multiclass", "multilabel", "per_position"):
        return False
    return all(np.min(entry.result.p) >= -1e-6 and np.max(entry.result.p) <= 1 + 1e-6 for entry in group.entries)
