"""CAML: convolutional attention for multi-label classification of clinical text."""

from __future__ import annotations

from typing import Any

import keras

from deepbio.layers import masked_softmax, word_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import register

ops: Any = keras.ops  # its annotations name one backend's tensors only


@keras.saving.register_keras_serializable(package="deepbio")
class LabelAttention(keras.layers.Layer):
    """For each label its own weights over the words, and its own linear reading of what they gather.

    Args:
        labels: number of them.

    Input shape: `(batch, words, channels)`.
    Output shape: `(batch, labels)`; a note without words gives the biases.
    """

    def __init__(self, labels: int, **options):
        super().__init__(**options)
        self.labels = labels
        self.supports_masking = True

    def build(self, input_shape):
        """Make a query and a reading for each label."""
        shape = (self.labels, input_shape[-1])
        self.query = self.add_weight(name="query", shape=shape, initializer="glorot_uniform")
        self.reading = self.add_weight(name="reading", shape=shape, initializer="glorot_uniform")
        self.bias = self.add_weight(name="bias", shape=(self.labels,), initializer="zeros")

    def attention(self, x, mask=None):
        """Return each label's weights over the words, `(batch, labels, words)`; they add up to one."""
        scores = ops.einsum("btc,lc->blt", x, self.query)
        kept = ops.ones_like(x[..., 0]) if mask is None else mask
        return masked_softmax(scores, ops.expand_dims(kept, 1), axis=-1)

    def call(self, x, mask=None):
        """Gather words for each label and read them."""
        gathered = ops.einsum("blt,btc->blc", self.attention(x, mask), x)
        return ops.sum(gathered * self.reading, axis=-1) + self.bias

    def compute_mask(self, inputs, previous_mask):
        """Return no mask: words are gone."""
        return None

    def compute_output_shape(self, input_shape):
        """Return `(batch, labels)`."""
        return (input_shape[0], self.labels)

    def get_config(self):
        """Return what `from_config` needs."""
        return {**super().get_config(), "labels": self.labels}


@register(
    "caml",
    modality="text",
    summary="One convolution, then for each label its own attention over the words: medical codes from notes",
    paper="Mullenbach et al. 2018, doi:10.18653/v1/N18-1100",
    reference={"input_shape": (2500,), "outputs": 50, "vocabulary_size": 50_000},
    parameters=5_055_100,
    training={
        "optimizer": "adam",
        "learning_rate": 0.002,
        "schedule": "cosine",
        "batch_size": 32,
        "epochs": 12,
    },
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
    """Convolve the words, and let each label look where it wants.

    Without its embedding the reference form has 55,100 parameters. The authors' code counts 50 more: a bias of the queries,
    which adds the same number to all words before a softmax and so changes nothing.

    Args:
        vocabulary_size: number of token ids; the input's tokenizer knows it.
        embedding_dim: numbers a word.
        filters, kernel_size: of the convolution.
        dropout: of the embeddings.

    Input shape: `(batch, tokens)` int32 ids, 0 for padding; padding does not change the output.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, words, mask = word_input(input, embedding_dim, vocabulary_size=vocabulary_size)
    words = keras.layers.Dropout(dropout)(words)
    x = keras.layers.Conv1D(filters, kernel_size, padding="same", activation="tanh")(words)
    return keras.Model(inputs, LabelAttention(outputs, name="head")(x, mask=mask), name="caml")
