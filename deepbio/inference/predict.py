"""`predict`: probabilities, rates or values for a split, arrays, sequences, notes or a file."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from deepbio.datasets.batches import gives_batches, inputs_and_labels, whole
from deepbio.errors import DataError, ModelError, advise_calls
from deepbio.inference.inputs import Data, as_source, check_arguments
from deepbio.inference.prevalence import Prevalence, for_prevalence
from deepbio.inference.tta import tta_transforms
from deepbio.inference.uncertainty import (
    PredictiveDistribution,
    check_uncertainty,
    dropout_passes,
    ensemble_members,
    predictive_distribution,
)
from deepbio.specs import Task
from deepbio.zoo import describe
from deepbio.zoo.build import returns_probabilities

log = logging.getLogger("deepbio")

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    Model = keras.Model | Sequence[keras.Model]


@overload
def predict(model: Model, data: Data, *, uncertainty: None = None, **options: Any) -> np.ndarray: ...


@overload
def predict(
    model: Model, data: Data, *, uncertainty: Literal["dropout", "ensemble"], **options: Any
) -> PredictiveDistribution: ...


@advise_calls(
    DataError, "predict(model, x) takes examples without labels; evaluate(model, Split(x, y)) compares with labels."
)
def predict(
    model: Model,
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
    prevalence: Prevalence | None = None,
    strategy: str | tf.distribute.Strategy = "auto",
    **reading: Any,
) -> np.ndarray | PredictiveDistribution:
    """Predict every example, in order.

    Args:
        model: Model from `get_model`, any `keras.Model`, or a list of such models. A last sigmoid or softmax is not applied twice.
            The predictions of a list are averaged (a deep ensemble: the same architecture trained with several seeds).
        data: A split; an array of the model's input shape; sequences, notes or paths of images as a list, a NumPy array or a
            pandas series; a pandas frame; AnnData; or the path of a file or folder: FASTA, BED, GTF, GenBank, VCF, a table, notes,
            images, `.npz` or `.h5ad`. Files are read as those of training were. Also a `tf.data.Dataset`, a `keras.utils.PyDataset`
            or a generator of batches `x` or `(x, y)`.
        task: Task whose activation turns logits into predictions, for a model that does not know it. Without any task,
            logits are returned.
        batch_size: Number of examples in one pass. It does not change the result.
        logits: Whether to return logits.
        calibrated: Whether to apply the postprocessing that `deepbio.inference.calibrate` fitted.
        uncertainty: `"ensemble"` for several models, or `"dropout"` for several passes of one model with dropout on.
        samples: Number of passes with dropout.
        seed: Random seed of the dropout masks.
        tta: Test-time augmentation: one name or several of `deepbio.inference.TTA_TRANSFORMS`, whose predictions are
            averaged: `"flip"`, `"dihedral"` or `"shift"` of images, `"reverse_complement"` or `"shift"` of DNA.
            Predictions of pixels and positions are first transformed back.
        prevalence: Frequency of the second label of two where the predictions are used, or of each class, in order or by name.
            Calibrated probabilities are adjusted to it by Bayes' rule, which is right if each class looks as it did in validation.
        strategy: Devices that divide each batch: `"auto"` (those of the scope in which the model was built, or every GPU), `"one"`,
            `"mirrored"`, `"cpu:N"`, a `tf.distribute` strategy, or `"multiworker"` if every worker calls with the same data;
            see `deepbio.devices.choose_strategy`. It changes the result by rounding only. Passes with dropout run on one device.
        reading: Options of new files that differ from those of training, such as `text`, `window`, or `genome` for regions and
            variants; see the constructor of `Dataset` for that kind of file.

    Returns:
        float64 `(n,)` for a binary task (probability of the second label), otherwise `(n, outputs)` or the task's shape.
        With `uncertainty`, a `PredictiveDistribution`: mean, standard deviation, disagreement and entropy.

    Raises:
        DataError: The data do not fit the model's input.
        TrainingError: The strategy is unknown, or cannot be set up any more.
        ModelError: The model has no dropout, the models do not belong together, the input does not allow the transforms, or the
            prevalence that the probabilities assume is not known.

    Example:
        >>> from deepbio.datasets import load_dataset
        >>> from deepbio.zoo import get_model
        >>> data = load_dataset("xor")
        >>> predict(get_model("mlp", dataset=data), data.test).shape == (len(data.test),)
        True
    """
    from deepbio.inference.forward import model_outputs

    check_arguments(model, data)
    if prevalence is not None and (logits or not calibrated):
        raise ModelError("A prevalence adjusts calibrated probabilities: leave out logits=True and calibrated=False.")
    options: Any = {"task": task, "logits": logits, "calibrated": calibrated, "prevalence": prevalence}
    passes: Any = {"batch_size": batch_size, "strategy": strategy}
    if uncertainty is not None:
        check_uncertainty(uncertainty)
    several = isinstance(model, Sequence) or uncertainty is not None
    if several and gives_batches(data):  # each member or pass reads them
        data = whole(data)
    if isinstance(model, Sequence) or uncertainty == "ensemble":
        members = ensemble_members(model)
        found = np.stack([predict(one, data, tta=tta, **passes, **options, **reading) for one in members])
        known = task or describe(members[0]).task
        return found.mean(axis=0) if uncertainty is None else predictive_distribution(found, None if logits else known)
    if gives_batches(data):  # never all in memory
        parts = [predict(model, x, tta=tta, **passes, **options, **reading) for x, _ in inputs_and_labels(data)]
        if not parts:
            raise DataError("Expected at least one batch; received none. A generator can be read once only.")
        return np.concatenate(parts)
    record = describe(model)
    source, _ = as_source(record, data, **reading)
    if uncertainty == "dropout":
        if tta is not None:
            raise ModelError("uncertainty='dropout' and tta exclude each other; use one of them, or an ensemble.")
        drawn = dropout_passes(model, source, samples=samples, seed=seed, batch_size=batch_size)
        found = np.stack([postprocess(model, outputs, **options) for outputs in drawn])
        return predictive_distribution(found, None if logits else task or record.task)
    if tta is None:
        return postprocess(model, model_outputs(model, source, **passes), **options)
    found = []
    for transform in tta_transforms(tta, record.input, task or record.task):
        outputs = model_outputs(model, source, transform=transform.forward, **passes)
        found.append(transform.inverse(postprocess(model, outputs, **options)))
    return np.mean(found, axis=0)


def postprocess(
    model: keras.Model,
    outputs: np.ndarray,
    *,
    task: Task | None,
    logits: bool,
    calibrated: bool,
    prevalence: Prevalence | None = None,
) -> np.ndarray:
    """Return what `predict` returns for the outputs of one pass.

    Args:
        model: Model with its record.
        outputs: Its outputs, `(n, ...)`.
        task: Task of a model that does not know it.
        logits: Whether to leave the outputs as they are.
        calibrated: Whether to apply the calibration of the record.
        prevalence: As for `predict`.
    """
    record = describe(model)
    task, found = task or record.task, outputs.astype(np.float64)
    if task is None and not logits:
        log.warning(
            "predict returns the outputs of %s as they are, because its task is not known (a copy or a wrapper made by Keras does not "
            "keep it). Pass task=... for probabilities, or logits=True.",
            model.name,
        )
    if not (logits or task is None or record.activation_built_in or returns_probabilities(model, task)):
        found = task.probabilities(found)
    if task is not None and task.kind == "binary" and found.ndim == 2:
        found = found[:, 0]
    # a calibration fitted for one task does not apply to another
    if calibrated and not logits and record.postprocessing is not None and task == record.task:
        found = record.postprocessing.apply(found)
    return found if prevalence is None else for_prevalence(record, found, prevalence)
