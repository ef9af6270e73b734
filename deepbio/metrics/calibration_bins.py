"""`calibration_bins`: how often predictions of about the same probability were right, with an interval for each bin."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError
from deepbio.metrics.groups import group_numbers
from deepbio.metrics.probability import check_probabilities
from deepbio.metrics.resampling import Estimate
from deepbio.metrics.summary import summarize
from deepbio.specs import Task

_FEW = 300  # examples, of which ten bins would have a handful each


@dataclass(frozen=True)
class CalibrationBin:
    """A range of probabilities and how often the predictions in it were true.

    Args:
        start, stop: Lowest probability (left out, but in the first bin) and highest (included).
        examples: Number of predictions in the bin.
        frequency: Observed frequency with its interval, or with the reason why there is none.
    """

    start: float
    stop: float
    examples: int
    frequency: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able dictionary that `from_dict` reads back."""
        found = {"start": self.start, "stop": self.stop, "examples": self.examples}
        return {**found, "frequency": self.frequency.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> CalibrationBin:
        """Build the bin that `to_dict` described."""
        ends = (float(values["start"]), float(values["stop"]))
        return cls(*ends, int(values["examples"]), Estimate.from_dict(values["frequency"]))


def calibration_bins(
    y: ArrayLike, p: ArrayLike, *, groups: ArrayLike | None = None, bins: int | None = None
) -> tuple[CalibrationBin, ...]:
    """Return the observed frequency in equally wide bins of probability, with 95% intervals.

    Of several classes, the probability is that of the predicted class and the frequency is that of a right prediction.

    Args:
        y: Truth, binary `(n,)` or class indices `(n,)`.
        p: Probabilities, `(n,)` or `(n, classes)`.
        groups: Patient, chromosome or the like of each example, which are then the independent units.
        bins: Number of bins; by default ten, or five of fewer than 300 examples.

    Raises:
        DataError: The shapes do not fit, or there are several labels per example.

    Example:
        >>> found = calibration_bins([0, 0, 0, 0, 1, 1, 1, 1, 0, 1], [0.1] * 5 + [0.9] * 5, bins=2)
        >>> print(found[1].examples, found[1].frequency)
        5 0.800 [0.376, 0.990]
    """
    truth, p = check_probabilities(y, p)
    if truth.ndim != 1:
        raise DataError(f"Bins of calibration take one class per example; received y of shape {truth.shape}.")
    confidence, outcome = (p, truth == 1) if p.ndim == 1 else (p.max(axis=1), p.argmax(axis=1) == truth)
    edges = np.linspace(0, 1, (bins or (10 if len(truth) >= _FEW else 5)) + 1)
    number = np.searchsorted(edges[1:-1], confidence)
    units = None if groups is None else group_numbers(groups, len(truth))
    found = []
    for k, (start, stop) in enumerate(itertools.pairwise(edges)):
        mine = number == k
        frequency = _frequency(outcome[mine], None if units is None else units[mine])
        found.append(CalibrationBin(round(float(start), 6), round(float(stop), 6), int(mine.sum()), frequency))
    return tuple(found)


def bin_of(bins: Sequence[CalibrationBin], probability: float) -> CalibrationBin:
    """Return the bin that a probability belongs to.

    Example:
        >>> bin_of(calibration_bins([0, 1], [0.2, 0.9], bins=2), 0.7).start
        0.5
    """
    return bins[int(np.searchsorted([one.stop for one in bins[:-1]], probability))]


def _frequency(outcome: np.ndarray, groups: np.ndarray | None) -> Estimate:
    """Return how often the outcome occurs, with the interval that an accuracy has."""
    if not len(outcome):
        return Estimate(float("nan"), reason="no example")
    always = np.ones(len(outcome))
    [found] = summarize(Task("binary", 1), outcome.astype(int), always, metrics=["accuracy"], groups=groups).values()
    return found
