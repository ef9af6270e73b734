"""The option `reverse_complement` of every DNA model: how it treats the two strands of a window."""

import itertools
from typing import Any

import keras

from deepbio.errors import ModelError, nearest
from deepbio.layers import StrandMean, StrandTiedBatchNormalization, StrandTiedConv1D, ops
from deepbio.zoo.dna.one_hot_model import one_hot_model

CHOICES = ("none", "average", "equivariant")

# These treat every channel and position alike, so they may be between tied layers.
_ALIKE = tuple(getattr(keras.layers, name) for name in ("Activation", "ReLU", "Dropout", "SpatialDropout1D", "Add"))
_POOLING = (keras.layers.MaxPooling1D, keras.layers.AveragePooling1D)
_COLLAPSE = (keras.layers.Flatten, keras.layers.GlobalMaxPooling1D, keras.layers.GlobalAveragePooling1D)


def with_strands(model: keras.Model, choice: str, *, name: str) -> keras.Model:
    """Return `model` with both strands treated as `choice` says.

    Args:
        model: DNA model.
        choice: `"none"` reads the sequence as it is. `"average"` returns the mean of the outputs for both strands, with the
            same weights; outputs along the sequence are reversed first. `"equivariant"` makes every filter the reverse
            complement of another, so that half of them are free.
        name: Name of the architecture, for errors.

    Raises:
        ModelError: Unknown choice, or an architecture or length for which `"equivariant"` is impossible.
    """
    if choice not in CHOICES:
        raise ModelError(f"Unknown reverse_complement {choice!r}. {nearest(str(choice), CHOICES)}")
    if choice == "none":
        return model
    return average_strands(model) if choice == "average" else tie_strands(model, name=name)


def average_strands(model: keras.Model) -> keras.Model:
    """Return the mean of a model's outputs for both strands; layers and weights are shared with `model`."""
    trunk = one_hot_model(model)
    other = trunk.call(
        ops.flip(model.get_layer("one_hot").output, (1, 2))
    )  # A C G T reversed is T G C A, the complement
    if len(other.shape) == 3:
        other = ops.flip(other, 1)
    return keras.Model(model.input, (model.output + other) / 2, name=model.name)


def tie_strands(model: keras.Model, *, name: str) -> keras.Model:
    """Rebuild a convolutional model with strand-tied layers up to the layer that combines the positions.

    There the two strands are averaged, so the following layers see the same for a sequence and its reverse complement.
    """
    trunk = one_hot_model(model)
    if len(trunk.output_shape) != 2:
        raise _cannot(name, "its outputs are along the sequence")
    tied = list(itertools.takewhile(lambda layer: not isinstance(layer, _COLLAPSE), trunk.layers))
    for layer in tied:
        _check(layer, name)
    _check_length(tied, trunk.input_shape[1], name)

    def tie(layer):
        return _tied(layer) if layer in tied else layer.__class__.from_config(layer.get_config())

    def call(layer, *args, **options):
        if isinstance(layer, _COLLAPSE) and len(args[0].shape) == 3:
            if id(args[0]) not in means:
                means[id(args[0])] = StrandMean()(args[0])
            args = (means[id(args[0])], *args[1:])
        if isinstance(layer, StrandTiedBatchNormalization):
            options.pop("mask", None)
        return layer(*args, **options)

    means: dict[int, Any] = {}
    rebuilt = keras.models.clone_model(trunk, clone_function=tie, call_function=call)
    return keras.Model(model.input, rebuilt.call(model.get_layer("one_hot").output), name=model.name)


def _tied(layer: keras.layers.Layer) -> keras.layers.Layer:
    if isinstance(layer, keras.layers.Conv1D):
        same = {name: getattr(layer, name) for name in ("padding", "activation", "use_bias", "name")}
        return StrandTiedConv1D(layer.filters, layer.kernel_size[0], dilation_rate=layer.dilation_rate[0], **same)
    if isinstance(layer, keras.layers.BatchNormalization):
        return StrandTiedBatchNormalization(momentum=layer.momentum, epsilon=layer.epsilon, name=layer.name)
    return layer.__class__.from_config(layer.get_config())


def _check(layer: keras.layers.Layer, name: str) -> None:
    if isinstance(layer, keras.layers.Conv1D):
        if layer.strides != (1,) or layer.groups != 1:
            raise _cannot(name, f"{layer.name} has strides or groups")
        if layer.filters % 2:
            raise _cannot(name, f"its filters come in pairs, and {layer.name} has {layer.filters}")
        if layer.padding == "same" and layer.kernel_size[0] % 2 == 0:
            raise _cannot(name, f"{layer.name} pads and has the even kernel size {layer.kernel_size[0]}")
    elif not isinstance(layer, (*_ALIKE, *_POOLING, keras.layers.BatchNormalization, keras.layers.InputLayer)):
        raise _cannot(name, f"{layer.name} ({type(layer).__name__}) has no strand-tied form")


def _check_length(layers: list[keras.layers.Layer], length: int, name: str) -> None:
    def divides(length: int) -> bool:  # otherwise a pooling drops or pads positions at one end only
        for layer in layers:
            if isinstance(layer, keras.layers.Conv1D) and layer.padding == "valid":
                length -= (layer.kernel_size[0] - 1) * layer.dilation_rate[0]
            elif isinstance(layer, _POOLING):
                if length % layer.pool_size[0]:
                    return False
                length //= layer.pool_size[0]
        return length > 0

    if divides(length):
        return
    near = [n for n in range(max(length - 4096, 1), length + 4097) if divides(n)]
    lengths = sorted(sorted(near, key=lambda n: abs(n - length))[:3])
    raise ModelError(
        f"{name} with reverse_complement='equivariant' takes lengths that every pooling divides; received {length}. "
        f"The nearest are {', '.join(map(str, lengths))}. Or use reverse_complement='average'."
    )


def _cannot(name: str, reason: str) -> ModelError:
    return ModelError(
        f"{name} cannot be built with reverse_complement='equivariant': {reason}. Use reverse_complement='average', which "
        "works for every DNA model."
    )
