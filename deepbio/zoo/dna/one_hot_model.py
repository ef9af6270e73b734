"""`one_hot_model`: a DNA model that takes one-hot floats, for gradients and designed sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepbio.errors import ModelError
from deepbio.zoo.record import attach, describe

if TYPE_CHECKING:
    import keras


def one_hot_model(model: keras.Model) -> keras.Model:
    """Return the same model, sharing its weights, that takes `(batch, length, 4)` floats instead of codes.

    The rows may be one-hot or probabilities of the bases.

    Raises:
        ModelError: The model does not begin with deepbio's DNA input stage.

    Example:
        >>> from deepbio.zoo import get_model
        >>> one_hot_model(get_model("dna_cnn", input_shape=100, outputs=1)).input_shape
        (None, 100, 4)
    """
    import keras

    if "one_hot" not in [layer.name for layer in model.layers]:
        raise ModelError("Expected a model that begins with the layer 'one_hot', as all DNA models of deepbio do.")
    x = model.get_layer("one_hot").output
    return attach(keras.Model(x, model.outputs[0], name=model.name), describe(model))
