"""What the layers of deepbio have in common: `ops` for any backend, and base classes."""

import inspect
from typing import Any

import keras

ops: Any = keras.ops  # untyped, because Keras annotates it for one backend's tensors only
_KERAS = inspect.signature(keras.layers.Layer.__init__).parameters


class Layer(keras.layers.Layer):
    """Layer whose arguments are attributes of the same names, and whose output has the input's shape unless it says otherwise."""

    def get_config(self):
        """Return the arguments of the layer."""
        parameters = inspect.signature(type(self).__init__).parameters
        own = [name for name, p in parameters.items() if name not in _KERAS and p.kind is not p.VAR_KEYWORD]
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}

    def compute_output_shape(self, input_shape):
        """Return the shape of the output."""
        return input_shape


class OverTime(Layer):
    """Layer that reduces `(batch, positions, channels)` to `(batch, channels)` and takes a mask of positions."""

    def __init__(self, **options):
        super().__init__(**options)
        self.supports_masking = True

    def compute_mask(self, inputs, previous_mask):
        """Return no mask: the output has no positions."""
        return None

    def compute_output_shape(self, input_shape):
        """Return `(batch, channels)`."""
        return (input_shape[0], input_shape[2])
