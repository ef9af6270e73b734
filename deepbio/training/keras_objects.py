"""Keras objects as settings: optimizers, schedules, losses and metrics, stored by their config and built from it again."""

import copy
import json
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import keras
import numpy as np

from deepbio.errors import TrainingError, nearest

# What Keras's `fit` takes and this one does not, and where it goes here.
_OF_KERAS = {
    "x": "the data set contains it: Dataset.from_arrays(x, y)",
    "y": "the data set contains it: Dataset.from_arrays(x, y)",
    "sample_weight": "the data set contains it: Dataset.from_arrays(x, y, sample_weight=...)",
    "validation_data": "the data set contains it: Dataset.from_arrays(x, y, split=...), with 'train', 'valid' or 'test' per example",
    "validation_split": "the data set is split when it is made: Dataset.from_arrays(x, y, fractions=..., groups=...)",
    "shuffle": "the order follows from seed; Dataset.from_batches keeps the order of your pipeline",
    "initial_epoch": "resume=True continues a run in the folder out=...",
    "steps_per_epoch": "an epoch is the whole training split; Dataset.from_batches takes steps_per_epoch",
    "validation_batch_size": "the size of a batch does not change the validation",
    "validation_freq": "validation follows each epoch",
    "validation_steps": "validation uses the whole validation split",
}
_REFUSED = (OSError, TypeError, ValueError, NotImplementedError, AttributeError, KeyError, TrainingError)


def to_config(value: Any) -> dict[str, Any] | None:
    """Return the JSON-able config of a Keras object or function, or `None` if `from_config` could not build it again.

    A lambda, a local function, a class or function that is not registered, and an object whose config lacks one of its arguments have
    none.

    Example:
        >>> to_config(keras.losses.BinaryFocalCrossentropy(gamma=3.0))["config"]["gamma"]
        3.0
        >>> to_config(lambda y, p: y - p) is None
        True
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns about lambdas; the recipe names them instead
        try:
            config = json.loads(json.dumps(keras.saving.serialize_keras_object(value)))
            again = from_config(config)
        except _REFUSED:
            return None
    # a function is stored by name, and another one may have that name; a config may lack an argument, such as Huber's delta
    same = type(again) is type(value) and not hasattr(value, "__code__") and _arguments(again) == _arguments(value)
    return config if again is value or same else None


def _arguments(value: Any) -> dict[str, Any]:
    own = {name: v for name, v in vars(value).items() if name not in ("name", "built")}
    return {k: v for k, v in own.items() if isinstance(v, (bool, int, float, str)) or k in ("_fn", "_fn_kwargs")}


def from_config(config: Mapping[str, Any]) -> Any:
    """Build the object that a config describes. Only Keras's own and registered classes and functions are built.

    Raises:
        TrainingError: The config is damaged, or names a class that is neither Keras's own nor registered.

    Example:
        >>> from_config(to_config(keras.optimizers.SGD(0.5))).learning_rate.numpy().item()
        0.5
    """
    try:
        return keras.saving.deserialize_keras_object(copy.deepcopy(dict(config)), safe_mode=True)  # Keras changes it
    except _REFUSED as error:
        name = config.get("registered_name") or config.get("class_name")
        raise TrainingError(
            f"Keras cannot build {name!r} from its config ({str(error).splitlines()[0][:120]}). Only Keras's own objects and those "
            "registered with keras.saving.register_keras_serializable are built: import the module that registers it first."
        ) from error


def unknown_setting(name: str, known: Iterable[str]) -> str:
    """Return what to do instead of a setting that `fit` does not have.

    Example:
        >>> unknown_setting("initial_epoch", ["epochs"])
        "Unknown training setting 'initial_epoch': resume=True continues a run in the folder out=...."
    """
    advice = f": {_OF_KERAS[name]}." if name in _OF_KERAS else f". {nearest(name, known)}"
    return f"Unknown training setting {name!r}{advice}"


def plain(value: Any) -> Any:
    """Return numbers of NumPy, also those in lists and mappings, as Python's, which JSON and YAML can store.

    Example:
        >>> import numpy as np
        >>> plain({np.int64(1): [np.float32(0.5)]})
        {1: [0.5]}
    """
    if isinstance(value, Mapping):
        return {plain(key): plain(one) for key, one in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    return value.item() if isinstance(value, np.generic) else value


def name_of(value: Any) -> str:
    """Return the qualified name of a function, or of an object's class.

    Example:
        >>> name_of(name_of), name_of(TrainingError("..."))
        ('deepbio.training.keras_objects.name_of', 'deepbio.errors.TrainingError')
    """
    named = value if hasattr(value, "__qualname__") else type(value)
    return f"{named.__module__}.{named.__qualname__}"


def from_logits(value: Any) -> bool | None:
    """Return whether a Keras loss or metric expects logits; `None` if it does not say."""
    import inspect

    try:
        if hasattr(value, "get_config"):
            return value.get_config().get("from_logits")
        found = inspect.signature(value).parameters.get("from_logits")
    except _REFUSED:
        return None
    return None if found is None else bool(found.default)
