"""How good the probabilities are: log-loss and Brier score.

Binary `p` is `(n,)`; class probabilities are `(n, classes)` (with positions `(n, length, classes)`); multilabel `y` and
`p` are `(n, labels)` with NaN in `y` for unknown. `weights` is `(n,)`, or `(draws, n)` for a value a row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError
from deepbio.metrics.arrays import check_classes, check_pair
from deepbio.metrics.ranking import decisions
from deepbio.metrics.weights import divide, give, weight_rows, weighted_mean, weighted_sums


def log_loss(y: ArrayLike, p: ArrayLike, *, weights: ArrayLike | None = None) -> Any:
    """Return the mean negative log-likelihood in nats, probabilities kept 2.2e-16 away from 0 and 1.

    For multilabel: the mean over the known labels of all examples.

    Example:
        >>> round(log_loss([0, 1], [0.1, 0.8]), 4)
        0.1643
    """
    truth, p = check_probabilities(y, p)
    tiny = np.finfo(np.float64).eps
    p = np.clip(p, tiny, 1.0 - tiny)
    if truth.ndim == p.ndim - 1:
        loss = -np.log(np.take_along_axis(p, truth[..., None], axis=-1)[..., 0])
    else:
        loss = -np.where(truth == 1, np.log(p), np.log1p(-p))
    return _mean_of_known(loss, truth, weights, "log-loss")


def brier(y: ArrayLike, p: ArrayLike, *, weights: ArrayLike | None = None) -> Any:
    """Return the mean squared error of the probabilities; over more than two classes the sum of squares (0 to 2).

    Source: Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.

    Example:
        >>> round(brier([0, 1], [0.1, 0.8]), 4)
        0.025
    """
    truth, p = check_probabilities(y, p)
    if truth.ndim == p.ndim - 1:
        happened = truth[..., None] == np.arange(p.shape[-1])
        loss = ((p - happened) ** 2).sum(axis=-1)
    else:
        loss = (p - truth) ** 2
    return _mean_of_known(loss, truth, weights, "Brier score")


def check_probabilities(y: ArrayLike, p: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and probabilities after checking that they fit and lie between 0 and 1."""
    y, p = check_pair(y, p)
    # A little slack: float32 probabilities may pass 1 by a rounding error.
    if p.min() < -1e-6 or p.max() > 1 + 1e-6:
        seen = f"{p.min():.4g} to {p.max():.4g}"
        raise DataError(f"p holds probabilities between 0 and 1; received {seen}. Apply the link first.")
    return check_classes(y, p) if p.ndim == y.ndim + 1 else decisions(y, p)


def _mean_of_known(loss: np.ndarray, truth: np.ndarray, weights: ArrayLike | None, name: str) -> Any:
    n = len(loss)
    known = ~np.isnan(truth) if truth.dtype.kind == "f" else np.ones(truth.shape, bool)
    loss, known = np.where(known, loss, 0.0).reshape(n, -1), known.reshape(n, -1)
    w, single = weight_rows(weights, n)
    if known.all():
        return give(weighted_mean(loss.mean(axis=1), w), single, name)
    sums = weighted_sums(w, np.stack([loss.sum(axis=1), known.sum(axis=1).astype(np.float64)], axis=1))
    return give(divide(sums[:, 0], sums[:, 1]), single, name)
