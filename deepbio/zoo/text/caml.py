"""CAML: convolutional attention for multi-label classification of clinical text."""

import keras

from deepbio.layers import LabelAttention, word_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import register


@register(
    "caml",
    modality="text",
    summary="One convolution, then for each label its own attention over the words: medical codes from notes",
    paper="Mullenbach et al. 2018, doi:10.18653/v1/N18-1100",
    reference={"input_shape": (2500,), "outputs": 50, "vocabulary_size": 50_000},
    parameters=5_055_100,
    training={"optimizer": "adam", "learning_rate": 0.002, "schedule": "cosine", "batch_size": 32, "epochs": 12},
)
def caml(
    input: ModelInput,
    outputs: int,
    *,
    vocabulary_size: int | None = None,
    embedding_dim: int = 100,
    filters: int = 50,
    kernel_size: int = 10,
    dropout: float = 0.2,
) -> keras.Model:
    """Convolve the words, and classify each label by its own attention over them.

    Without its embedding the reference form has 55,100 parameters. The authors' code counts 50 more: a bias of the queries,
    which adds the same number to all words before a softmax and so has no effect.

    Args:
        vocabulary_size: Number of token ids; that of the input's tokenizer by default.
        embedding_dim: Length of a word's vector.
        filters, kernel_size: Filters and kernel size of the convolution.
        dropout: Rate after the embedding.

    Input shape: `(batch, tokens)` int32 ids, 0 for padding; padding does not change the output.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, words, mask = word_input(input, embedding_dim, vocabulary_size=vocabulary_size)
    words = keras.layers.Dropout(dropout)(words)
    x = keras.layers.Conv1D(filters, kernel_size, padding="same", activation="tanh")(words)
    return keras.Model(inputs, LabelAttention(outputs, name="head")(x, mask=mask), name="caml")
