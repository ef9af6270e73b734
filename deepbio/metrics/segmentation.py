"""How well a mask covers the truth: Dice and intersection over union, the mean over images.

`y` is a mask of 0 and 1 and `p` a probability of the same shape `(n, ...)`; a pixel is inside where `p >= threshold`.
An image with neither truth nor prediction has no value and is left out.
"""

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError
from deepbio.metrics.arrays import (
    Weights,
    check_same_shape,
    check_scale,
    check_zero_one,
    divide,
    unwrap,
    weight_rows,
    weighted_mean,
)


def dice(y: ArrayLike, p: ArrayLike, *, threshold: float = 0.5, weights: Weights = None) -> Any:
    """Return the mean Dice coefficient, twice the overlap over the sum of both areas. Range 0 to 1, higher is better.

    Source: Dice 1945, doi:10.2307/1932409.

    Example:
        >>> dice([[1, 1, 0, 0]], [[0.9, 0.1, 0.8, 0.2]])
        0.5
    """
    both, total, w, single = _areas(y, p, threshold, weights)
    return unwrap(weighted_mean(divide(2.0 * both, total), w), single, "Dice")


def iou(y: ArrayLike, p: ArrayLike, *, threshold: float = 0.5, weights: Weights = None) -> Any:
    """Return the mean intersection over union (Jaccard index). Range 0 to 1, higher is better.

    Source: Jaccard 1912, doi:10.1111/j.1469-8137.1912.tb05611.x.

    Example:
        >>> round(iou([[1, 1, 0, 0]], [[0.9, 0.1, 0.8, 0.2]]), 4)
        0.3333
    """
    both, total, w, single = _areas(y, p, threshold, weights)
    return unwrap(weighted_mean(divide(both, total - both), w), single, "IoU")


def mean_dice(y: ArrayLike, p: ArrayLike, *, weights: Weights = None) -> Any:
    """Return the Dice coefficient of the classes but the first (background): the mean over images, then over classes.

    `y` is the class of each pixel, `(n, height, width)`, -1 where it is unknown. Of `p`, `(n, height, width, classes)`, the likeliest
    class is predicted.

    Example:
        >>> mean_dice([[[1, 1, 0, 0]]], [[[[0.1, 0.9], [0.9, 0.1], [0.2, 0.8], [1, 0]]]])
        0.5
    """
    return _mean_over_classes(y, p, weights, lambda both, total: divide(2.0 * both, total), "Dice")


def mean_iou(y: ArrayLike, p: ArrayLike, *, weights: Weights = None) -> Any:
    """Return the intersection over union of the classes but the first; arguments as in `mean_dice`.

    Example:
        >>> round(mean_iou([[[1, 1, 0, 0]]], [[[[0.1, 0.9], [0.9, 0.1], [0.2, 0.8], [1, 0]]]]), 4)
        0.3333
    """
    return _mean_over_classes(y, p, weights, lambda both, total: divide(both, total - both), "IoU")


def _mean_over_classes(y: ArrayLike, p: ArrayLike, weights: Weights, score: Any, name: str) -> Any:
    truth, p = np.asarray(y), np.asarray(p)
    if p.ndim != 4 or truth.shape != p.shape[:-1]:
        raise DataError(
            f"Expected y (n, height, width) and p with an axis of classes; received {truth.shape}, {p.shape}."
        )
    if np.isnan(p).any():
        raise DataError(f"p contains {int(np.isnan(p).sum())} NaN. Check whether the training diverged.")
    w, single = weight_rows(weights, len(truth))
    predicted = np.where(truth < 0, -1, p.argmax(axis=-1))
    found = []
    for k in range(1, p.shape[-1]):
        mine, theirs = (truth == k).reshape(len(truth), -1), (predicted == k).reshape(len(predicted), -1)
        both = (mine & theirs).sum(axis=1).astype(np.float64)
        total = (mine.sum(axis=1) + theirs.sum(axis=1)).astype(np.float64)
        found.append(weighted_mean(score(both, total), w))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a class that no image has is left out; none at all is NaN
        return unwrap(np.nanmean(np.stack(found), axis=0), single, name)


def _areas(
    y: ArrayLike, p: ArrayLike, threshold: float, weights: Weights
) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
    y, p = check_same_shape(y, p)
    check_zero_one(y)
    check_scale(p, threshold)
    w, single = weight_rows(weights, len(y))
    truth, predicted = (y == 1).reshape(len(y), -1), (p >= threshold).reshape(len(p), -1)
    both = (truth & predicted).sum(axis=1).astype(np.float64)
    total = (truth.sum(axis=1) + predicted.sum(axis=1)).astype(np.float64)
    return both, total, w, single
