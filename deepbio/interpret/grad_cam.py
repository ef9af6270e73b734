"""Grad-CAM and Grad-CAM++: where the last feature map of an image model raises an output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import ModelError
from deepbio.interpret.features import features_of, list_features
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

    images, explained = as_images(model, x), image_target(model, target)
    cut, head = _split(model, layer)
    found = []
    for first in range(0, len(images), batch_size):
        part = tf.constant(images[first : first + batch_size])
        maps = cut(part, training=False)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(maps)
            y = explained(head(part, maps))
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


def _split(model: keras.Model, layer: str | None) -> tuple[Any, Any]:
    """Return the model up to a feature map, and a function from images and that map to the outputs."""
    import keras

    if not list_features(model):
        raise ModelError(f"{model.name} has no feature maps: its first layer flattens the input.")
    members = [one for one in model.layers if isinstance(one, keras.Model) and one.name.startswith("member_")]
    if members:
        raise ModelError("Explain the members of an ensemble one by one: model.get_layer('member_1').")
    cut = features_of(model, layer)
    name = layer or list_features(model)[-1].name
    inside: Any = model
    path: list[Any] = []
    while name not in [one.name for one in inside.layers]:
        inner = next(one for one in inside.layers if isinstance(one, keras.Model))
        path.append(inside)
        inside = inner

    def from_maps(trunk: Any, image: Any, maps: Any) -> Any:
        tensor = trunk.get_layer(name).output
        tail = keras.Model([trunk.inputs[0], tensor], trunk.outputs[0])
        return tail([image, maps], training=False)

    def head(images: Any, maps: Any) -> Any:
        value, seen = images, []
        for outer, inner in zip(path, [*path[1:], inside], strict=True):
            before = keras.Model(outer.inputs, inner._inbound_nodes[-1].input_tensors[0])
            value = before(value, training=False)
            seen.append((outer, inner))
        y = from_maps(inside, value, maps)
        for outer, inner in reversed(seen):
            node = inner._inbound_nodes[-1]
            y = keras.Model([outer.inputs[0], node.outputs[0]], outer.outputs[0])([images, y], training=False)
        return y

    return cut, head
