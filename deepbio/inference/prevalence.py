"""Predictions for a population in which the classes have other frequencies than in the split of the calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from deepbio import metrics
from deepbio.errors import ModelError
from deepbio.zoo.record import ModelRecord

_ROUNDING = 1e-6
Prevalence = float | Sequence[float] | Mapping[str, float]


def for_prevalence(record: ModelRecord, p: np.ndarray, prevalence: Prevalence) -> np.ndarray:
    """Return calibrated probabilities for another prevalence, by Bayes' rule; see `deepbio.metrics.adjust_prevalence`.

    Args:
        record: Record of a calibrated model.
        p: Its probabilities, `(n,)` or `(n, classes)`.
        prevalence: Frequency of the positive label of a binary task, or one per class, in order or by name.

    Raises:
        ModelError: The model's prevalence is not known, or the task has no single class per example.
        DataError: The frequencies are not between 0 and 1, or do not add up to 1.
    """
    trained, wanted = assumed(record), given(record, prevalence)
    binary = len(trained) == 1
    return metrics.adjust_prevalence(
        p, trained=trained[0] if binary else trained, prevalence=wanted[0] if binary else wanted
    )


def assumed(record: ModelRecord) -> tuple[float, ...]:
    """Return the prevalence that the probabilities of a model assume: one number of a binary task, else one per class.

    Raises:
        ModelError: It is not known.
    """
    task, fitted = record.task, record.postprocessing
    if task is None or task.kind not in ("binary", "multiclass"):
        raise ModelError(
            f"A prevalence adjusts tasks with one class per example; this model's is {task.kind if task else 'not known'}."
        )
    if fitted is None or not fitted.prevalence:
        raise ModelError(
            "The prevalence that the probabilities assume is not known: first model = "
            "deepbio.inference.calibrate(model, data.valid), or `deepbio calibrate RUN`."
        )
    if min(fitted.prevalence) <= 0 or max(fitted.prevalence) >= 1:
        raise ModelError("A class is missing in the split of the calibration: its probability cannot be adjusted.")
    return fitted.prevalence


def given(record: ModelRecord, prevalence: Prevalence) -> list[float]:
    """Return a prevalence as one number per frequency that `assumed` returns, in the same order."""
    assert record.task is not None
    labels, binary = record.task.labels, record.task.kind == "binary"
    if isinstance(prevalence, Mapping):
        one_of_two = binary and len(prevalence) == 1 and set(prevalence) <= set(labels)
        if set(prevalence) != set(labels) and not one_of_two:
            raise ModelError(f"A prevalence names {', '.join(labels) or 'no label'}; received {', '.join(prevalence)}.")
        if one_of_two:
            [(name, value)] = prevalence.items()
            return [float(value) if name == labels[1] else 1 - float(value)]
        values = [float(prevalence[name]) for name in labels]
        if abs(sum(values) - 1) > _ROUNDING:
            raise ModelError(
                f"The prevalences of {', '.join(labels)} add up to 1; received a sum of {sum(values):.6g}."
            )
        return values[-1:] if binary else values
    values = [float(one) for one in (prevalence if isinstance(prevalence, Sequence) else [prevalence])]
    expected = 1 if binary else record.task.outputs
    if len(values) != expected:
        what = f"the frequency of {labels[1]!r}" if binary and labels else f"{expected} frequencies, one per class"
        raise ModelError(f"Expected {what} as the prevalence; received {prevalence}.")
    return values
