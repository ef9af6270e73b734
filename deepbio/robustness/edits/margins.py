"""What attacks by edits share: margins of predicted classes, which they lower, and what they found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import DataError
from deepbio.inference.forward import model_outputs
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras


class ByEdits:
    """What attacks by edits found: which examples have another class now, and by how many edits.

    Attributes:
        x: The examples with their edits.
        clean, predicted: Predicted classes before and after.
        steps: What was done to each example, in the order in which it was chosen.
    """

    x: Any
    clean: np.ndarray
    predicted: np.ndarray

    @property
    def steps(self) -> Sequence[Sequence[Any]]:
        """What was done to each example."""
        raise NotImplementedError

    @property
    def success(self) -> np.ndarray:
        """Which examples have another class now."""
        return self.predicted != self.clean

    @property
    def counts(self) -> np.ndarray:
        """Number of edits of each example, -1 where the class did not change."""
        return np.where(self.success, [len(one) for one in self.steps], -1)


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
