"""Input stages: from the bytes that the host sends to the tensor that the first layer of a model takes.

Each returns `(inputs, x)`: the `keras.Input` of the model, and the tensor to build on.
"""

import keras

from deepbio.errors import ModelError
from deepbio.layers.base import Layer, ops
from deepbio.specs import ModelInput
from deepbio.text import PADDING, UNKNOWN


@keras.saving.register_keras_serializable(package="deepbio")
class OneHot(Layer):
    """Convert uint8 codes (A C G T = 0 1 2 3) to four channels; any other code becomes four zeros.

    Input shape: `(batch, length)` of integers.
    Output shape: `(batch, length, 4)` of the layer's compute dtype.

    Example:
        >>> OneHot()(keras.ops.array([[0, 3, 4]], "uint8"))[0].numpy().tolist()
        [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0]]
    """

    def call(self, codes):
        """Compare each code with those of the four bases."""
        # a comparison, because backends disagree on one_hot of a code that is out of range
        same = ops.equal(ops.expand_dims(ops.cast(codes, "int32"), -1), ops.arange(4, dtype="int32"))
        return ops.cast(same, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """Return `(batch, length, 4)`."""
        return (*input_shape, 4)


@keras.saving.register_keras_serializable(package="deepbio")
class WordDropout(Layer):
    """Replace some words by the unknown word in training, so that a model learns to read on past words that it does not know.

    As in Iyyer et al. 2015, doi:10.3115/v1/P15-1162, but a dropped word keeps its position. Without this layer the vector of
    the unknown word is hardly trained, because few words of the training notes are unknown.

    Args:
        rate: Fraction of the words.
        seed: Random seed.

    Input shape: int32 `(batch, tokens)`.
    Output shape: The same.
    """

    def __init__(self, rate: float, *, seed: int | None = None, **options):
        super().__init__(**options)
        self.rate, self.seed = rate, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, ids, training=False):
        """Replace words at random, in training only."""
        if not training or not self.rate:
            return ids
        dropped = ops.less(keras.random.uniform(ops.shape(ids), seed=self.seed_generator), self.rate)
        return ops.where(ops.logical_and(dropped, ops.not_equal(ids, PADDING)), UNKNOWN, ids)


def dna_input(input: ModelInput):
    """Convert uint8 codes `(batch, length)` to one-hot `(batch, length, 4)`. The layer is named `one_hot`."""
    inputs = _input(input, "dna")
    return inputs, OneHot(name="one_hot")(inputs)


def image_input(input: ModelInput):
    """Convert uint8 pixels `(batch, height, width, channels)` to floats from 0 to 1."""
    inputs = _input(input, "image")
    return inputs, keras.layers.Rescaling(1 / 255, name="rescale")(inputs)


def table_input(input: ModelInput):
    """Standardise float32 columns `(batch, features)` by the training split, if its statistics are known."""
    inputs = _input(input, "table")
    if not input.mean:
        return inputs, inputs
    variance = [std**2 for std in input.std]
    standardise = keras.layers.Normalization(mean=list(input.mean), variance=variance, name="standardise")
    return inputs, standardise(inputs)


def text_input(input: ModelInput):
    """Take int32 token ids `(batch, tokens)`, 0 for padding, unchanged."""
    inputs = _input(input, "text")
    return inputs, inputs


def word_input(input: ModelInput, embedding_dim: int, *, vocabulary_size: int | None = None, word_dropout: float = 0.0):
    """Embed int32 token ids, and return `(inputs, words, mask)`: one vector per word, zeros for padding.

    The mask is true where there is a word. It is passed to the layers explicitly (`layer(x, mask=mask)`), because convolutions
    would lose it. The embedding is named `words`.

    Args:
        input: Input of the model.
        embedding_dim: Length of a word's vector.
        vocabulary_size: Number of token ids; that of the input's tokenizer by default.
        word_dropout: Fraction of the words that become unknown in training.
    """
    inputs, ids = text_input(input)
    mask = ops.not_equal(ids, PADDING)
    if word_dropout:
        ids = WordDropout(word_dropout)(ids)
    words = keras.layers.Embedding(vocabulary_size or input.vocabulary_size, embedding_dim, name="words")(ids)
    present = ops.expand_dims(ops.cast(mask, "float32"), -1)
    return inputs, keras.layers.Multiply(name="without_padding")([words, present]), mask


def flat_input(input: ModelInput):
    """Convert a table, an image or DNA to one row of numbers per example, `(batch, values)`."""
    stages = {"table": table_input, "image": image_input, "dna": dna_input}
    if input.modality not in stages:
        raise ModelError(f"Expected a table, an image or DNA; received {input.modality}. For notes try 'note_lstm'.")
    inputs, x = stages[input.modality](input)
    return inputs, x if input.modality == "table" else keras.layers.Flatten(name="flatten")(x)


def _input(input: ModelInput, modality: str):
    if input.modality != modality:
        raise ModelError(f"Expected {modality} input; received {input.modality} of shape {input.shape}.")
    return keras.Input(input.shape, dtype=input.dtype, name=modality)
