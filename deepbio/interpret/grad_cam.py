"""Grad-CAM and Grad-CAM++: where the last feature map of an image model raises an output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import ModelError, nearest
from deepbio.incremental.program import graph_of
from deepbio.interpret.arguments import check_counts
from deepbio.interpret.features import list_features
from deepbio.interpret.images import ImageTarget, as_images, image_target

if TYPE_CHECKING:
    import keras


def grad_cam(
    model: keras.Model,
    x: np.ndarray,
    *,
    target: ImageTarget = None,
    layer: str | None = None,
    plus_plus: bool = False,
    batch_size: int = 16,
) -> np.ndarray:
    """Compute Grad-CAM: the feature maps of a layer weighted by the gradients of an output, where they raise it.

    Source: Selvaraju et al. 2017, arXiv:1610.02391; Grad-CAM++: Chattopadhay et al. 2018, arXiv:1710.11063.

    Args:
        model: Image model of deepbio: single or an ensemble, of classes or of masks.
        x: uint8 images `(n, height, width, channels)`.
        target: Index, label, contrast or function of the outputs. A mask's class is explained by its mean logit over the image.
        layer: Name of the layer from `list_features`; the last one by default.
        plus_plus: Whether to weight by Grad-CAM++.
        batch_size: Number of images in one pass.

    Returns:
        float32 `(n, height, width)` from 0 to 1, resized to the image; all zeros where nothing raises the output.

    Raises:
        ModelError: The model has no feature maps.

    Example:
        >>> from deepbio.zoo import get_model
        >>> grad_cam(get_model("image_cnn"), np.zeros((1, 28, 28, 1), np.uint8), target=0).shape
        (1, 28, 28)
    """
    import tensorflow as tf

    check_counts(batch_size=batch_size)
    images, explained = as_images(model, x), image_target(model, target)
    known = [feature.name for feature in list_features(model)]
    if not known:
        raise ModelError(f"{model.name} has no feature maps: its first layer flattens the input.")
    if layer is not None and layer not in known:
        raise ModelError(f"{model.name} has no feature map {layer!r}. {nearest(layer, known)}")
    found = []
    for first in range(0, len(images), batch_size):
        part = tf.constant(images[first : first + batch_size])
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            outputs, maps = _watched(model, part, layer or known[-1], tape)
            y = explained(outputs)
        gradient = tape.gradient(y, maps)
        if plus_plus:
            squares, sums = gradient**2, tf.reduce_sum(maps, (1, 2), keepdims=True)
            divisor = 2 * squares + sums * gradient**3
            alpha = squares / tf.where(divisor == 0, tf.ones_like(divisor), divisor)
            weights = tf.reduce_sum(alpha * tf.nn.relu(gradient), (1, 2), keepdims=True)
        else:
            weights = tf.reduce_mean(gradient, (1, 2), keepdims=True)
        cam = tf.nn.relu(tf.reduce_sum(weights * maps, -1, keepdims=True))
        cam = np.asarray(tf.image.resize(cam, images.shape[1:3]))[..., 0]
        largest = cam.max(axis=(1, 2), keepdims=True)
        found.append(cam / np.where(largest > 0, largest, 1))
    return np.concatenate(found).astype(np.float32)


def _watched(model: keras.Model, images: Any, name: str, tape: Any) -> tuple[Any, Any]:
    """Return the outputs, and the values of a layer, which the tape watches from there on; nested models are opened."""
    import keras

    kept: list[Any] = []

    def call(operation: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(operation, keras.Model) and (graph := graph_of(operation)) is not None:
            return graph._run_through_graph(keras.tree.flatten(args), call_fn=call)
        value = operation(*args, **kwargs)
        if operation.name == name:
            kept.append(value)
            tape.watch(value)
        return value

    outputs = graph_of(model)._run_through_graph([images], call_fn=call)
    return keras.tree.flatten(outputs)[0], kept[-1]
