"""Input stages: from the bytes that the host sends to what the first layer of a model wants.

Each gives `(inputs, x)`: the `keras.Input` of the model and the tensor to build on.
"""

from __future__ import annotations

import keras

from deepbio.errors import ModelError
from deepbio.layers.one_hot import OneHot
from deepbio.layers.word_dropout import WordDropout
from deepbio.specs import ModelInput
from deepbio.text import PADDING


def dna_input(input: ModelInput):
    """Take uint8 codes `(batch, length)`; give one-hot `(batch, length, 4)`. The layer is named `one_hot`."""
    inputs = _input(input, "dna")
    return inputs, OneHot(name="one_hot")(inputs)


def image_input(input: ModelInput):
    """Take uint8 pixels `(batch, height, width, channels)`; give floats from 0 to 1."""
    inputs = _input(input, "image")
    return inputs, keras.layers.Rescaling(1 / 255, name="rescale")(inputs)


def table_input(input: ModelInput):
    """Take float32 columns `(batch, features)`; give them standardised by the training split, where that is known."""
    inputs = _input(input, "table")
    if not input.mean:
        return inputs, inputs
    variance = [deviation**2 for deviation in input.std]
    standardise = keras.layers.Normalization(mean=list(input.mean), variance=variance, name="standardise")
    return inputs, standardise(inputs)


def text_input(input: ModelInput):
    """Take int32 token ids `(batch, tokens)`, 0 for padding; give them as they are, for an embedding with a mask."""
    inputs = _input(input, "text")
    return inputs, inputs


def word_input(input: ModelInput, embedding_dim: int, *, vocabulary_size: int | None = None, word_dropout: float = 0.0):
    """Take int32 token ids; give `(inputs, words, mask)`: a vector of `embedding_dim` numbers per word, zeros for padding.

    The mask is true where there is a word. It goes to the layers by hand (`layer(x, mask=mask)`), because convolutions would
    lose it. The embedding is named `words`. With `word_dropout`, that share of the words becomes unknown in training.
    """
    inputs, ids = text_input(input)
    mask = keras.ops.not_equal(ids, PADDING)
    if word_dropout:
        ids = WordDropout(word_dropout)(ids)
    words = keras.layers.Embedding(vocabulary_size or input.vocabulary_size, embedding_dim, name="words")(ids)
    present = keras.ops.expand_dims(keras.ops.cast(mask, "float32"), -1)
    return inputs, keras.layers.Multiply(name="without_padding")([words, present]), mask


def flat_input(input: ModelInput):
    """Take a table, an image or DNA; give one row of numbers an example, `(batch, values)`."""
    stages = {"table": table_input, "image": image_input, "dna": dna_input}
    if input.modality not in stages:
        raise ModelError(f"Expected a table, an image or DNA; received {input.modality}. For notes try 'note_lstm'.")
    inputs, x = stages[input.modality](input)
    return inputs, x if input.modality == "table" else keras.layers.Flatten(name="flatten")(x)


def _input(input: ModelInput, modality: str):
    if input.modality != modality:
        raise ModelError(f"Expected {modality} input; received {input.modality} of shape {input.shape}.")
    return keras.Input(input.shape, dtype=input.dtype, name=modality)
