"""How well scores rank positives above negatives: AUROC, AUPRC, sensitivity at a fixed specificity and the reverse.

One sort serves every row of weights: after it, a row costs one gather, one cumulative sum and one product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError
from deepbio.metrics import arrays
from deepbio.metrics.arrays import Weights

Average = Literal["macro", "micro", "none"]


@dataclass(frozen=True)
class _Ranked:
    """Positives and negatives of one label, each from the highest score to the lowest.

    `positives` and `negatives` are the columns of their weights. For each positive, `above` counts the negatives with a higher
    score, `level` those with a higher or equal score, and `until` the positives with a higher or equal score.
    """

    positives: np.ndarray
    negatives: np.ndarray
    above: np.ndarray
    level: np.ndarray
    until: np.ndarray

    @classmethod
    def of(cls, y: np.ndarray, p: np.ndarray, rows: np.ndarray) -> _Ranked:
        order = np.argsort(-p)
        y, fall, rows = y[order], -p[order], rows[order]
        high, low = fall[y], fall[~y]
        above, level = np.searchsorted(low, high, "left"), np.searchsorted(low, high, "right")
        return cls(rows[y], rows[~y], above, level, np.searchsorted(high, high, "right"))

    def parts(self, weights: np.ndarray) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Return blocks of rows: where they belong, weights of the positives, cumulative weights of the negatives."""
        for part in arrays.blocks(len(weights), len(self.positives) + len(self.negatives)):
            some = weights[part]
            yield part, some.take(self.positives, axis=1), _cumulative(some.take(self.negatives, axis=1))

    def auroc(self, weights: np.ndarray) -> np.ndarray:
        values = np.empty(len(weights))
        for part, positives, negatives in self.parts(weights):
            total = negatives[:, -1:]
            # Twice the negatives below each positive, those of equal score counted half.
            beaten = 2 * total - negatives.take(self.above, axis=1) - negatives.take(self.level, axis=1)
            pairs = positives.sum(axis=1, dtype=np.float64) * total[:, 0]
            values[part] = arrays.divide(np.einsum("ij,ij->i", positives, beaten, dtype=np.float64), 2.0 * pairs)
        return values

    def auprc(self, weights: np.ndarray) -> np.ndarray:
        values = np.empty(len(weights))
        for part, positives, negatives in self.parts(weights):
            true = _cumulative(positives).take(self.until, axis=1)
            false = negatives.take(self.level, axis=1)
            precision = arrays.divide(true, true + false, 0.0)
            found = positives.sum(axis=1, dtype=np.float64)
            average = arrays.divide(np.einsum("ij,ij->i", positives, precision), found)
            values[part] = np.where(negatives[:, -1] > 0, average, np.nan)
        return values


def _cumulative(weights: np.ndarray) -> np.ndarray:
    """Return cumulative sums along each row, with a zero in front."""
    dtype = np.float64 if weights.dtype.kind == "f" else np.int64
    sums = np.zeros((len(weights), weights.shape[1] + 1), dtype)
    np.cumsum(weights, axis=1, dtype=dtype, out=sums[:, 1:])
    return sums


def auroc(y: ArrayLike, p: ArrayLike, *, average: Average = "macro", weights: Weights = None) -> Any:
    """Return the area under the ROC curve: the probability that a positive scores above a negative, ties counted half.

    Range 0 to 1, higher is better, 0.5 is chance.

    `p` are scores of any scale; a last axis of classes is read one-vs-rest. `average` is `"macro"` (mean of the labels that have
    both classes), `"micro"` (all decisions together) or `"none"` (one value per label).
    A label with one class has no AUROC: NaN with `UndefinedMetricWarning`, left out of the macro average.
    Source: Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747.

    Example:
        >>> auroc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
        0.75
    """
    return _averaged("AUROC", _Ranked.auroc, y, p, average, weights)


def auprc(y: ArrayLike, p: ArrayLike, *, average: Average = "macro", weights: Weights = None) -> Any:
    """Return the area under the precision-recall curve as average precision, without interpolation.

    Range 0 to 1, higher is better, chance is `prevalence(y)`. Arguments, shapes and undefined labels as in `auroc`.
    Source: Davis and Goadrich 2006, doi:10.1145/1143844.1143874.

    Example:
        >>> round(auprc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 4)
        0.8333
    """
    return _averaged("AUPRC", _Ranked.auprc, y, p, average, weights)


def _averaged(
    name: str,
    area: Callable[[_Ranked, np.ndarray], np.ndarray],
    y: ArrayLike,
    p: ArrayLike,
    average: Average,
    weights: Weights,
) -> Any:
    truth, scores = decisions(y, p)
    w, single = arrays.weight_rows(weights, len(truth))
    if average not in ("macro", "micro", "none"):
        raise DataError(f"average is 'macro', 'micro' or 'none'; received {average!r}.")
    if average == "micro" or truth.ndim == 1:
        truth, scores = truth.reshape(len(truth), -1), scores.reshape(len(scores), -1)
        values = area(_rank(truth, scores), w)
        return arrays.unwrap(values, single, name) if average != "none" else arrays.unwrap(values[:, None], single)
    values = np.stack([area(_rank(truth[..., j], scores[..., j]), w) for j in range(truth.shape[-1])], axis=1)
    if single and np.isnan(values).any():
        missing = f"{int(np.isnan(values).sum())} of {values.shape[1]} labels"
        left_out = ", left out of the macro average" if average == "macro" else ""
        arrays.warn_undefined(f"{name} is undefined for {missing} that have one class only{left_out}.")
    return arrays.unwrap(values if average == "none" else arrays.mean_over_labels(values), single)


def _rank(y: np.ndarray, p: np.ndarray) -> _Ranked:
    rows = np.broadcast_to(np.arange(len(y)).reshape(-1, *[1] * (y.ndim - 1)), y.shape)
    known = ~np.isnan(y) if y.dtype.kind == "f" else np.ones(y.shape, bool)
    return _Ranked.of(y[known] == 1, p[known], rows[known])


def decisions(y: ArrayLike, p: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and scores as yes-or-no decisions: `(n,)`, or with a last axis over classes or labels."""
    y, p = arrays.check_pair(y, p)
    if p.ndim == y.ndim + 1:
        classes, p = arrays.check_classes(y, p)
        return classes[..., None] == np.arange(p.shape[-1]), p
    if y.shape != p.shape:
        raise DataError(f"y and p need the same shape; received {y.shape} and {p.shape}.")
    arrays.check_zero_one(y, unknown=True)
    return y, p


def prevalence(y: ArrayLike, *, weights: Weights = None) -> float | np.ndarray:
    """Return the fraction of positives, which is the AUPRC of a random ranking; one value per label.

    `y` is `(n,)` or `(n, labels)` of 0 and 1; NaN is unknown and left out.

    Example:
        >>> prevalence([0, 0, 0, 1])
        0.25
    """
    y = np.asarray(y, dtype=np.float64)
    arrays.check_zero_one(y, unknown=True)
    w, _ = arrays.weight_rows(weights, len(y))
    known = ~np.isnan(y)
    fraction = arrays.divide(w[0] @ np.where(known, y, 0.0), w[0] @ known.astype(np.float64))
    return float(fraction) if y.ndim == 1 else fraction


def sensitivity_at_specificity(
    y: ArrayLike, p: ArrayLike, *, specificity: float = 0.95, weights: Weights = None
) -> Any:
    """Return the highest sensitivity of a threshold with at least this specificity (binary, `(n,)`).

    Range 0 to 1, higher is better.

    Example:
        >>> sensitivity_at_specificity([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], specificity=0.95)
        0.5
    """
    return _trade_off("sensitivity at fixed specificity", y, p, specificity, weights, swap=False)


def specificity_at_sensitivity(
    y: ArrayLike, p: ArrayLike, *, sensitivity: float = 0.95, weights: Weights = None
) -> Any:
    """Return the highest specificity of a threshold with at least this sensitivity (binary, `(n,)`).

    Range 0 to 1, higher is better.

    Example:
        >>> specificity_at_sensitivity([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], sensitivity=0.95)
        0.5
    """
    return _trade_off("specificity at fixed sensitivity", y, p, sensitivity, weights, swap=True)


def _trade_off(name: str, y: ArrayLike, p: ArrayLike, minimum: float, weights: Weights, *, swap: bool) -> Any:
    if not 0 <= minimum <= 1:
        raise DataError(f"A sensitivity or specificity is between 0 and 1; received {minimum}.")
    truth, p = arrays.check_binary(y, p)
    w, single = arrays.weight_rows(weights, len(truth))
    if swap:  # specificity at a sensitivity is the same with classes and scores exchanged
        truth, p = ~truth, -p
    order = np.argsort(-p)
    ends = np.append(np.flatnonzero(np.diff(p[order])) + 1, len(p))
    ends = np.append(0, ends)  # a threshold above every score is allowed
    values = np.empty(len(w))
    for part in arrays.blocks(*w.shape):
        sorted_weights = w[part].take(order, axis=1)
        true = _cumulative(sorted_weights * truth[order]).take(ends, axis=1)
        false = _cumulative(sorted_weights * ~truth[order]).take(ends, axis=1)
        kept = arrays.divide(false[:, -1:] - false, false[:, -1:])
        reached = arrays.divide(true, true[:, -1:])
        values[part] = np.where(
            np.isnan(kept).any(axis=1), np.nan, np.where(kept >= minimum - 1e-12, reached, 0.0).max(axis=1)
        )
    return arrays.unwrap(values, single, name)
