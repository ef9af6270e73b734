"""Checks of arguments that the methods of this package share."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import DataError, ModelError

if TYPE_CHECKING:
    import keras


def check_counts(*, minimum: int = 1, **given: Any) -> None:
    """Check that arguments are whole numbers of at least `minimum`.

    Raises:
        DataError: One of them is not; the message has its name.

    Example:
        >>> check_counts(samples=20, batch_size=64)
    """
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, Integral) or value < minimum:
            raise DataError(f"{name} is a whole number, {minimum} or more; received {value!r}.")


def check_between(minimum: float, maximum: float, **given: Any) -> None:
    """Check that arguments are numbers from `minimum` to `maximum`, both included.

    Raises:
        DataError: One of them is not; the message has its name.

    Example:
        >>> check_between(0, 255, value=128)
    """
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, Real) or not minimum <= float(value) <= maximum:
            limits = f"from {minimum:g} to {maximum:g}" if maximum < np.inf else f"{minimum:g} or more"
            raise DataError(f"{name} is a number, {limits}; received {value!r}.")


def input_shape(model: keras.Model) -> tuple[Any, ...]:
    """Return the input shape of a functional or sequential model with one input, the batch first.

    Raises:
        ModelError: The model has no graph of layers, or several inputs.
    """
    return _shape(model, "input")


def output_shape(model: keras.Model) -> tuple[Any, ...]:
    """Return the output shape of a functional or sequential model with one output tensor, the batch first.

    Raises:
        ModelError: The model has no graph of layers, or several output tensors.
    """
    return _shape(model, "output")


def _shape(model: keras.Model, side: str) -> tuple[Any, ...]:
    try:
        found = getattr(model, f"{side}_shape")
    except (AttributeError, ValueError):  # of a subclass, or of a sequential model without Input
        raise ModelError(
            f"Expected a functional or sequential Keras model with known shapes; {model.name} is a {type(model).__name__} without. "
            "Build it as keras.Model(inputs, outputs), or begin a Sequential with keras.Input."
        ) from None
    if isinstance(found, tuple) and all(size is None or isinstance(size, int) for size in found):
        return found
    shapes = list(found.values()) if isinstance(found, dict) else list(found)
    if len(shapes) == 1:
        return tuple(shapes[0])
    raise ModelError(
        f"Expected a model with one {side}; {model.name} has {len(shapes)}. "
        + (
            "Choose one: keras.Model(model.inputs, model.outputs[0])."
            if side == "output"
            else "Join them in one keras.Input."
        )
    )
