"""Input stages: from the bytes that the host sends to the tensor that the first layer of a model takes.

Each returns `(inputs, x)`: the `keras.Input` of the model, and the tensor to build on.
"""

from collections.abc import Sequence
from typing import Any

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


def image_input(input: ModelInput, *, mean: Sequence[float] = (), std: Sequence[float] = ()):
    """Convert uint8 pixels `(batch, height, width, channels)` to floats from 0 to 1, standardized if `mean` and `std` are there.

    Args:
        input: Input of the model.
        mean, std: Mean and standard deviation of pixels from 0 to 1, one of each per channel or one for all.
    """
    inputs = _input(input, "image")
    x = keras.layers.Rescaling(1 / 255, name="rescale")(inputs)
    if len(mean) != len(std) or len(mean) not in (0, 1, input.shape[-1]):
        expected = f"Expected one pixel_mean and pixel_std per channel ({input.shape[-1]}), or one for all"
        raise ModelError(f"{expected}; received {len(mean)} and {len(std)}.")
    if not mean:
        return inputs, x
    scale: Any
    offset: Any
    scale, offset = [1 / s for s in std], [-m / s for m, s in zip(mean, std, strict=True)]
    return inputs, keras.layers.Rescaling(scale, offset, name="preprocess")(x)


@keras.saving.register_keras_serializable(package="deepbio")
class TableColumns(Layer):
    """Fill missing cells, standardise numbers, encode categories one-hot, and append which cells were missing.

    As scikit-learn's `SimpleImputer(strategy="median", add_indicator=True)`, `StandardScaler` and
    `OneHotEncoder(handle_unknown="ignore")`, fitted on the training split; see `deepbio.specs.ModelInput`.

    Args:
        mean, std: Mean and standard deviation of each column.
        categories: Number of categories of each column, 0 for numbers.
        fill: Value of a missing cell (NaN) in each column; None where none is allowed, so that NaN remains.
        indicators: Whether each column has an indicator of missing cells.

    Input shape: `(batch, features)` of numbers, positions of categories, and NaN.
    Output shape: `(batch, width)`: numbers, one-hot categories (zeros for -1 and missing ones), indicators.

    Example:
        >>> layer = TableColumns([0, 0], [1, 1], categories=[0, 2], fill=[5, None], indicators=[True, False])
        >>> layer(keras.ops.array([[float("nan"), 1.0]])).numpy().tolist()
        [[5.0, 0.0, 1.0, 1.0]]
    """

    def __init__(self, mean, std, *, categories, fill, indicators, **options):
        super().__init__(dtype=options.pop("dtype", None) or "float32", **options)
        self.mean, self.std, self.categories = list(mean), list(std), list(categories)
        self.fill, self.indicators = list(fill), list(indicators)

    def call(self, x):
        """Return the columns that the first layer takes."""
        missing = ops.isnan(x)
        fill = ops.convert_to_tensor([float("nan") if value is None else value for value in self.fill], x.dtype)
        z = (ops.where(missing, fill, x) - ops.convert_to_tensor(self.mean, x.dtype)) / ops.convert_to_tensor(
            self.std, x.dtype
        )
        numbers = [i for i, n in enumerate(self.categories) if not n]
        parts = [ops.take(z, numbers, axis=1)] if numbers else []
        for i, n in enumerate(self.categories):
            if n:
                parts.append(ops.cast(ops.equal(x[:, i : i + 1], ops.arange(n, dtype=x.dtype)), x.dtype))
        marked = [i for i, indicator in enumerate(self.indicators) if indicator]
        if marked:
            parts.append(ops.cast(ops.take(missing, marked, axis=1), x.dtype))
        return ops.concatenate(parts, axis=1)

    def compute_output_shape(self, input_shape):
        """Return `(batch, width)`."""
        return (input_shape[0], sum(max(n, 1) for n in self.categories) + sum(map(bool, self.indicators)))

    def get_config(self):
        """Return the arguments of the layer."""
        own = {name: getattr(self, name) for name in ("mean", "std", "categories", "fill", "indicators")}
        return {**super().get_config(), **own}


def table_input(input: ModelInput):
    """Standardise float32 columns `(batch, features)` by the training split, if its statistics are known.

    If the table has categories or missing cells, they are encoded by `TableColumns`.
    """
    inputs = _input(input, "table")
    if input.categories or input.fill:
        n, none = input.shape[0], (None,) * input.shape[0]
        columns = TableColumns(
            input.mean or (0.0,) * n,
            input.std or (1.0,) * n,
            categories=[len(levels) for levels in input.categories or ((),) * n],
            fill=input.fill or none,
            indicators=input.indicators or (False,) * n,
            name="columns",
        )
        return inputs, columns(inputs)
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
