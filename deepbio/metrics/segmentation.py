"""How well a mask covers the truth: Dice and intersection over union, the mean over images.

`y` is a mask of 0 and 1 and `p` a probability of the same shape `(n, ...)`; a pixel is inside where `p >= threshold`.
An image with neither truth nor prediction has no value and is left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from deepbio.metrics.arrays import check_same_shape, check_zero_one
from deepbio.metrics.weights import divide, give, weight_rows, weighted_mean


def dice(y: ArrayLike, p: ArrayLike, *, threshold: float = 0.5, weights: ArrayLike | None = None) -> Any:
    """Give the mean Dice coefficient, twice the overlap over the sum of both areas.

    Source: Dice 1945, doi:10.2307/1932409.

    >>> dice([[1, 1, 0, 0]], [[0.9, 0.1, 0.8, 0.2]])
    0.5
    """
    both, total, w, single = _areas(y, p, threshold, weights)
    return give(weighted_mean(divide(2.0 * both, total), w), single, "Dice")


def iou(y: ArrayLike, p: ArrayLike, *, threshold: float = 0.5, weights: ArrayLike | None = None) -> Any:
    """Give the mean intersection over union (Jaccard index).

    Source: Jaccard 1912, doi:10.1111/j.1469-8137.1912.tb05611.x.

    >>> round(iou([[1, 1, 0, 0]], [[0.9, 0.1, 0.8, 0.2]]), 4)
    0.3333
    """
    both, total, w, single = _areas(y, p, threshold, weights)
    return give(weighted_mean(divide(both, total - both), w), single, "IoU")


def _areas(
    y: ArrayLike, p: ArrayLike, threshold: float, weights: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
    y, p = check_same_shape(y, p)
    check_zero_one(y)
    w, single = weight_rows(weights, len(y))
    truth, said = (y == 1).reshape(len(y), -1), (p >= threshold).reshape(len(p), -1)
    both = (truth & said).sum(axis=1).astype(np.float64)
    total = (truth.sum(axis=1) + said.sum(axis=1)).astype(np.float64)
    return both, total, w, single
