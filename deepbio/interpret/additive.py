"""`additive_evidence`: the exact table of evidence of a model that adds up one term for each finding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from deepbio.errors import ModelError
from deepbio.text import PADDING
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras


class Additive(NamedTuple):
    """Logits as sums: `bias` `(labels,)` plus one row of `table` `(tokens, labels)` for each token of the note."""

    bias: np.ndarray
    table: np.ndarray


def is_additive(model: keras.Model) -> bool:
    """Return whether the logits of a model are a sum of one term per token: `note_evidence` with diseases or kernel size 1."""
    record = describe(model)
    return record.architecture == "note_evidence" and (_is_table(model) or record.config.get("kernel_size") == 1)


def _is_table(model: keras.Model) -> bool:
    return bool(describe(model).config.get("diseases"))


def additive_evidence(model: keras.Model, tokens: Sequence[int] | None = None) -> Additive:
    """Compute the evidence of tokens for every label, so that a bias and the rows of a note's tokens add up to its logits.

    Args:
        model: `note_evidence` with `diseases`, or with `kernel_size=1`; other convolutions read several words at once.
        tokens: Token ids, one per row of the table; all by default.

    Returns:
        float64 bias `(labels,)` and table `(tokens, labels)`; rows of padding are 0.

    Raises:
        ModelError: The model is another one.
    """
    if not is_additive(model):
        raise ModelError(
            "Evidence adds up token by token in note_evidence with diseases or kernel_size=1; for other models use word_evidence."
        )
    if _is_table(model):
        stored, bias = (np.asarray(model.get_layer(name).get_weights()[0], np.float64) for name in ("words", "head"))
        rows = np.arange(len(stored)) if tokens is None else np.asarray(tokens, np.int64)
        return Additive(bias, stored[rows] * (rows != PADDING)[:, None])
    embedding, kernel, offset, dense, phrases, head, bias = (np.asarray(w, np.float64) for w in model.get_weights())
    rows = np.arange(len(embedding)) if tokens is None else np.asarray(tokens, np.int64)
    x = np.maximum(embedding[rows] @ kernel[0] + offset, 0)
    table = np.maximum(x @ dense + phrases, 0) @ head * (rows != PADDING)[:, None]
    return Additive(bias, table)
