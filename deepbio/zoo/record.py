"""The record of a model: what it was built from, kept with the model for `fit`, `evaluate` and presets."""

from dataclasses import dataclass, field
from typing import Any

from deepbio.specs import ModelInput, Reading, Task
from deepbio.zoo.postprocessing import Postprocessing

_ATTRIBUTE = "_deepbio_record"


@dataclass(frozen=True)
class ModelRecord:
    """What `get_model` built.

    Args:
        architecture: Name in the registry; `None` for a `keras.Model` that deepbio did not build.
        config: Options of the architecture.
        input, outputs, task: Input, number of outputs, and the task if it is known.
        dataset: Name, options and fingerprint of the data set.
        weights: Path of the preset that the weights are from.
        activation_built_in: Whether the outputs are probabilities or values instead of logits (`activation="auto"`).
        seed: Seed of the initial weights.
        members: Number of networks that the model averages.
        postprocessing: Calibration and thresholds, if fitted on a validation split.
        reading: How the files of the training data were read; None if they were no files.
        metrics: Names of the metrics that training asked for, which `evaluate` adds to those of the task.
    """

    architecture: str | None
    config: dict[str, Any] = field(default_factory=dict)
    input: ModelInput | None = None
    outputs: int | None = None
    task: Task | None = None
    dataset: dict[str, Any] | None = None
    weights: str | None = None
    activation_built_in: bool = False
    seed: int | None = None
    members: int = 1
    postprocessing: Postprocessing | None = None
    reading: Reading | None = None
    metrics: tuple[str, ...] = ()


def describe(model: Any) -> ModelRecord:
    """Return the record of a model; an empty one for a `keras.Model` built elsewhere."""
    return getattr(model, _ATTRIBUTE, None) or ModelRecord(None)


def attach(model: Any, record: ModelRecord) -> Any:
    """Attach `record` to `model`, and return the model."""
    object.__setattr__(model, _ATTRIBUTE, record)
    return model
