"""The network that is exported: bytes in, calibrated predictions out."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from deepbio.errors import ModelError
from deepbio.layers import Layer, ops
from deepbio.metrics.calibration import Platt, Temperature, calibrator_from_dict
from deepbio.zoo import describe
from deepbio.zoo.build import with_activation


def deployable(model: keras.Model) -> keras.Model:
    """Return a model that returns what `predict` returns: the calibrated probabilities, rates or values of the task.

    Args:
        model: Functional model with a record: from `get_model`, or trained by `fit`.

    Returns:
        Model of the same input. Its output is float32 `(batch,)` for a binary task, otherwise `(batch, outputs)` or the task's shape.

    Raises:
        ModelError: The task is not known, or the model is no functional model.

    Example:
        >>> from deepbio.datasets import load_dataset
        >>> from deepbio.zoo import get_model
        >>> deployable(get_model("mlp", dataset=load_dataset("xor"))).output_shape
        (None,)
    """
    record = describe(model)
    if record.task is None or record.input is None:
        raise ModelError(
            "An exported model needs a task and an input: use get_model(..., dataset=...), a preset, or a trained model."
        )
    if not isinstance(model, keras.Sequential) and not hasattr(model, "output"):
        raise ModelError(f"Only functional and Sequential models are exported; {type(model).__name__} is a subclass.")
    inputs = keras.Input(model.input_shape[1:], dtype=model.inputs[0].dtype, name=record.input.modality)
    calibrator = None if record.postprocessing is None else record.postprocessing.calibration
    if record.activation_built_in:
        p = model(inputs, training=False)
    elif calibrator is None:
        p = with_activation(model, record.task)(inputs, training=False)
    else:
        p = _CalibratedProbabilities(calibrator.to_dict(), name="calibrated")(model(inputs, training=False))
    if record.task.kind == "binary":
        p = keras.layers.Reshape((), name="prediction")(p)
    return keras.Model(inputs, p, name=model.name)


@keras.saving.register_keras_serializable(package="deepbio")
class _CalibratedProbabilities(Layer):
    """Turn logits into the probabilities that a calibrator of `deepbio.metrics` returns."""

    def __init__(self, calibrator: dict[str, Any], **options):
        super().__init__(**{"dtype": "float32", **options})
        self.calibrator = calibrator_from_dict(calibrator)

    def get_config(self) -> dict[str, Any]:
        """Return the options, JSON-able."""
        return {**super().get_config(), "calibrator": self.calibrator.to_dict()}

    def call(self, z):
        """Calibrate on the logits, where float32 loses nothing; an isotonic curve takes probabilities."""
        found = self.calibrator
        if isinstance(found, Temperature):
            z = z / found.temperature
            return ops.softmax(z, axis=-1) if found.classes else ops.sigmoid(z)
        if isinstance(found, Platt):
            return ops.sigmoid(found.slope * z + found.intercept)
        x, y = np.asarray(found.confidence), np.asarray(found.frequency)
        total = ops.full_like(z, y[0])
        for low, high, rise in zip(x[:-1], x[1:], np.diff(y), strict=True):  # a sum of ramps, flat outside
            total += rise * (ops.clip(ops.sigmoid(z), low, high) - low) / (high - low)
        return total
