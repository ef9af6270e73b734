"""Margins of predicted classes, which attacks by edits lower."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepbio.errors import DataError
from deepbio.inference.forward import model_outputs
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras


def margins(logits: np.ndarray, own: int, goal: int = -1) -> np.ndarray:
    """Return how far predictions are from another class than `own`, or from `goal`; below zero they are there.

    Example:
        >>> margins(np.array([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0]]), 0).tolist()
        [1.0, -3.0]
    """
    reached = goal >= 0
    one = logits[..., goal if reached else own]
    other = np.delete(logits, goal if reached else own, axis=-1).max(axis=-1)
    return other - one if reached else one - other


def logits_of(model: keras.Model, inputs: np.ndarray) -> np.ndarray:
    """Return class logits `(n, classes)`; a binary logit `z` becomes 0 and `z`."""
    values = np.asarray(model_outputs(model, inputs), np.float32).reshape(len(inputs), -1)
    return np.concatenate([np.zeros_like(values), values], axis=1) if values.shape[1] == 1 else values


def check_classes(model: keras.Model, modality: str) -> None:
    """Raise a DataError if a model has no classes to change, or takes another kind of input."""
    record = describe(model)
    kind = record.task.kind if record.task is not None else None
    found = record.input.modality if record.input is not None else None
    if kind not in (None, "binary", "multiclass") or found != modality or record.activation_built_in:
        raise DataError(
            f"Expected a {modality} model with logits of classes; {model.name} takes {found}, its task is {kind}."
        )
