"""What a model was built from: kept with the model, so that `fit`, `evaluate` and presets need not be told again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from deepbio.specs import ModelInput, Task
from deepbio.zoo.postprocessing import Postprocessing

_ATTRIBUTE = "_deepbio_record"


@dataclass(frozen=True)
class ModelRecord:
    """What `get_model` built: architecture and options, input, outputs, task where known, and the weights' origin.

    `architecture` is `None` for a `keras.Model` that deepbio did not build. `activation_built_in` says that the model's outputs
    are probabilities or values, not logits (`activation="auto"`). `members` is over 1 for an average of several networks.
    `postprocessing` says how to read the predictions (calibration, thresholds), where a validation split has taught it.
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


def describe(model: Any) -> ModelRecord:
    """Return the record of a model; an empty one for a `keras.Model` made elsewhere."""
    return getattr(model, _ATTRIBUTE, None) or ModelRecord(None)


def attach(model: Any, record: ModelRecord) -> Any:
    """Keep `record` with `model`, and give the model."""
    object.__setattr__(model, _ATTRIBUTE, record)
    return model
