"""Golden outputs: the predictions for fixed inputs that any correct load of a preset reproduces (`expect.json`)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.documents import read_document
from deepbio.errors import WeightsError
from deepbio.specs import ModelInput
from deepbio.zoo.preset_format import GoldenFacts
from deepbio.zoo.record import describe

if TYPE_CHECKING:
    import keras

GOLDEN_OUTPUTS = "expect.json"


def golden_outputs(model: keras.Model, input: ModelInput, examples: int = 3) -> dict[str, Any]:
    """Return the content of `expect.json` for a model."""
    logits = np.asarray(model.predict_on_batch(golden_inputs(input, examples)), np.float64)
    return {"examples": examples, "inputs": "deepbio.zoo.golden_outputs.golden_inputs", "logits": logits.tolist()}


def check_golden_outputs(model: keras.Model, folder: str | Path, *, tolerance: float | None = None) -> float:
    """Return the largest difference between a model's outputs and the golden outputs of its preset.

    If `expect.json` has `predictions` instead of `logits`, they were computed by the file of the weights' authors, and the
    task's activation is applied before the comparison.

    Args:
        model: Loaded model.
        folder: Folder of the preset.
        tolerance: Largest difference allowed, as a fraction of the largest golden output if that is over 1. By default the
            `tolerance` of `expect.json`: 1e-5, because sums of float32 differ in their last digits between processors, and more where
            the authors' weights are stored as float16.

    Raises:
        WeightsError: The difference is larger: this load does not predict what the trained model did.
    """
    file = Path(folder) / GOLDEN_OUTPUTS
    try:
        _, expected = read_document(file, GoldenFacts, error=WeightsError)
    except OSError as error:
        raise WeightsError(f"Expected golden outputs at {file}; {error.strerror}.") from error
    record = describe(model)
    assert record.input is not None
    found = np.asarray(model.predict_on_batch(golden_inputs(record.input, expected.examples)), np.float64)
    if expected.predictions is not None and record.task is not None:
        found = record.task.probabilities(found)
    try:
        wanted = np.asarray(expected.logits or expected.predictions, np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise WeightsError(f"{file}: expected numbers, one list per example.") from error
    if wanted.shape != found.shape or not np.isfinite(wanted).all():
        raise WeightsError(f"{file}: expected finite outputs of shape {found.shape}; received shape {wanted.shape}.")
    difference = float(np.max(np.abs(found - wanted)))
    allowed = (tolerance or expected.tolerance) * max(1.0, float(np.max(np.abs(wanted))))
    if not difference <= allowed:
        raise WeightsError(
            f"{folder}: the outputs of the loaded model differ from expect.json by {difference:.2e} (allowed {allowed:.0e}). "
            "The weights, the code or the platform compute something else than the trained model did."
        )
    return difference


def golden_inputs(input: ModelInput, examples: int) -> np.ndarray:
    """Return the fixed inputs of `expect.json`. They come from SHAKE-256, so they never change and contain no personal data."""
    size = int(np.prod(input.shape))
    raw = hashlib.shake_256(b"deepbio expectation 1").digest(examples * size)
    values = np.frombuffer(raw, np.uint8).reshape(examples, *input.shape)
    if input.modality == "dna":
        return values % 4
    if input.modality == "image":
        return values
    if input.modality == "text":
        return (values.astype(np.int32) * 7919) % input.vocabulary_size
    z = (values.astype(np.float32) - 128) / 64
    rows = z * np.array(input.std or 1, np.float32) + np.array(input.mean or 0, np.float32)
    for column, levels in enumerate(input.categories):
        if levels:
            rows[:, column] = values[:, column] % len(levels)
    return rows
