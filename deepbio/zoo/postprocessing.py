"""`Postprocessing`: what a validation split taught about a model's predictions, stored in the preset beside the weights.

Calibration corrects the probabilities. Thresholds turn them into decisions. A conformal cut-off turns them into prediction
sets that contain the truth as often as asked. The prevalence, the bins of calibration and the operating point say what a
probability and a threshold mean. Quantiles of the out-of-distribution score of the validation examples show
how far a new example is from the training data. None of them changes a weight.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from deepbio.errors import WeightsError
from deepbio.metrics import CalibrationBin, OperatingPoint
from deepbio.metrics.calibration import Calibrator, calibrator_from_dict


@dataclass(frozen=True)
class Conformal:
    """The cut-off (a probability, or one per class) or radius (one per output) of a stated coverage."""

    coverage: float
    cutoff: tuple[float, ...] = ()
    radius: tuple[float, ...] = ()


@dataclass(frozen=True)
class OodReference:
    """What an out-of-distribution score measures the distance to.

    Args:
        method: `"knn"`: rows are normalized features of training examples; or `"mahalanobis"`: class means, then a whitening matrix.
        count: Which neighbour counts, or the number of classes.
        columns: Number of features.
        values: Rows in float32, little-endian, as base64.

    Example:
        >>> OodReference.of("knn", 1, np.eye(2)).rows
        array([[1., 0.],
               [0., 1.]])
    """

    method: str
    count: int
    columns: int
    values: str = field(repr=False)

    @classmethod
    def of(cls, method: str, count: int, rows: np.ndarray) -> OodReference:
        """Build a reference from its rows, `(rows, columns)`."""
        return cls(method, count, rows.shape[1], base64.b64encode(rows.astype("<f4").tobytes()).decode("ascii"))

    @property
    def rows(self) -> np.ndarray:
        """Rows, float64 `(rows, columns)`."""
        return np.frombuffer(base64.b64decode(self.values), "<f4").reshape(-1, self.columns).astype(np.float64)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> OodReference:
        """Build the reference from its fields.

        Raises:
            ValueError: They do not fit each other.
        """
        found = cls(str(values["method"]), int(values["count"]), int(values["columns"]), str(values["values"]))
        if found.method not in ("knn", "mahalanobis") or not 1 <= found.count <= len(found.rows):
            raise ValueError(f"unknown score {found.method!r}, or a count that does not fit")
        if found.method == "mahalanobis" and len(found.rows) != found.count + found.columns:
            raise ValueError("the whitening matrix does not fit")
        return found


@dataclass(frozen=True)
class Postprocessing:
    """How to read a model's predictions.

    Args:
        split, examples: Split that it was fitted on, and the number of its examples.
        calibration: Calibrator of the probabilities.
        thresholds: Calibrated probabilities from which the prediction is yes: one, or one per label.
        aim: Criterion that chose the thresholds, such as `"sensitivity at least 0.95"`.
        conformal: Cut-off of prediction sets, or radius of intervals.
        ood_quantiles: Quantiles of the validation examples' out-of-distribution score, lowest first.
        ood_reference: What the score measures the distance to; None for a score of the logits.
        ood_method: Which out-of-distribution score; see `deepbio.inference.ood_score`.
        prevalence: Frequency of the second of two classes, or of each of several, in the split: what the probabilities assume.
        bins: How often predictions of about the same probability were right.
        operating_point: Sensitivity and specificity at the threshold of a binary task.

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
    prevalence: tuple[float, ...] = ()
    bins: tuple[CalibrationBin, ...] = ()
    operating_point: OperatingPoint | None = None
    ood_reference: OodReference | None = None
    ood_method: str = "logits"

    def apply(self, p: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities; `p` itself without a calibration."""
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
        if self.ood_method != "logits":
            found["ood_method"] = self.ood_method
        if self.ood_reference is not None:
            found["ood_reference"] = asdict(self.ood_reference)
        if self.prevalence:
            found["prevalence"] = list(self.prevalence)
        if self.bins:
            found["bins"] = [one.to_dict() for one in self.bins]
        if self.operating_point is not None:
            found["operating_point"] = self.operating_point.to_dict()
        return found

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Postprocessing:
        """Build the postprocessing that `to_dict` described.

        Raises:
            WeightsError: The dictionary does not describe one.
        """
        try:
            if unknown := set(values) - {one.name for one in fields(cls)}:
                raise ValueError(f"unknown entries {sorted(unknown)}")
            conformal = values.get("conformal")
            return cls(
                split=str(values["split"]),
                examples=int(values["examples"]),
                calibration=calibrator_from_dict(values["calibration"]) if "calibration" in values else None,
                thresholds=_floats(values, "thresholds"),
                aim=str(values.get("aim", "")),
                conformal=None if conformal is None else _conformal(conformal),
                ood_quantiles=_floats(values, "ood_quantiles"),
                prevalence=_floats(values, "prevalence"),
                bins=tuple(map(CalibrationBin.from_dict, values.get("bins", ()))),
                operating_point=OperatingPoint.from_dict(values["operating_point"])
                if "operating_point" in values
                else None,
                ood_reference=OodReference.from_dict(values["ood_reference"]) if "ood_reference" in values else None,
                ood_method=_ood_method(values),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise WeightsError(f"The postprocessing (calibration, thresholds) cannot be read: {error}.") from error


def _ood_method(values: Mapping[str, Any]) -> str:
    method, distance = str(values.get("ood_method", "logits")), values.get("ood_reference", {}).get("method")
    if method not in ("logits", "normalized_energy", distance) or (distance and method != distance):
        raise ValueError(f"an out-of-distribution score {method!r} without what it needs")
    return method


def _conformal(values: Mapping[str, Any]) -> Conformal:
    return Conformal(float(values["coverage"]), _floats(values, "cutoff"), _floats(values, "radius"))


def _floats(values: Mapping[str, Any], key: str) -> tuple[float, ...]:
    return tuple(map(float, values.get(key, ())))
