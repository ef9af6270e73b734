"""`Postprocessing`: what a validation split taught about reading a model's predictions, stored in the preset beside the weights.

Calibration turns what the model says into probabilities that come true as often; thresholds say where yes begins; a
conformal cut-off makes sets that hold the truth as often as asked; quantiles of the ood_score of the validation examples
say how unusual a new one is. None of it changes a weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from deepbio.errors import WeightsError
from deepbio.metrics.calibration import Calibrator, calibrator_from_dict


@dataclass(frozen=True)
class Conformal:
    """The cut-off (a probability, or one a class) or radius (one an output) of a stated coverage."""

    coverage: float
    cutoff: tuple[float, ...] = ()
    radius: tuple[float, ...] = ()


@dataclass(frozen=True)
class Postprocessing:
    """How to read a model's predictions.

    Args:
        split, examples: what it was fitted on.
        calibration: of the probabilities.
        thresholds: yes from these (calibrated) probabilities on: one, or one a label.
        aim: what the thresholds serve, such as `"sensitivity at least 0.95"`.
        conformal: of prediction sets or intervals.
        ood_quantiles: quantiles of the validation examples' out-of-distribution score, lowest first.

    Example:
        >>> from deepbio.metrics import Temperature
        >>> postprocessing = Postprocessing("valid", 100, calibration=Temperature(1.5), thresholds=(0.3,), aim="f1 highest")
        >>> Postprocessing.from_dict(postprocessing.to_dict()) == postprocessing
        True
    """

    split: str
    examples: int
    calibration: Calibrator | None = None
    thresholds: tuple[float, ...] = ()
    aim: str = ""
    conformal: Conformal | None = None
    ood_quantiles: tuple[float, ...] = ()

    def apply(self, p: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities; `p` itself where there is no calibration."""
        return p if self.calibration is None else self.calibration.apply(p)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able dictionary that `from_dict` reads back."""
        found: dict[str, Any] = {"split": self.split, "examples": self.examples}
        if self.calibration is not None:
            found["calibration"] = self.calibration.to_dict()
        if self.thresholds:
            found |= {"thresholds": list(self.thresholds), "aim": self.aim}
        if self.conformal is not None:
            parts = {"cutoff": self.conformal.cutoff, "radius": self.conformal.radius}
            found["conformal"] = {"coverage": self.conformal.coverage, **{k: list(v) for k, v in parts.items() if v}}
        if self.ood_quantiles:
            found["ood_quantiles"] = list(self.ood_quantiles)
        return found

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Postprocessing:
        """Build the postprocessing that `to_dict` described.

        Raises:
            WeightsError: it is not one.
        """
        try:
            known = {field.name for field in fields(cls)}
            if unknown := set(values) - known:
                raise ValueError(f"unknown entries {sorted(unknown)}")
            conformal = values.get("conformal")
            return cls(
                split=str(values["split"]),
                examples=int(values["examples"]),
                calibration=calibrator_from_dict(values["calibration"]) if "calibration" in values else None,
                thresholds=tuple(map(float, values.get("thresholds", ()))),
                aim=str(values.get("aim", "")),
                conformal=None
                if conformal is None
                else Conformal(
                    float(conformal["coverage"]),
                    tuple(map(float, conformal.get("cutoff", ()))),
                    tuple(map(float, conformal.get("radius", ()))),
                ),
                ood_quantiles=tuple(map(float, values.get("ood_quantiles", ()))),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise WeightsError(
                f"The preset's postprocessing (calibration, thresholds) cannot be read: {error}."
            ) from error
