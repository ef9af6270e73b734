"""A metric's value with its interval: `Estimate`, and the warning for a metric that has no value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


class UndefinedMetricWarning(UserWarning):
    """Warning that a metric has no value for these data (for example AUROC of one class); the result is NaN."""


@dataclass(frozen=True)
class Estimate:
    """A value and the two ends of its interval; NaN where undefined.

    Example:
        >>> print(Estimate(0.963, 0.951, 0.974))
        0.963 [0.951, 0.974]
        >>> Estimate.from_dict(Estimate(0.9, 0.8, 1.0).to_dict())
        Estimate(value=0.9, low=0.8, high=1.0)
    """

    value: float
    low: float = math.nan
    high: float = math.nan

    def to_dict(self) -> dict[str, float | None]:
        """Return a JSON-able dictionary; a number that is not finite is None, because JSON has no NaN."""
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        return {key: float(number) if math.isfinite(number) else None for key, number in numbers.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, float | None]) -> Estimate:
        """Build an `Estimate` from what `to_dict` returned."""
        numbers = (values[key] for key in ("value", "low", "high"))
        return cls(*(math.nan if number is None else float(number) for number in numbers))

    def __float__(self) -> float:
        return float(self.value)

    def __str__(self) -> str:
        if math.isnan(self.value):
            return "undefined"
        if math.isnan(self.low) or math.isnan(self.high):
            return _short(self.value)
        return f"{_short(self.value)} [{_short(self.low)}, {_short(self.high)}]"


def _short(number: float) -> str:
    return f"{number:.3f}" if abs(number) < 1000 else f"{number:.4g}"
