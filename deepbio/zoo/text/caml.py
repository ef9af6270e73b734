"""CAML: convolutional attention for multi-label classification of clinical text."""

import keras

from deepbio.layers import OverTime, masked_softmax, ops, word_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import register


@keras.saving.register_keras_serializable(package="deepbio")
class LabelAttention(OverTime):
    """Average the words with weights of each label, and classify the average by a linear unit of that label.

    Args:
        labels: Number of labels.

    Input shape: `(batch, words, channels)`.
    Output shape: `(batch, labels)`; a note without words returns the biases.
    """

    def __init__(self, labels: int, **options):
        super().__init__(**options)
        self.labels = labels

    def build(self, input_shape):
        """Create a query, and a linear unit (`reading`), for each label."""
        shape = (self.labels, input_shape[-1])
        self.query = self.add_weight(name="query", shape=shape, initializer="glorot_uniform")
        self.reading = self.add_weight(name="reading", shape=shape, initializer="glorot_uniform")
        self.bias = self.add_weight(name="bias", shape=(self.labels,), initializer="zeros")

    def attention(self, x, mask=None):
        """Return each label's weights over the words, `(batch, labels, words)`, which add up to one."""
        scores = ops.einsum("btc,lc->blt", x, self.query)
        kept = ops.ones_like(x[..., 0]) if mask is None else mask
        return masked_softmax(scores, ops.expand_dims(kept, 1), axis=-1)

    def call(self, x, mask=None):
        """Average the words for each label, and classify."""
        gathered = ops.einsum("blt,btc->blc", self.attention(x, mask), x)
        return ops.sum(gathered * self.reading, axis=-1) + self.bias

    def compute_output_shape(self, input_shape):
        """Return `(batch, labels)`."""
        return (input_shape[0], self.labels)


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
