"""`predict`: probabilities, rates or values for a split, arrays, sequences, notes or a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from deepbio.datasets import Split
from deepbio.specs import Task
from deepbio.training.inputs import as_source
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras

    from deepbio.training.uncertainty import Uncertain

Data = Split | np.ndarray | Sequence[str] | str | os.PathLike[str]


@overload
def predict(
    model: keras.Model | Sequence[keras.Model],
    data: Data,
    *,
    task: Task | None = None,
    batch_size: int = 256,
    logits: bool = False,
    calibrated: bool = True,
    uncertainty: None = None,
    samples: int = 30,
    seed: int = 0,
) -> np.ndarray: ...


@overload
def predict(
    model: keras.Model | Sequence[keras.Model],
    data: Data,
    *,
    task: Task | None = None,
    batch_size: int = 256,
    logits: bool = False,
    calibrated: bool = True,
    uncertainty: Literal["dropout", "ensemble"],
    samples: int = 30,
    seed: int = 0,
) -> Uncertain: ...


def predict(
    model: keras.Model | Sequence[keras.Model],
    data: Data,
    *,
    task: Task | None = None,
    batch_size: int = 256,
    logits: bool = False,
    calibrated: bool = True,
    uncertainty: Literal["dropout", "ensemble"] | None = None,
    samples: int = 30,
    seed: int = 0,
) -> np.ndarray | Uncertain:
    """Predict every example, in order.

    Args:
        model: from `get_model`, or any `keras.Model` that gives logits; or several, whose predictions are averaged (a deep
            ensemble: the same architecture trained with several seeds).
        data: a split; an array of the model's input shape; a list of sequences or notes; or the path of a FASTA file, a
            table or an image folder.
        task: gives the link where the model does not know it; without any, logits come back.
        batch_size: examples in one pass; it does not change the result.
        logits: give logits instead.
        calibrated: apply the calibration that `deepbio.training.calibrate` stored with the model, where there is one.
        uncertainty: `"ensemble"` with several models, or `"dropout"` for passes of one model with dropout left on: gives
            an `Uncertain` with mean, spread, entropy and disagreement.
        samples, seed: passes with dropout, and the seed of their masks.

    Returns:
        float64 `(n,)` for a binary task (probability of the second label), else `(n, outputs)` or as the task says.

    Raises:
        DataError: the data do not fit the model's input.
        ModelError: no dropout to leave on, or models that do not belong together.
    """
    from deepbio.training import uncertainty as several
    from deepbio.training.steps.inference import model_outputs

    options: dict[str, Any] = {"task": task, "logits": logits, "calibrated": calibrated}
    if uncertainty is not None:
        several.check_kind(uncertainty)
    if isinstance(model, Sequence) or uncertainty == "ensemble":
        members = several.member_models(model)
        draws = np.stack([predict(each, data, batch_size=batch_size, **options) for each in members])
        known = task or describe(members[0]).task
        return draws.mean(axis=0) if uncertainty is None else several.summarised(draws, None if logits else known)
    source, _ = as_source(describe(model).input, data)
    if uncertainty == "dropout":
        passes = several.dropout_passes(model, source, samples=samples, seed=seed, batch_size=batch_size)
        draws = np.stack([_after_link(model, each, **options) for each in passes])
        return several.summarised(draws, None if logits else task or describe(model).task)
    return _after_link(model, model_outputs(model, source, batch_size=batch_size), **options)


def _after_link(
    model: keras.Model, outputs: np.ndarray, *, task: Task | None, logits: bool, calibrated: bool
) -> np.ndarray:
    """Turn a model's outputs into what a user reads."""
    record = describe(model)
    task, found = task or record.task, outputs.astype(np.float64)
    if not (logits or record.link_built_in or task is None):
        found = task.apply_link(found)
    if task is not None and task.kind == "binary" and found.ndim == 2:
        found = found[:, 0]
    # what was learnt about one task says nothing of another
    if calibrated and not logits and record.readout is not None and task == record.task:
        found = record.readout.apply(found)
    return found


def prediction_rows(
    task: Task | None, ids: Sequence[str], p: np.ndarray, *, thresholds: Sequence[float] = ()
) -> tuple[list[str], list[list[Any]]]:
    """Lay predictions out as a table: header and rows, one row an example.

    A classification names its label and gives each label's probability; other tasks give one column an output. With
    `thresholds`, yes begins there instead of at one half, and a multilabel row names its labels.
    """
    if task is not None and task.kind == "binary":
        labels = task.labels or ("0", "1")
        yes = thresholds[0] if thresholds else 0.5
        rows = [[i, labels[int(q >= yes)], f"{1 - q:.6g}", f"{q:.6g}"] for i, q in zip(ids, p, strict=True)]
        return ["id", "label", *(f"p_{label}" for label in labels)], rows
    flat = p.reshape(len(p), -1)
    labels = task.labels if task is not None and len(task.labels) == flat.shape[1] else ()
    names = list(labels) or [str(i) for i in range(flat.shape[1])]
    if task is not None and task.kind == "multiclass":
        rows = [[i, names[int(q.argmax())], *(f"{v:.6g}" for v in q)] for i, q in zip(ids, flat, strict=True)]
        return ["id", "label", *(f"p_{name}" for name in names)], rows
    if task is not None and task.kind == "multilabel" and thresholds:
        said = [";".join(n for n, v, t in zip(names, q, thresholds, strict=True) if v >= t) for q in flat]
        rows = [[i, labels_, *(f"{v:.6g}" for v in q)] for i, labels_, q in zip(ids, said, flat, strict=True)]
        return ["id", "labels", *names], rows
    return ["id", *names], [[i, *(f"{v:.6g}" for v in q)] for i, q in zip(ids, flat, strict=True)]
