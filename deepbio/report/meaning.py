"""What a probability means on this split: observed frequencies, the operating point, and the decision curve with its slider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepbio.metrics import OperatingPoint, calibration_bins, net_benefit, operating_point
from deepbio.report.group import Entry, Group

# Figure of the decision curve: origin and size of its axes in units of the drawing, and the lowest benefit as part of the highest.
LEFT, TOP, WIDTH, HEIGHT, BELOW = 66, 10, 350, 220, 0.25
_PLACES = np.linspace(0, 0.99, 100)  # along the horizontal axis
_PREVALENCES = 4  # on that axis, which ends at 1 at the latest
_MAX_POINTS = 200  # thresholds per curve that the page carries


def meaning_of(entry: Entry) -> dict[str, Any] | None:
    """Return how often predictions of about the same probability were right, and the operating point of two classes.

    `None` if the predictions are not probabilities of one class each.
    """
    result = entry.result
    y, p = _flat(entry)
    if result.task.kind not in ("binary", "multiclass") or not _are_probabilities(p):
        return None
    bins = [one for one in calibration_bins(y, p, groups=result.groups) if one.examples]
    rows = [(f"{one.start:g} to {one.stop:g}", f"{one.examples:,}", one.frequency) for one in bins]
    found: dict[str, Any] = {"name": entry.name, "bins": rows, "binary": result.task.kind == "binary"}
    positive, point = (result.labels[1], _point(entry)) if found["binary"] else ("", None)
    return {**found, "positive": positive, "point": point}


def decision_curve(group: Group) -> dict[str, Any] | None:
    """Return the decision curves of a binary task as the template shows them, or `None` if there are none.

    Returns:
        `prevalence`, which the probabilities assume; `lines`, of each entry the legend and the points of its curve at that
        prevalence; `all`, the points of acting on everybody; `data`, of the curves at other prevalences.
    """
    if group.first.task.kind != "binary" or not all(_are_probabilities(_flat(entry)[1]) for entry in group.entries):
        return None
    if not 0 < np.mean(_flat(group.entries[0])[0]) < 1:
        return None
    assumed = group.first.prevalence
    share = float(np.mean(_flat(group.entries[0])[0])) if assumed is None else assumed
    curves, lines, act = [], [], _PLACES * min(1.0, _PREVALENCES * share)
    for entry in group.entries:
        y, p = _flat(entry)
        lines.append((entry.line, _points(net_benefit(y, p, act, prevalence=share), share)))
        curves.append({"name": entry.name, **_rates(y, p), "point": _short(_point(entry))})
    everybody = _points(share - (1 - share) * act / (1 - act), share)
    scale = {"left": LEFT, "top": TOP, "width": WIDTH, "height": HEIGHT, "below": BELOW, "prevalences": _PREVALENCES}
    return {
        "prevalence": share,
        "ticks": [f"{100 * place * min(1.0, _PREVALENCES * share):.3g}%" for place in (0, 0.25, 0.5, 0.75)],
        "positive": group.first.labels[1],
        "lines": lines,
        "all": everybody,
        "scale": scale,
        "data": {"assumed": share, "scale": scale, "curves": curves},
    }


def _flat(entry: Entry) -> tuple[np.ndarray, np.ndarray]:
    y, p = np.asarray(entry.result.y), np.asarray(entry.result.p, np.float64)
    return (y.reshape(len(y)), p.reshape(len(p))) if entry.result.task.kind == "binary" else (y, p)


def _are_probabilities(p: np.ndarray) -> bool:
    return bool(p.size) and bool(p.min() >= -1e-6) and bool(p.max() <= 1 + 1e-6)


def _point(entry: Entry) -> OperatingPoint | None:
    y, p = _flat(entry)
    if not 0 < y.mean() < 1:
        return None
    return operating_point(y, p, threshold=entry.result.threshold, groups=entry.result.groups)


def _short(point: OperatingPoint | None) -> dict[str, float] | None:
    if point is None:
        return None
    sides = {"sensitivity": point.sensitivity.value, "specificity": point.specificity.value}
    return {"threshold": round(point.threshold, 6), **{name: round(value, 5) for name, value in sides.items()}}


def _rates(y: np.ndarray, p: np.ndarray) -> dict[str, list[float]]:
    """Return true and false positive rates at some of the thresholds, highest threshold first."""
    scores = np.unique(p)[::-1]
    scores = scores[np.unique(np.linspace(0, len(scores) - 1, _MAX_POINTS).round().astype(int))]
    rates = (1 - np.searchsorted(np.sort(p[side]), scores) / side.sum() for side in (y == 1, y != 1))
    return {
        name: [round(float(v), 5) for v in values]
        for name, values in zip(("at", "true", "false"), (scores, *rates), strict=True)
    }


def _points(benefit: Sequence[float] | np.ndarray, prevalence: float) -> str:
    """Return the points of a line of the drawing, whose top is a benefit equal to the prevalence."""
    parts = np.maximum(np.asarray(benefit) / prevalence, -BELOW - 0.05)
    x, y = LEFT + WIDTH * _PLACES, TOP + HEIGHT * (1 - parts) / (1 + BELOW)
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
