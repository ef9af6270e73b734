"""Preprocessing inside a model: the option `network_input`, and a description of every step for the model's card."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from deepbio.errors import ModelError
from deepbio.layers import FitImage, FitLength, OneHot
from deepbio.specs import ModelInput
from deepbio.zoo.dna.one_hot_model import one_hot_model


def with_network_input(
    make: Callable[[ModelInput], keras.Model],
    input: ModelInput,
    network_input: Sequence[int],
    *,
    name: str,
    keep_aspect: bool = False,
) -> keras.Model:
    """Build a network for inputs of one shape, and return a model that takes inputs of another.

    DNA windows are cropped to their middle or padded with N. Images are resized; grey is repeated, and colour is turned to grey.

    Args:
        make: Function from an input to a model.
        input: Input of the returned model.
        network_input: Shape of one example as the network takes it.
        name: Name of the architecture, for errors.
        keep_aspect: Whether both sides of an image are scaled alike and padded with black, instead of stretched.

    Raises:
        ModelError: Another number of dimensions, channels that cannot be converted, or a network with an output per pixel.
    """
    shape = tuple(int(n) for n in network_input)
    if len(shape) != len(input.shape) or min(shape) < 1:
        raise ModelError(f"{name}: network_input has the dimensions of the input, {input.shape}; received {shape}.")
    network = make(replace(input, shape=shape))
    if len(network.output_shape) == 4:
        raise ModelError(f"{name} predicts a class for each pixel, so its input cannot be resized: omit network_input.")
    if shape == input.shape:
        return network
    inputs = keras.Input(input.shape, dtype=input.dtype, name=input.modality)
    if input.modality == "dna":
        x = FitLength(shape[0], name="fit_length")(OneHot(name="one_hot")(inputs))
        return keras.Model(inputs, one_hot_model(network).call(x), name=network.name)
    if input.shape[-1] != shape[-1] and (input.shape[-1], shape[-1]) not in ((1, 3), (3, 1)):
        raise ModelError(
            f"{name}: images of {input.shape[-1]} channels cannot become {shape[-1]}; only grey (1) and colour (3) convert."
        )
    x = FitImage(shape, keep_aspect=keep_aspect, name="fit_image")(inputs)
    return keras.Model(inputs, network.call(x), name=network.name)


def preprocessing_in_words(model: keras.Model) -> str:
    """Describe what a model takes and what it does before the first layer that learns.

    Example:
        >>> from deepbio.zoo import get_model
        >>> print(preprocessing_in_words(get_model("lenet5", input_shape=(28, 28, 1), outputs=2)))
        Takes uint8 of shape (28, 28, 1). Inside: multiplied by 0.003922.
    """
    inputs: Any = model.inputs[0]
    steps = []
    for layer in _in_order(model):
        if any(weight.trainable for weight in layer.weights):
            break
        steps.append(_describe_step(layer))
    inside = ", then ".join(filter(None, steps))
    return f"Takes {inputs.dtype} of shape {tuple(inputs.shape[1:])}." + (f" Inside: {inside}." if inside else "")


def _in_order(model: keras.Model) -> Iterator[Any]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _in_order(layer)
        else:
            yield layer


def _describe_step(layer: Any) -> str:
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
        return f"multiplied by {_numbers(layer.scale)}" + (f" plus {_numbers(offset)}" if offset.any() else "")
    if isinstance(layer, keras.layers.Normalization) and layer.name == "preprocess":
        return f"less {_numbers(layer.input_mean)}, divided by {_numbers(np.sqrt(np.asarray(layer.input_variance)))}"
    return "standardised by the training split" if isinstance(layer, keras.layers.Normalization) else ""


def _numbers(values: Any) -> str:
    flat = np.ravel(np.asarray(values))
    return ", ".join(f"{v:.4g}" for v in (flat[:1] if (flat == flat[0]).all() else flat))
