"""`expect.json`: fixed inputs, and the predictions that any correct load of a preset must reproduce."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import WeightsError
from deepbio.specs import ModelInput
from deepbio.zoo.record import describe

if TYPE_CHECKING:
    import keras

GOLDEN_OUTPUTS = "expect.json"


def golden_outputs(model: keras.Model, input: ModelInput, examples: int = 3) -> dict[str, Any]:
    """Return the content of `expect.json` for a model."""
    logits = np.asarray(model.predict_on_batch(golden_inputs(input, examples)), np.float64)
    return {"examples": examples, "inputs": "deepbio.zoo.golden_outputs.golden_inputs", "logits": logits.tolist()}


def check_golden_outputs(model: keras.Model, folder: str | Path, *, tolerance: float = 1e-5) -> float:
    """Return the largest difference between a model's outputs and its preset's `expect.json`.

    Where the file holds `predictions` instead of `logits`, they are what the weights' authors' own file gave, after the link.

    Raises:
        WeightsError: it is over `tolerance`, so this load does not predict what the trained model did.
    """
    expected = json.loads((Path(folder) / GOLDEN_OUTPUTS).read_text(encoding="utf-8"))
    record = describe(model)
    assert record.input is not None
    found = np.asarray(model.predict_on_batch(golden_inputs(record.input, expected["examples"])), np.float64)
    if "predictions" in expected and record.task is not None:
        found = record.task.probabilities(found)
    wanted = np.asarray(expected["predictions" if "predictions" in expected else "logits"])
    difference = float(np.max(np.abs(found - wanted)))
    if not difference <= tolerance:
        raise WeightsError(
            f"{folder}: the loaded model differs from its expect.json by {difference:.2e} (allowed {tolerance:.0e}). "
            "The weights, the code or the platform compute something else than what was trained."
        )
    return difference


def golden_inputs(input: ModelInput, examples: int) -> np.ndarray:
    """Make the fixed inputs of `expect.json`: from SHAKE-256, so that they never change and show no one's data."""
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
    return z * np.array(input.std or 1, np.float32) + np.array(input.mean or 0, np.float32)
