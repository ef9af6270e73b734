"""Keras objects as settings: optimizers, schedules, losses and metrics, stored by their config and built from it again."""

import copy
import json
import warnings
from collections.abc import Mapping
from typing import Any

import keras

from deepbio.errors import TrainingError

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
