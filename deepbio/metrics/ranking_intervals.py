"""What intervals of AUROC and AUPRC rest on where few positives were seen.

Sources: Newcombe 2006, doi:10.1002/sim.2324 (AUROC); Zou and Donner 2008, doi:10.1002/sim.3095 (means of intervals).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from deepbio.metrics.ranking import auprc, auroc, decisions
from deepbio.metrics.resampling import Estimate

_MIN_DELONG = 30  # examples of the smaller class


def auroc_interval(value: float, y: np.ndarray, p: np.ndarray, confidence: float) -> Estimate | None:
    """Return Newcombe's interval (method 5), or `None` where DeLong's variance is known well enough.

    Of several labels it is the mean of their intervals, as if labels were independent (Zou and Donner 2008).
    """
    truth, scores = decisions(y, p)
    n = len(truth)
    truth, scores = truth.reshape(n, -1), scores.reshape(n, -1)
    if truth.shape[1] == 1 and scores.min() == scores.max():
        return Estimate(value, reason="all scores are equal")
    parts = []
    for j in range(truth.shape[1]):
        positives, negatives = int((truth[:, j] == 1).sum()), int((truth[:, j] == 0).sum())
        if truth.shape[1] == 1 and min(positives, negatives) >= _MIN_DELONG and 0 < value < 1:
            return None
        if positives and negatives:
            known = ~np.isnan(truth[:, j]) if truth.dtype.kind == "f" else slice(None)
            own = value if truth.shape[1] == 1 else float(auroc(truth[known, j], scores[known, j]))
            parts.append((own, *_newcombe(own, positives, negatives, confidence)))
    own, low, high = np.array(parts).T
    down, up = (float(np.sqrt(((end - own) ** 2).sum())) / len(own) for end in (low, high))
    return Estimate(value, value - down, value + up)


def _newcombe(value: float, positives: int, negatives: int, confidence: float) -> tuple[float, float]:
    z, half = float(ndtri((1 + confidence) / 2)), (positives + negatives) / 2 - 1

    def error(area: float) -> float:
        spread = area * (1 - area) * (1 + half * ((1 - area) / (2 - area) + area / (1 + area)))
        return z * math.sqrt(spread / (positives * negatives))

    low = 0.0 if value <= 0 else _root(lambda area: area + error(area) - value, 0.0, min(value, 1 - 1e-9))
    high = 1.0 if value >= 1 else _root(lambda area: area - error(area) - value, max(value, 1e-9), 1.0)
    return low, high


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    return float(cast(float, brentq(function, low, high)))


def auprc_deviation(y: np.ndarray, p: np.ndarray) -> float:
    """Return the least standard deviation of an AUPRC, of several labels of their mean as if labels were independent.

    Where precision is low, an AUPRC rests on the few positives that happen to rank near the top: about AUPRC times positives. On the
    logit scale it is known no better than a Poisson count of so many, of which the logarithm varies by one over the root of the
    count. With 5 positives of 1,000 examples and a true AUPRC of 0.02 the jackknife alone reaches the truth in 82% of simulations.

    Example:
        >>> round(auprc_deviation(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8])), 4)
        0.1076
    """
    truth, scores = decisions(y, p)
    n = len(truth)
    truth, scores = truth.reshape(n, -1), scores.reshape(n, -1)
    variances = []
    for j in range(truth.shape[1]):
        known = ~np.isnan(truth[:, j]) if truth.dtype.kind == "f" else np.ones(n, bool)
        positives = int((truth[known, j] == 1).sum())
        if 0 < positives < int(known.sum()):
            value = float(auprc(truth[known, j], scores[known, j]))
            variances.append((1 - value) ** 2 * value / positives)
    return math.sqrt(sum(variances)) / len(variances) if variances else 0.0
