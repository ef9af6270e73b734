"""`masked_softmax`: weights over the positions that count; zero everywhere where none does."""

from __future__ import annotations

from typing import Any

import keras

ops: Any = keras.ops  # its annotations name one backend's tensors only


def masked_softmax(scores, mask, *, axis: int):
    """Return weights that add up to one over the positions that the mask keeps, and to zero where it keeps none.

    Args:
        scores: any shape.
        mask: true where a position counts; broadcast to the scores.
        axis: of the positions.

    Example:
        >>> masked_softmax(ops.array([[0.0, 0.0, 9.0]]), ops.array([[True, True, False]]), axis=1).numpy().tolist()
        [[0.5, 0.5, 0.0]]
    """
    exact = ops.cast(scores, "float32")
    kept = ops.broadcast_to(ops.cast(mask, "bool"), ops.shape(exact))
    weights = ops.softmax(ops.where(kept, exact, -1e9), axis=axis)
    return ops.cast(ops.where(kept, weights, ops.zeros_like(weights)), scores.dtype)
