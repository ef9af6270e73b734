"""The option `reverse_complement` of every DNA model: what it makes of the two strands of a window."""

from __future__ import annotations

import itertools
from typing import Any

import keras

from deepbio.errors import ModelError, nearest
from deepbio.layers import StrandMean, StrandTiedBatchNormalization, StrandTiedConv1D
from deepbio.zoo.dna.one_hot_model import one_hot_model

ops: Any = keras.ops  # its annotations name one backend's tensors only

CHOICES = ("none", "average", "equivariant")

# These treat every channel and position alike, so they can stand between tied layers.
_ALIKE = (
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.Dropout,
    keras.layers.SpatialDropout1D,
    keras.layers.Add,
)
_POOLING = (keras.layers.MaxPooling1D, keras.layers.AveragePooling1D)
_COLLAPSE = (keras.layers.Flatten, keras.layers.GlobalMaxPooling1D, keras.layers.GlobalAveragePooling1D)


def with_strands(model: keras.Model, choice: str, *, name: str) -> keras.Model:
    """Return `model` with both strands treated as `choice` says.

    Args:
        choice: `"none"` reads the sequence as it is. `"average"` gives the mean of the outputs of both strands, with the same
            weights; outputs along the sequence are turned back first. `"equivariant"` makes every filter the reverse
            complement of another, so that half of them are free.
        name: of the architecture, for errors.

    Raises:
        ModelError: unknown choice, or an architecture or length for which `"equivariant"` does not hold.
    """
    if choice not in CHOICES:
        raise ModelError(f"Unknown reverse_complement {choice!r}. {nearest(str(choice), CHOICES)}")
    if choice == "none":
        return model
    return average_strands(model) if choice == "average" else tie_strands(model, name=name)


def average_strands(model: keras.Model) -> keras.Model:
    """Return the mean of a model's outputs on both strands; layers and weights are shared with `model`."""
    trunk = one_hot_model(model)
    turned = ops.flip(model.get_layer("one_hot").output, (1, 2))  # A C G T backwards is T G C A, the complement
    other = trunk.call(turned)
    if len(other.shape) == 3:
        other = ops.flip(other, 1)
    return keras.Model(model.input, (model.output + other) / 2, name=model.name)


def tie_strands(model: keras.Model, *, name: str) -> keras.Model:
    """Rebuild a convolutional model with strand-tied layers up to where positions are put together.

    There the two strands are averaged, so all that follows sees the same for a sequence and its reverse complement.
    """
    trunk = one_hot_model(model)
    if len(trunk.output_shape) != 2:
        raise _cannot(name, "its outputs lie along the sequence")
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
        return StrandTiedConv1D(
            layer.filters, layer.kernel_size[0], padding=layer.padding, dilation_rate=layer.dilation_rate[0],
            activation=layer.activation, use_bias=layer.use_bias, name=layer.name,
        )  # fmt: skip
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
            raise _cannot(name, f"{layer.name} pads and has the even width {layer.kernel_size[0]}")
    elif not isinstance(layer, (*_ALIKE, *_POOLING, keras.layers.BatchNormalization, keras.layers.InputLayer)):
        raise _cannot(name, f"{layer.name} ({type(layer).__name__}) has no strand-tied form")


def _check_length(layers: list[keras.layers.Layer], length: int, name: str) -> None:
    """A pooling that does not come out even drops or pads positions at one end only."""

    def comes_out_even(length: int) -> bool:
        for layer in layers:
            if isinstance(layer, keras.layers.Conv1D) and layer.padding == "valid":
                length -= (layer.kernel_size[0] - 1) * layer.dilation_rate[0]
            elif isinstance(layer, _POOLING):
                if length % layer.pool_size[0]:
                    return False
                length //= layer.pool_size[0]
        return length > 0

    if comes_out_even(length):
        return
    near = [n for n in range(max(length - 4096, 1), length + 4097) if comes_out_even(n)]
    lengths = sorted(sorted(near, key=lambda n: abs(n - length))[:3])
    raise ModelError(
        f"{name} with reverse_complement='equivariant' takes lengths at which every pooling comes out even; received {length}. "
        f"The nearest are {', '.join(map(str, lengths))}. Or use reverse_complement='average'."
    )


def _cannot(name: str, reason: str) -> ModelError:
    return ModelError(
        f"{name} cannot be built with reverse_complement='equivariant': {reason}. Use reverse_complement='average', which "
        "works for every DNA model."
    )
