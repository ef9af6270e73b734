"""Bands around ROC and precision-recall curves: 95% bootstrap intervals at each point of the horizontal axis."""

import numpy as np

from deepbio.metrics import bootstrap_weights
from deepbio.metrics.groups import shared_groups
from deepbio.metrics.ranking import decisions
from deepbio.metrics.units import Units
from deepbio.report.result import Result

# Points of the horizontal axis at which bands, and curves of several labels, are computed.
GRID = np.linspace(0.0, 1.0, 201)
_N_RESAMPLES = 200
# Curves of more labels than this are drawn over all decisions together.
MAX_LABELS = 30
# With more decisions the bands are narrower than the lines.
_MAX_DECISIONS = 200_000
_TAILS = (2.5, 97.5)

Band = tuple[np.ndarray, np.ndarray]


def bands(result: Result) -> dict[str, Band] | None:
    """Return the lower and upper edges at each point of `GRID` by `"roc"` and `"pr"`, or `None` if there is no band.

    There is none where the AUROC would have no interval, nor around a perfect ranking, which every resample ranks perfectly too.

    The edges are percentiles of 200 bootstrap resamples (seed 0) of examples, or of whole groups if the result has them.
    Without groups, classes keep their sizes. Curves of several labels are averaged within each resample, so the band
    includes what the labels have in common. A resample in which a label has one class leaves that label out.
    """
    y, p = decisions(result.y, result.p)
    if y.ndim > 1 and y.shape[-1] == 1:
        y, p = y[..., 0], p[..., 0]
    if y.size > _MAX_DECISIONS or y.ndim > 2 or (y.ndim == 2 and y.shape[1] > MAX_LABELS):
        return None
    n, y, p = len(y), y.reshape(len(y), -1), p.reshape(len(p), -1)
    labels = [_Sorted(y[:, j], p[:, j]) for j in range(y.shape[1]) if _has_both(y[:, j])]
    if not labels:
        return None
    groups = shared_groups(result.groups)
    if Units.of(result.task, result.y.reshape(n, *result.y.shape[1 : y.ndim]), groups).shortage("each class"):
        return None
    strata = result.y.reshape(n) if result.task.is_classification and groups is None else None
    roc, pr = [], []
    for weights in bootstrap_weights(n, n_resamples=_N_RESAMPLES, seed=0, strata=strata, groups=groups):
        for row in weights:
            found = [curves for label in labels if (curves := label.curves(row)) is not None]
            if found:
                roc.append(np.mean([curve for curve, _ in found], axis=0))
                pr.append(np.mean([curve for _, curve in found], axis=0))
    if len(roc) < _N_RESAMPLES // 2 or np.ptp(roc, axis=0).max() == 0:
        return None
    return {name: _edges(curves) for name, curves in (("roc", roc), ("pr", pr))}


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
        counts = weights[self.order].astype(np.float64)
        true = np.cumsum(counts * self.truth)[self.ends]
        false = np.cumsum(counts * ~self.truth)[self.ends]
        if not true[-1] or not false[-1]:
            return None
        reached = true + false > 0  # thresholds above every resampled example have no precision
        recall, precision = true[reached] / true[-1], true[reached] / (true + false)[reached]
        rate = np.interp(GRID, np.append(0.0, false / false[-1]), np.append(0.0, true / true[-1]))
        return rate, precision[np.searchsorted(recall, GRID - 1e-12).clip(0, len(precision) - 1)]


def _edges(curves: list[np.ndarray]) -> Band:
    low, high = np.percentile(curves, _TAILS, axis=0)
    return low, high


def _has_both(y: np.ndarray) -> bool:
    return bool((y == 1).any() and (y == 0).any())
