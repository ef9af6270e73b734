"""Compare the sizes that a preset names with its weight files, before anything of that size is built."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepbio.errors import DeepbioError, WeightsError

if TYPE_CHECKING:
    import keras

_SMALL = 4096  # a number up to this one is fine whatever the weights, such as a stride or a window
_FEW = 64  # so many layers are fine whatever the weights
# Layers that read files, run stored code or keep state of their own kind; none of deepbio's models has one.
_REFUSED = {
    *("Lambda", "TFSMLayer", "TorchModuleWrapper", "FlaxLayer", "JaxLayer"),
    *("StringLookup", "IntegerLookup", "TextVectorization", "HashedCrossing", "Hashing", "FeatureSpace"),
}
_MODULES = ("keras.layers", "keras.initializers", "keras.regularizers", "keras.constraints", "keras.activations")


def check_options(config: Mapping[str, Any], folder: Path, *, values: int, arrays: int) -> None:
    """Check that no option of an architecture names more layers or units than its weight file has arrays or values.

    Args:
        config: Options of the architecture.
        folder: Folder of the preset, for messages.
        values: Number of values in the weight file.
        arrays: Number of arrays in it.

    Raises:
        WeightsError: An option is larger.

    Example:
        >>> check_options({"units": [16, 8]}, Path("run"), values=500, arrays=4)
    """
    for name, value in config.items():
        few = max(arrays, _FEW)
        if isinstance(value, (list, tuple)) and len(value) > few:
            raise WeightsError(f"{folder}: {name} has {len(value)} entries; the weight file has {arrays} arrays.")
        for number in _numbers(value):
            if abs(number) > (few if name.startswith("num_") else max(values, _SMALL)):
                raise WeightsError(f"{folder}: {name} is {number}; the weight file has {values} values.")


@contextlib.contextmanager
def without_memory() -> Iterator[None]:
    """Build models without memory for their weights, which only have shapes.

    Keras 3.15 keeps such weights in a list and creates all of them when it next infers the shape of a `Lambda` layer, of any model;
    they are taken from the list again.

    Example:
        >>> import keras
        >>> with without_memory():
        ...     keras.Sequential([keras.Input((10**5,)), keras.layers.Dense(10**5)]).count_params()
        10000100000
    """
    import keras
    from keras.src.backend.common import global_state

    deferred = "uninitialized_variables"
    before = list(global_state.get_global_attribute(deferred) or [])
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        global_state.set_global_attribute(deferred, before)


def check_built_size(make: Callable[[], keras.Model], folder: Path, *, values: int) -> None:
    """Build a model without memory for its weights, and check that it has no more of them than its weight file.

    Args:
        make: Function that builds the model.
        folder: Folder of the preset, for messages.
        values: Number of values in the weight file.

    Raises:
        WeightsError: The model is larger, or cannot be built.
    """
    try:
        with without_memory():
            found = sum(math.prod(variable.shape) for variable in make().weights)
    except DeepbioError:
        raise
    except Exception as error:  # Keras raises many classes for options that do not fit each other
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise WeightsError(f"{folder}: the network that preset.json describes cannot be built: {reason}") from error
    if found > values:
        raise WeightsError(
            f"{folder}: the network that preset.json describes has {found:,} weights; the weight file has {values:,} values."
        )


def check_keras_description(description: Any, folder: Path, *, values: int, arrays: int) -> None:
    """Check that a Keras model's description contains only layers of Keras that compute, of sizes that fit its weight file.

    Raises:
        WeightsError: It names a module or layer that is not allowed, or a number that is too large.
    """
    pending, layers = [description], 0
    while pending:
        part = pending.pop()
        if isinstance(part, list):
            pending += part
            continue
        if not isinstance(part, dict):
            if isinstance(part, (int, float)) and not abs(part) <= max(values, 2**31):
                raise WeightsError(
                    f"{folder}: the Keras model names the number {part}; the weight file has {values} values."
                )
            continue
        pending += part.values()
        if "class_name" in part:
            layers += 1
            name, module = part["class_name"], part.get("module")
            known = module in (None, "keras", "keras.models", "keras.src.models.functional") or str(module) in _MODULES
            own = str(module).startswith("deepbio.") or str(part.get("registered_name", "")).startswith("deepbio>")
            plain = name in ("__tensor__", "__keras_tensor__", "__tuple__", "__numpy__", "DTypePolicy", "slice")
            if not isinstance(name, str) or name in _REFUSED or not (known or own or plain):
                raise WeightsError(
                    f"Keras cannot rebuild this preset's model: {folder / 'preset.json'} names {str(name)[:60]!r} of "
                    f"{str(module)[:60]!r}, which is not loaded because it could run code or read files."
                )
    if layers > 20 * max(arrays, _FEW):
        raise WeightsError(f"{folder}: the Keras model has {layers} parts; the weight file has {arrays} arrays.")


def _numbers(value: Any) -> Iterator[int | float]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from _numbers(one)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield value
