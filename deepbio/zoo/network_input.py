"""The option `network_input` of models for DNA and images: a network of one size behind an input of another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from deepbio.errors import ModelError
from deepbio.specs import ModelInput

if TYPE_CHECKING:
    import keras


def behind(
    make: Callable[[ModelInput], keras.Model],
    input: ModelInput,
    network_input: Sequence[int],
    *,
    name: str,
    keep_aspect: bool = False,
) -> keras.Model:
    """Make a network for `network_input` and give it as a model that takes `input`.

    DNA windows are cropped to their middle or padded with N; images are resized, grey is repeated and colour made grey.

    Args:
        make: from an input to a model.
        network_input: shape of one example as the network takes it.
        name: of the architecture, for errors.
        keep_aspect: scale both sides of an image alike and pad with black, instead of stretching it.

    Raises:
        ModelError: another number of dimensions, or channels that cannot be had from the input's.
    """
    import keras

    from deepbio.layers import FitImage, FitLength, OneHot
    from deepbio.zoo.dna.one_hot_model import one_hot_model

    shape = tuple(int(n) for n in network_input)
    if len(shape) != len(input.shape) or min(shape) < 1:
        raise ModelError(f"{name}: network_input has the dimensions of the input, {input.shape}; received {shape}.")
    network = make(replace(input, shape=shape))
    if len(network.output_shape) == 4:
        raise ModelError(
            f"{name} gives a class for every pixel, so it needs the pixels as they are: leave network_input out."
        )
    if shape == input.shape:
        return network
    inputs = keras.Input(input.shape, dtype=input.dtype, name=input.modality)
    if input.modality == "dna":
        x = FitLength(shape[0], name="fit_length")(OneHot(name="one_hot")(inputs))
        return keras.Model(inputs, one_hot_model(network).call(x), name=network.name)
    if input.shape[-1] != shape[-1] and (input.shape[-1], shape[-1]) not in ((1, 3), (3, 1)):
        raise ModelError(
            f"{name}: {input.shape[-1]} channels cannot be made {shape[-1]}; only grey (1) and colour (3)."
        )
    return keras.Model(
        inputs, network.call(FitImage(shape, keep_aspect=keep_aspect, name="fit_image")(inputs)), name=network.name
    )
