"""`ZooModel`: a Keras functional model that keeps its record when Keras saves, copies or pickles it."""

from collections.abc import Mapping
from typing import Any

import keras

from deepbio.errors import WeightsError
from deepbio.specs import RECORD


@keras.saving.register_keras_serializable(package="deepbio")
class ZooModel(keras.Model):
    """Model of the zoo: all that `keras.Model(inputs, outputs)` is, and a record of its input, task, labels and postprocessing.

    The record is part of the configuration, so a `.keras` file, an HDF5 file, a pickle and a deep copy contain it.
    `keras.models.clone_model` and a model around this one do not. `deepbio.zoo.describe` returns the record.
    """

    def get_config(self) -> dict[str, Any]:
        """Return Keras's configuration of the model, with its record."""
        record = getattr(self, RECORD, None)
        return super().get_config() | ({} if record is None else {"record": record.to_dict()})

    def save(self, filepath: Any, *arguments: Any, **options: Any) -> None:
        """Save the model as Keras does.

        Raises:
            WeightsError: Keras's older HDF5 format would not be read again, because it has no place for operations outside of layers.
        """
        if str(filepath).endswith((".h5", ".hdf5")) and (lost := sorted(_operations(self))):
            raise WeightsError(
                f"Keras's older HDF5 format cannot store {', '.join(lost)} of {self.name}, an operation outside of layers. Save the "
                "model as .keras, or its weights by save_weights."
            )
        super().save(filepath, *arguments, **options)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> keras.Model:
        """Build the model that `get_config` described."""
        rest = dict(config)
        record = rest.pop("record", None)
        model = super().from_config(rest, custom_objects=custom_objects)
        object.__setattr__(model, RECORD, None if record is None else SavedRecord(record))
        return model


def _operations(model: Any) -> set[str]:
    """Return the operations of a functional model, and of those in it, that are no layers."""
    found: set[str] = set()
    for one in getattr(model, "operations", ()):
        found |= _operations(one) if isinstance(one, keras.layers.Layer) else {type(one).__name__}
    return found


keras.saving.get_custom_objects()["ZooModel"] = ZooModel  # the name in an HDF5 file has no package


class SavedRecord:
    """The record of a model that Keras loaded, as the file has it; `deepbio.zoo.describe` checks and reads it."""

    def __init__(self, facts: Any) -> None:
        self.facts = facts

    def to_dict(self) -> Any:
        """Return the record as the file has it."""
        return self.facts
