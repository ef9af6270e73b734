"""The record of a model: what it was built from, kept with the model for `fit`, `evaluate` and presets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deepbio.documents import check_content
from deepbio.errors import WeightsError
from deepbio.specs import RECORD, ModelInput, Reading, Task
from deepbio.zoo.postprocessing import Postprocessing
from deepbio.zoo.preset_format import RecordFacts

if TYPE_CHECKING:
    import keras


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

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able dictionary that `from_dict` reads back. The path of the weights is left out."""
        found: dict[str, Any] = {"architecture": self.architecture, "config": self.config}
        for name in ("input", "outputs", "task", "dataset", "seed", "reading", "postprocessing"):
            value = getattr(self, name)
            if value is not None:
                found[name] = value.to_dict() if hasattr(value, "to_dict") else value
        if self.metrics:
            found["metrics"] = list(self.metrics)
        if self.activation_built_in:
            found["activation_built_in"] = True
        return found if self.members == 1 else {**found, "members": self.members}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ModelRecord:
        """Build the record that `to_dict` described.

        Example:
            >>> record = ModelRecord("mlp", {"units": (16,)}, ModelInput("table", (4,)), 1, Task("binary", 1), members=2)
            >>> ModelRecord.from_dict(record.to_dict()) == record
            True
        """
        types = {"input": ModelInput, "task": Task, "reading": Reading, "postprocessing": Postprocessing}
        found = {name: types[name].from_dict(value) if name in types else value for name, value in values.items()}
        found["config"] = {key: tuple(v) if isinstance(v, list) else v for key, v in values["config"].items()}
        return cls(**{**found, "metrics": tuple(values.get("metrics", ()))})


def describe(model: Any) -> ModelRecord:
    """Return the record of a model; an empty one for a `keras.Model` built elsewhere.

    Raises:
        WeightsError: Keras loaded the model from a file whose record does not have the form that deepbio writes.
    """
    record = getattr(model, RECORD, None)
    if record is None or isinstance(record, ModelRecord):
        return record or ModelRecord(None)
    check_content(record.to_dict(), RecordFacts, f"the record of {model.name!r}", error=WeightsError)
    return describe(attach(model, ModelRecord.from_dict(record.to_dict())))


def attach(model: Any, record: ModelRecord) -> Any:
    """Attach `record` to `model`, and return the model."""
    object.__setattr__(model, RECORD, record)
    return model


def zoo_model(model: keras.Model, record: ModelRecord) -> keras.Model:
    """Return a model of the same layers that keeps `record` when Keras saves or copies it."""
    from deepbio.layers.model import ZooModel

    same = isinstance(model, ZooModel)
    return attach(model if same else ZooModel(model.input, model.output, name=model.name), record)
