"""`pixel_function`: an image model as a differentiable function of pixels from 0 to 1, though the model takes bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from deepbio.errors import ModelError
from deepbio.incremental.program import graph_of
from deepbio.layers import FitImage


def pixel_function(model: keras.Model) -> Callable[[Any], Any]:
    """Return the outputs of an image model as a function of float pixels from 0 to 1, in inference mode.

    Gradients flow through the input stage: pixels are not cast to bytes on the way in, and where the model itself rounds a resized
    image to bytes, the gradient passes as if it did not (the straight-through estimator, Athalye et al. 2018, arXiv:1802.00420).
    The outputs are those of the model: for pixels that are whole bytes divided by 255 they are equal to `model(bytes)`.

    Args:
        model: Functional or sequential model of images `(batch, height, width, channels)` from 0 to 255.

    Returns:
        A function of float32 `(batch, height, width, channels)`, for use inside or outside a graph.

    Raises:
        ModelError: A subclass of `keras.Model` without a graph of layers.

    Example:
        >>> import numpy as np
        >>> from deepbio.zoo import get_model
        >>> model, images = get_model("image_cnn", seed=1), np.full((1, 28, 28, 1), 51, np.uint8)
        >>> bool(np.allclose(pixel_function(model)(images / np.float32(255)), model(images), atol=1e-5))
        True
    """
    graph = graph_of(model)
    if graph is None or len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ModelError(
            f"Expected a functional or sequential Keras model with one input and one output; {model.name} is none. "
            "Build it with keras.Model(inputs, outputs) or get_model."
        )
    return lambda pixels: _walk(graph, tf.cast(pixels, tf.float32) * 255.0)


def resizes_to_bytes(model: keras.Model) -> bool:
    """Return whether a model rounds a resized image to bytes, so that the gradients of `pixel_function` are estimates.

    Example:
        >>> from deepbio.zoo import get_model
        >>> resizes_to_bytes(get_model("image_cnn", input_shape=(28, 28, 1), network_input=(32, 32, 1), outputs=2))
        True
    """
    return any(isinstance(layer, FitImage) for layer in model._flatten_layers())


def _walk(graph: Any, values: Any) -> Any:
    return keras.tree.flatten(graph._run_through_graph([values], call_fn=_apply))[0]


def _apply(operation: Any, *arguments: Any, **options: Any) -> Any:
    if isinstance(operation, keras.Model) and graph_of(operation) is not None:
        return _walk(graph_of(operation), arguments[0])
    if isinstance(operation, FitImage):
        resized = operation.resized(arguments[0])
        rounded = tf.clip_by_value(tf.round(resized), 0.0, 255.0)
        return resized + tf.stop_gradient(rounded - resized)
    if type(operation).__name__ == "ConvertToTensor":  # Keras's check of the dtype of a nested network's input: bytes
        return arguments[0]
    if getattr(operation, "_call_has_training_arg", False):
        options["training"] = False
    return operation(*arguments, **options)
