"""Bands around ROC and precision-recall curves: where they would lie for other examples, 95% at each point of the axis."""

from __future__ import annotations

import numpy as np

from deepbio.metrics import bootstrap_weights
from deepbio.metrics.ranking import decisions
from deepbio.report.result import Result

# Points of the horizontal axis at which curves of several labels, and all bands, are known.
GRID = np.linspace(0.0, 1.0, 201)
DRAWS = 200
# Curves of more labels than this are drawn over all decisions together.
MOST_LABELS = 30
# With more decisions the bands are thinner than the lines.
_MOST = 200_000
_TAILS = (2.5, 97.5)


Band = tuple[np.ndarray, np.ndarray]


def bands(result: Result) -> dict[str, Band] | None:
    """Give, by `"roc"` and `"pr"`, the lower and upper edge at each point of `GRID`; None where there is no band to draw.

    Percentiles of 200 bootstrap resamples (seed 0) of whole examples, or of whole groups where the result has them; classes
    keep their sizes where there are no groups. Curves of several labels are averaged within each resample, so what the
    labels share is in the band. A resample in which a label has one class leaves that label out.
    """
    y, p = decisions(result.y, result.p)
    if y.ndim > 1 and y.shape[-1] == 1:
        y, p = y[..., 0], p[..., 0]
    if y.size > _MOST or y.ndim > 2 or (y.ndim == 2 and y.shape[1] > MOST_LABELS):
        return None
    n, y, p = len(y), y.reshape(len(y), -1), p.reshape(len(p), -1)
    labels = [_Sorted(y[:, j], p[:, j]) for j in range(y.shape[1]) if _has_both(y[:, j])]
    if not labels:
        return None
    groups = result.groups if result.groups is not None and len(np.unique(result.groups)) < n else None
    strata = result.y.reshape(n) if result.task.is_classification and groups is None else None
    roc, pr = [], []
    for weights in bootstrap_weights(n, draws=DRAWS, seed=0, strata=strata, groups=groups):
        for row in weights:
            found = [curves for label in labels if (curves := label.curves(row)) is not None]
            if found:
                roc.append(np.mean([curve for curve, _ in found], axis=0))
                pr.append(np.mean([curve for _, curve in found], axis=0))
    if len(roc) < DRAWS // 2:
        return None
    return {name: _edges(drawn) for name, drawn in (("roc", roc), ("pr", pr))}


class _Sorted:
    """One label's examples from the highest score down, so that a resample costs two cumulative sums."""

    def __init__(self, y: np.ndarray, p: np.ndarray) -> None:
        known = np.flatnonzero(~np.isnan(y)) if y.dtype.kind == "f" else np.arange(len(y))
        self.order = known[np.argsort(-p[known], kind="stable")]
        scores = p[self.order]
        self.ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
        self.truth = y[self.order] == 1

    def curves(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the true positive rate and the precision at each point of `GRID`."""
        drawn = weights[self.order].astype(np.float64)
        true = np.cumsum(drawn * self.truth)[self.ends]
        false = np.cumsum(drawn * ~self.truth)[self.ends]
        if not true[-1] or not false[-1]:
            return None
        reached = true + false > 0  # thresholds above every example that was drawn have no precision
        recall, precision = true[reached] / true[-1], true[reached] / (true + false)[reached]
        rate = np.interp(GRID, np.append(0.0, false / false[-1]), np.append(0.0, true / true[-1]))
        return rate, precision[np.searchsorted(recall, GRID - 1e-12).clip(0, len(precision) - 1)]


def _edges(drawn: list[np.ndarray]) -> Band:
    low, high = np.percentile(drawn, _TAILS, axis=0)
    return low, high


def _has_both(y: np.ndarray) -> bool:
    return bool((y == 1).any() and (y == 0).any())
