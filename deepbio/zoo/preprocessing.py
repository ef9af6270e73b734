"""What a model does to its input before the first layer that learns, in words for its card."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from deepbio.layers import FitImage, FitLength, OneHot


def preprocessing_in_words(model: keras.Model) -> str:
    """Say what goes in and what is done to it inside the model.

    Example:
        >>> from deepbio.zoo import get_model
        >>> print(preprocessing_in_words(get_model("lenet5", input_shape=(28, 28, 1), outputs=2)))
        Takes uint8 of shape (28, 28, 1). Inside: multiplied by 0.003922.
    """
    inputs: Any = model.inputs[0]
    done = []
    for layer in _in_order(model):
        if any(weight.trainable for weight in layer.weights):
            break
        if told := _told(layer):
            done.append(told)
    steps = f" Inside: {', then '.join(done)}." if done else ""
    return f"Takes {inputs.dtype} of shape {tuple(inputs.shape[1:])}.{steps}"


def _in_order(model: keras.Model) -> Iterator[Any]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _in_order(layer)
        else:
            yield layer


def _told(layer: Any) -> str:
    if isinstance(layer, FitImage):
        height, width, channels = layer.shape
        how = "both sides alike and padded with black" if layer.keep_aspect else "each side by itself"
        return f"resized to {height} x {width} with {channels} channel(s), bilinear, averaging over pixels, {how}"
    if isinstance(layer, FitLength):
        return f"cropped to its middle or padded with N to {layer.length} bases"
    if isinstance(layer, OneHot):
        return "one-hot"
    if isinstance(layer, keras.layers.Rescaling):
        offset = np.ravel(layer.offset)
        added = f" plus {_numbers(offset)}" if offset.any() else ""
        return f"multiplied by {_numbers(np.ravel(layer.scale))}{added}"
    if isinstance(layer, keras.layers.Normalization) and layer.name == "preprocess":
        mean, variance = np.ravel(np.asarray(layer.input_mean)), np.ravel(np.asarray(layer.input_variance))
        return f"less {_numbers(mean)}, divided by {_numbers(np.sqrt(variance))}"
    if isinstance(layer, keras.layers.Normalization):
        return "standardised by the training split"
    return ""


def _numbers(values: np.ndarray) -> str:
    return ", ".join(f"{v:.4g}" for v in (values[:1] if (values == values[0]).all() else values))
