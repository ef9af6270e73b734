"""An ensemble: several networks of one architecture as one model, whose probabilities are the mean of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from deepbio.errors import ModelError
from deepbio.specs import KERAS_ACTIVATIONS, Activation

if TYPE_CHECKING:
    import keras


def average_members(members: Sequence[keras.Model], *, activation: Activation) -> keras.Model:
    """Return one model that averages the probabilities of its members and returns the logits of that average.

    Applying the activation to these logits returns the average, so an ensemble is used like any other model. The mean is
    computed in log space, without loss of precision.

    Args:
        members: DNA models from `get_model`, with equal inputs and outputs. They become layers `member_1`, `member_2`, ...
        activation: Activation of their task.

    Raises:
        ModelError: No members, or members that differ in shape.
    """
    import keras

    from deepbio.layers import OneHot
    from deepbio.zoo.dna.one_hot_model import one_hot_model

    shapes = {(member.input_shape, member.output_shape) for member in members}
    if len(shapes) != 1:
        raise ModelError(f"Members of an ensemble have equal inputs and outputs; received {sorted(map(str, shapes))}.")
    first = members[0]
    inputs = keras.Input(first.input_shape[1:], dtype=first.inputs[0].dtype, name="dna")
    x = OneHot(name="one_hot")(inputs)
    outputs = []
    for i, member in enumerate(members, start=1):
        trunk = one_hot_model(member)
        trunk.name = f"member_{i}"
        outputs.append(trunk(x))
    return keras.Model(inputs, _logits_of_mean(outputs, activation), name=first.name)


def member_trunks(model: keras.Model) -> list[keras.Model]:
    """Return the members of an ensemble as models that take one-hot DNA; an empty list for any other model."""
    import keras

    return [layer for layer in model.layers if isinstance(layer, keras.Model) and layer.name.startswith("member_")]


def _logits_of_mean(outputs: list[Any], activation: Activation):
    import keras

    ops: Any = keras.ops
    z = ops.stack(outputs, axis=1)  # the batch stays first, as what reads a model step by step expects
    n = float(len(outputs))
    if activation == "identity":
        return ops.mean(z, axis=1)
    if activation == "exp":
        return ops.logsumexp(z, axis=1) - ops.log(n)
    if activation == "sigmoid":  # logit of the mean: log mean p - log mean (1 - p)
        return ops.logsumexp(ops.log_sigmoid(z), axis=1) - ops.logsumexp(ops.log_sigmoid(-z), axis=1)
    log_p = ops.log_softmax(z, axis=KERAS_ACTIVATIONS[activation][1])
    return ops.logsumexp(log_p, axis=1) - ops.log(n)
