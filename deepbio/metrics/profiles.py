"""How close a predicted profile is to the counts along a window: Jensen-Shannon distance and multinomial likelihood.

`y` is `(n, length)` or `(n, length, outputs)` counts, `p` of the same shape sums to one over the length.
An example without counts has no shape and is left out.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, rel_entr, xlogy

from deepbio.errors import DataError
from deepbio.metrics.arrays import Weights, check_same_shape, mean_over_labels, unwrap, weight_rows, weighted_mean

_MAX_OFF = 0.05  # of the sum of a profile; float16 probabilities of many positions do not add up to 1 exactly


def jensen_shannon(y: ArrayLike, p: ArrayLike, *, weights: Weights = None) -> Any:
    """Return the mean Jensen-Shannon distance, the square root of the divergence in nats.

    Range 0 (equal) to 0.8326 (disjoint), lower is better.
    Source: Endres and Schindelin 2003, doi:10.1109/TIT.2003.813506.

    Example:
        >>> round(jensen_shannon([[1, 1, 0, 0]], [[0.0, 0.0, 0.5, 0.5]]), 4)
        0.8326
    """
    counts, expected = _profiles(y, p)
    total = counts.sum(axis=1, keepdims=True)
    seen = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
    expected: np.ndarray = expected / expected.sum(axis=1, keepdims=True)
    middle: np.ndarray = (seen + expected) / 2
    divergence = _relative_entropy(seen, middle) + _relative_entropy(expected, middle)
    return _mean(np.sqrt(np.maximum(divergence / 2, 0.0)), total, weights, "Jensen-Shannon distance")


def multinomial_nll(y: ArrayLike, p: ArrayLike, *, weights: Weights = None) -> Any:
    """Return the mean negative log-likelihood of the counts under a multinomial of their total, in nats per example.

    Range 0 to infinity, lower is better. Source: Avsec et al. 2021 (BPNet), doi:10.1038/s41588-021-00782-6.

    Example:
        >>> round(multinomial_nll([[1, 1]], [[0.5, 0.5]]), 4)
        0.6931
    """
    y, p = _profiles(y, p)
    if (worst := np.abs(p.sum(axis=1) - 1).max()) > _MAX_OFF:
        raise DataError(
            f"p adds up to 1 over the positions of each example; received a sum that is off by {worst:.3g}."
        )
    total = y.sum(axis=1)
    with np.errstate(divide="ignore"):
        loss = gammaln(y + 1).sum(axis=1) - gammaln(total + 1) - xlogy(y, p).sum(axis=1)
    return _mean(loss, total[:, None], weights, "multinomial likelihood")


def _relative_entropy(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray(rel_entr(one, other), dtype=np.float64).sum(axis=1)


def _profiles(y: ArrayLike, p: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    shape = np.shape(y)
    y, p = check_same_shape(y, p)
    if len(shape) not in (2, 3) or not y.min() >= 0 or p.min() < 0:
        raise DataError(
            f"A profile is (examples, length[, outputs]) and neither negative nor NaN; received shape {shape}, counts from "
            f"{y.min():.4g} and predictions from {p.min():.4g}."
        )
    return y.reshape(*shape[:2], -1), p.reshape(*shape[:2], -1)


def _mean(loss: np.ndarray, total: np.ndarray, weights: Weights, name: str) -> Any:
    loss = np.where(total[:, 0] > 0, loss, np.nan)
    w, single = weight_rows(weights, len(loss))
    outputs = np.stack([weighted_mean(loss[:, j], w) for j in range(loss.shape[1])], axis=1)
    return unwrap(mean_over_labels(outputs), single, name)
