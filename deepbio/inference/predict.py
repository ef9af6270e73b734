"""`predict`: probabilities, rates or values for a split, arrays, sequences, notes or a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from deepbio.datasets import Source, Split
from deepbio.errors import ModelError
from deepbio.inference.inputs import as_source
from deepbio.specs import Task
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras

    from deepbio.inference.uncertainty import Uncertain

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
    tta: str | Sequence[str] | None = None,
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
    tta: str | Sequence[str] | None = None,
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
    tta: str | Sequence[str] | None = None,
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
        calibrated: apply the calibration that `deepbio.inference.calibrate` stored with the model, where there is one.
        uncertainty: `"ensemble"` with several models, or `"dropout"` for passes of one model with dropout left on: gives
            an `Uncertain` with mean, spread, entropy and disagreement.
        samples, seed: passes with dropout, and the seed of their masks.
        tta: test-time augmentation: predict several views of each example and average (after the link): `"flip"`, `"dihedral"` or
            `"shift"` of images, `"reverse_complement"` or `"shift"` of DNA, or a list of them; see `deepbio.augment.VIEWS`.
            What is said of pixels and positions is brought back to its place first.

    Returns:
        float64 `(n,)` for a binary task (probability of the second label), else `(n, outputs)` or as the task says.

    Raises:
        DataError: the data do not fit the model's input.
        ModelError: no dropout to leave on, models that do not belong together, or views that the input does not have.
    """
    from deepbio.inference import uncertainty as several
    from deepbio.inference.forward import model_outputs

    options: dict[str, Any] = {"task": task, "logits": logits, "calibrated": calibrated}
    if uncertainty is not None:
        several.check_kind(uncertainty)
    if isinstance(model, Sequence) or uncertainty == "ensemble":
        members = several.member_models(model)
        draws = np.stack([predict(each, data, batch_size=batch_size, tta=tta, **options) for each in members])
        known = task or describe(members[0]).task
        return draws.mean(axis=0) if uncertainty is None else several.summarised(draws, None if logits else known)
    source, _ = as_source(describe(model).input, data)
    if tta is not None:
        if uncertainty is not None:
            raise ModelError(
                "tta goes with one prediction an example or with an ensemble; leave out uncertainty='dropout'."
            )
        return _mean_of_views(model, source, tta, batch_size=batch_size, **options)
    if uncertainty == "dropout":
        passes = several.dropout_passes(model, source, samples=samples, seed=seed, batch_size=batch_size)
        draws = np.stack([_after_link(model, each, **options) for each in passes])
        return several.summarised(draws, None if logits else task or describe(model).task)
    return _after_link(model, model_outputs(model, source, batch_size=batch_size), **options)


def _mean_of_views(
    model: keras.Model, source: Source, tta: str | Sequence[str], *, batch_size: int, **options: Any
) -> np.ndarray:
    from deepbio.inference.forward import model_outputs
    from deepbio.inference.tta import Viewed, views

    record = describe(model)
    if record.input is None:
        raise ModelError("tta needs to know the input; build the model with get_model.")
    chosen = views(tta, record.input, options["task"] or record.task)
    outputs = (model_outputs(model, Viewed(source, view), batch_size=batch_size) for view in chosen)
    found = [view.back(_after_link(model, out, **options)) for view, out in zip(chosen, outputs, strict=True)]
    return np.mean(found, axis=0)


def _after_link(
    model: keras.Model, outputs: np.ndarray, *, task: Task | None, logits: bool, calibrated: bool
) -> np.ndarray:
    """Turn a model's outputs into what a user reads."""
    record = describe(model)
    task, found = task or record.task, outputs.astype(np.float64)
    if not (logits or record.activation_built_in or task is None):
        found = task.probabilities(found)
    if task is not None and task.kind == "binary" and found.ndim == 2:
        found = found[:, 0]
    # what was learnt about one task says nothing of another
    if calibrated and not logits and record.postprocessing is not None and task == record.task:
        found = record.postprocessing.apply(found)
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
