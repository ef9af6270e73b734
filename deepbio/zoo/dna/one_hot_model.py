"""A DNA model seen from its one-hot input, where gradients or designed sequences need real numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepbio.errors import ModelError
from deepbio.zoo.record import attach, describe

if TYPE_CHECKING:
    import keras


def one_hot_model(model: keras.Model) -> keras.Model:
    """Return the same model, sharing its weights, that takes `(batch, length, 4)` floats instead of codes.

    The rows may be one-hot or soft (probabilities of letters).

    Raises:
        ModelError: the model does not begin with deepbio's DNA input stage.

    Example:
        >>> from deepbio.zoo import get_model
        >>> one_hot_model(get_model("dna_cnn", input_shape=100, outputs=1)).input_shape
        (None, 100, 4)
    """
    import keras

    names = [layer.name for layer in model.layers]
    if "one_hot" not in names:
        raise ModelError("Expected a model that begins with the layer 'one_hot', as all DNA models of deepbio do.")
    x = model.get_layer("one_hot").output
    return attach(keras.Model(x, model.outputs[0], name=model.name), describe(model))
