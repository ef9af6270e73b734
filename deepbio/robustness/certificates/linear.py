"""`linear_radius`: the exact distance of each image to the boundary of a linear model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from deepbio.errors import ModelError
from deepbio.robustness.attacks.network import network_of
from deepbio.training.steps.perturbation import Norm

if TYPE_CHECKING:
    import keras

_LINEAR = (
    "InputLayer",
    "Rescaling",
    "Flatten",
    "Normalization",
    "Dropout",
    "Reshape",
    "ZeroPadding2D",
    "AveragePooling2D",
)


def linear_radius(model: keras.Model, x: np.ndarray, y: np.ndarray, *, norm: Norm = "linf") -> np.ndarray:
    """Return the size of the smallest perturbation that changes a right prediction of a linear model, exactly.

    It is the smallest margin over the dual norm of the difference of weights (Hein and Andriushchenko 2017, arXiv:1705.08475). The
    range of pixels is not used, so inside it the distance can only be larger: no attack succeeds below this radius.

    Args:
        model: Image model of linear layers alone: one `Dense` layer, such as `mlp` with `units=()` or the perceptron.
        x: uint8 images `(n, height, width, channels)`.
        y: Class of each image.
        norm: `"linf"` or `"l2"`.

    Returns:
        float64 `(n,)`, as a fraction of the range of pixels; 0 where the prediction is wrong.

    Raises:
        ModelError: A layer that is not linear.

    Example:
        >>> from deepbio.zoo import get_model
        >>> model, image = get_model("mlp", input_shape=(4, 4, 1), outputs=3, units=(), seed=1), np.full((1, 4, 4, 1), 128, np.uint8)
        >>> bool(linear_radius(model, image, model(image).numpy().argmax(1))[0] > 0)
        True
    """
    for layer in model._flatten_layers(include_self=False):
        dense = type(layer).__name__ == "Dense" and getattr(layer.activation, "__name__", "") == "linear"
        if not dense and type(layer).__name__ not in _LINEAR:
            raise ModelError(f"An exact certificate needs linear layers; {model.name} has {layer.name!r}. Use certify.")
    network = network_of(model)
    images, truth, _ = network.checked(x, y, None)
    pixels = tf.constant(np.zeros((1, *network.shape), np.float32))
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        logits = network(pixels)
    weights = np.asarray(tape.jacobian(logits, pixels), np.float64).reshape(network.classes, -1)
    bias = np.asarray(logits, np.float64)[0]
    scores = images.reshape(len(images), -1).astype(np.float64) / 255 @ weights.T + bias
    margins = scores[np.arange(len(scores)), truth][:, None] - scores
    apart = weights[truth][:, None] - weights
    dual = np.abs(apart).sum(-1) if norm == "linf" else np.linalg.norm(apart, axis=-1)
    others = np.arange(network.classes) != truth[:, None]
    distance = np.where(others, margins / np.where(dual > 0, dual, np.inf), np.inf)
    distance = np.where(others & (dual == 0), np.where(margins > 0, np.inf, 0), distance)
    return np.maximum(distance.min(axis=1), 0.0)
