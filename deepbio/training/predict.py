"""`predict`: probabilities, rates or values for a split, arrays, sequences, notes or a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.datasets import Split
from deepbio.specs import Task
from deepbio.training.inputs import as_source
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras


def predict(
    model: keras.Model,
    data: Split | np.ndarray | Sequence[str] | str | os.PathLike[str],
    *,
    task: Task | None = None,
    batch_size: int = 256,
    logits: bool = False,
) -> np.ndarray:
    """Predict every example, in order.

    Args:
        model: from `get_model`, or any `keras.Model` that gives logits.
        data: a split; an array of the model's input shape; a list of sequences or notes; or the path of a FASTA file, a
            table or an image folder.
        task: gives the link where the model does not know it; without any, logits come back.
        batch_size: examples in one pass; it does not change the result.
        logits: give logits instead.

    Returns:
        float64 `(n,)` for a binary task (probability of the second label), else `(n, outputs)` or as the task says.

    Raises:
        DataError: the data do not fit the model's input.
    """
    from deepbio.training.steps.inference import model_outputs

    record = describe(model)
    source, _ = as_source(record.input, data)
    found = model_outputs(model, source, batch_size=batch_size).astype(np.float64)
    task = task or record.task
    if not (logits or record.link_built_in or task is None):
        found = task.apply_link(found)
    return found[:, 0] if task is not None and task.kind == "binary" and found.ndim == 2 else found


def prediction_rows(task: Task | None, ids: Sequence[str], p: np.ndarray) -> tuple[list[str], list[list[Any]]]:
    """Lay predictions out as a table: header and rows, one row an example.

    A classification names its label and gives each label's probability; other tasks give one column an output.
    """
    if task is not None and task.kind == "binary":
        labels = task.labels or ("0", "1")
        rows = [[i, labels[int(q >= 0.5)], f"{1 - q:.6g}", f"{q:.6g}"] for i, q in zip(ids, p, strict=True)]
        return ["id", "label", *(f"p_{label}" for label in labels)], rows
    flat = p.reshape(len(p), -1)
    labels = task.labels if task is not None and len(task.labels) == flat.shape[1] else ()
    names = list(labels) or [str(i) for i in range(flat.shape[1])]
    if task is not None and task.kind == "multiclass":
        rows = [[i, names[int(q.argmax())], *(f"{v:.6g}" for v in q)] for i, q in zip(ids, flat, strict=True)]
        return ["id", "label", *(f"p_{name}" for name in names)], rows
    return ["id", *names], [[i, *(f"{v:.6g}" for v in q)] for i, q in zip(ids, flat, strict=True)]
