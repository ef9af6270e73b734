"""What a threshold means: the operating point, and the decision curve of its net benefit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError
from deepbio.metrics.arrays import check_binary, divide
from deepbio.metrics.groups import group_numbers
from deepbio.metrics.probability import check_probabilities
from deepbio.metrics.resampling import Estimate
from deepbio.metrics.summary import summarize
from deepbio.specs import Task


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold, the sensitivity and specificity there with 95% intervals, and the prevalence of the examples.

    Predictive values follow from these three by Bayes' rule; they are of this prevalence, or of another that is passed.
    """

    threshold: float
    sensitivity: Estimate
    specificity: Estimate
    prevalence: float

    def predictive_values(self, prevalence: float | None = None) -> tuple[float, float]:
        """Return the positive and the negative predictive value; NaN where nothing is predicted so.

        Example:
            >>> point = operating_point([0] * 10 + [1] * 10, [0.1] * 9 + [0.9] * 11, threshold=0.5)
            >>> [round(value, 3) for value in point.predictive_values(0.01)]
            [0.092, 1.0]
        """
        share = self.prevalence if prevalence is None else _frequency(prevalence)
        hit, missed = share * self.sensitivity.value, share * (1 - self.sensitivity.value)
        refused, extra = (1 - share) * self.specificity.value, (1 - share) * (1 - self.specificity.value)
        positive, negative = divide(np.array([hit, refused]), np.array([hit + extra, refused + missed]))
        return float(positive), float(negative)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able dictionary that `from_dict` reads back."""
        sides = {"sensitivity": self.sensitivity.to_dict(), "specificity": self.specificity.to_dict()}
        return {"threshold": self.threshold, **sides, "prevalence": self.prevalence}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> OperatingPoint:
        """Build the operating point that `to_dict` described."""
        sensitivity, specificity = (Estimate.from_dict(values[name]) for name in ("sensitivity", "specificity"))
        return cls(float(values["threshold"]), sensitivity, specificity, float(values["prevalence"]))


def operating_point(
    y: ArrayLike, p: ArrayLike, *, threshold: float = 0.5, groups: ArrayLike | None = None
) -> OperatingPoint:
    """Return sensitivity and specificity of binary `(n,)` predictions that are positive where `p >= threshold`.

    Raises:
        DataError: A class is missing.

    Example:
        >>> print(operating_point([0] * 10 + [1] * 10, [0.1] * 9 + [0.9] * 11).specificity)
        0.900 [0.596, 0.995]
    """
    truth, p = check_binary(y, p)
    if truth.all() or not truth.any():
        raise DataError("An operating point needs examples of both classes; received one class.")
    if not np.isfinite(threshold):
        raise DataError(f"threshold is a number; received {threshold}.")
    units = None if groups is None else group_numbers(groups, len(truth))
    sides = []
    for side in (truth, ~truth):
        right, own = ((p >= threshold) == truth)[side], None if units is None else units[side]
        task, always = Task("binary", 1), np.ones(int(side.sum()))
        sides += summarize(task, right.astype(int), always, metrics=["accuracy"], groups=own).values()
    return OperatingPoint(float(threshold), sides[0], sides[1], float(truth.mean()))


def net_benefit(y: ArrayLike, p: ArrayLike, thresholds: ArrayLike, *, prevalence: float | None = None) -> np.ndarray:
    """Return the net benefit of acting on every example with `p >= threshold`: a decision curve.

    Net benefit counts true positives as a fraction of all examples, and subtracts false positives at the rate of exchange that the
    threshold implies: at 0.1, nine false positives cost as much as one true positive is worth. Acting on nobody has benefit 0,
    acting on everybody `prevalence - (1 - prevalence) * threshold / (1 - threshold)`.

    Source: Vickers and Elkin 2006, doi:10.1177/0272989X06295361.

    Args:
        y: Truth, `(n,)`.
        p: Calibrated probabilities, `(n,)`.
        thresholds: Probabilities from which one would act, `(m,)`, below 1.
        prevalence: Prevalence of another population, in which each class looks the same; that of `y` by default. The probabilities
            must then be those of `adjust_prevalence`.

    Returns:
        float64 `(m,)`.

    Example:
        >>> net_benefit([0, 0, 0, 1], [0.1, 0.2, 0.6, 0.7], [0.2, 0.5]).round(4)
        array([0.125, 0.   ])
    """
    truth, p = check_probabilities(y, p)
    truth, p = check_binary(truth, p)
    act = np.asarray(thresholds, dtype=np.float64)
    if act.ndim != 1 or not ((act >= 0) & (act < 1)).all():
        raise DataError(f"Thresholds are probabilities below 1, of shape (m,); received {act}.")
    if truth.all() or not truth.any():
        raise DataError("A decision curve needs examples of both classes; received one class.")
    share = float(truth.mean()) if prevalence is None else _frequency(prevalence)
    hit, extra = (1 - np.searchsorted(np.sort(p[side]), act) / side.sum() for side in (truth, ~truth))
    return share * hit - (1 - share) * extra * act / (1 - act)


def _frequency(prevalence: float) -> float:
    """Return a prevalence after checking that it is a fraction."""
    if not 0 <= prevalence <= 1:
        raise DataError(f"A prevalence is a number between 0 and 1; received {prevalence}.")
    return float(prevalence)
