"""Tokens of several bases, from one-hot DNA, as the Nucleotide Transformer reads them."""

import keras

from deepbio.layers.base import Layer, ops

_ORDER = (0, 3, 1, 2)  # A T C G, the order of the published vocabulary, in one-hot channels A C G T
_SPECIAL = 4  # <unk>, <pad>, <mask> and <cls> come first
_CLASS = 3


@keras.saving.register_keras_serializable(package="deepbio")
class KmerEmbedding(Layer):
    """Embed one token per `k` bases, one per base that is left over, and a class token before them.

    The vocabulary is that of Dalla-Torre et al. 2024, doi:10.1038/s41592-024-02523-z: 4 special tokens, all k-mers in the order
    A T C G, the four bases, N. A k-mer with an unknown base is the token N. (The authors' tokenizer writes such a stretch base by
    base and starts the next k-mer after it, so the tokens behind an unknown base differ.)

    The one-hot rows of `k` bases are multiplied, not looked up, so that gradients reach the bases.

    Args:
        embedding_dim: Channels of a token.
        vocabulary_size: Number of rows of the embedding, of which the first `4 + 4**k + 5` are used.
        k: Bases per token.

    Input shape: `(batch, length, 4)` one-hot.
    Output shape: `(batch, 1 + length // k + length % k, embedding_dim)`.

    Example:
        >>> layer = KmerEmbedding(1, 4 + 16 + 5, k=2)
        >>> one_hot = keras.ops.one_hot([[0, 3, 1]], 4)  # AT and C
        >>> _ = layer(one_hot)
        >>> _ = layer.embeddings.assign(keras.ops.reshape(keras.ops.arange(25.0), (25, 1)))
        >>> layer(one_hot)[0, :, 0].numpy().tolist()
        [3.0, 5.0, 22.0]
    """

    def __init__(self, embedding_dim: int, vocabulary_size: int, *, k: int = 6, **options):
        super().__init__(**options)
        self.embedding_dim, self.vocabulary_size, self.k = embedding_dim, vocabulary_size, k

    def build(self, input_shape):
        """Create the embedding."""
        shape, small = (self.vocabulary_size, self.embedding_dim), keras.initializers.RandomNormal(stddev=0.02)
        self.embeddings = self.add_weight(name="embeddings", shape=shape, initializer=small)

    def call(self, one_hot):
        """Multiply the rows of each k-mer, and mix the rows of the embedding by the products."""
        length, table = one_hot.shape[1], ops.cast(self.embeddings, one_hot.dtype)
        count, kmers = length // self.k, 4**self.k
        x = ops.take(one_hot, _ORDER, axis=2)
        parts = [ops.broadcast_to(table[_CLASS], (ops.shape(x)[0], 1, self.embedding_dim))]
        singles = table[_SPECIAL + kmers : _SPECIAL + kmers + 4]
        unknown = table[_SPECIAL + kmers + 4]
        if count:
            bases = ops.reshape(x[:, : count * self.k], (-1, count, self.k, 4))
            product = bases[:, :, 0]
            for i in range(1, self.k):
                product = ops.expand_dims(product, -1) * ops.expand_dims(bases[:, :, i], -2)
                product = ops.reshape(product, (-1, count, 4 ** (i + 1)))
            parts.append(_mixed(product, table[_SPECIAL : _SPECIAL + kmers], unknown))
        if length % self.k:
            parts.append(_mixed(x[:, count * self.k :], singles, unknown))
        return ops.concatenate(parts, axis=1)

    def compute_output_shape(self, input_shape):
        """Return `(batch, tokens, embedding_dim)`."""
        batch, length, _ = input_shape
        return (batch, 1 + length // self.k + length % self.k, self.embedding_dim)


def _mixed(product, known, unknown):
    """Mix the rows of known tokens, and that of the unknown one by what is left of 1."""
    rest = 1 - ops.sum(product, axis=-1, keepdims=True)
    return ops.matmul(product, known) + rest * unknown


@keras.saving.register_keras_serializable(package="deepbio")
class LearnedPositions(Layer):
    """Add a learned vector at each position, from a table that may be longer than the window.

    Args:
        positions: Rows of the table.
        offset: Row of the first position.

    Input shape: `(batch, tokens, channels)`.
    Output shape: The same.
    """

    def __init__(self, positions: int, *, offset: int = 0, **options):
        super().__init__(**options)
        self.positions, self.offset = positions, offset

    def build(self, input_shape):
        """Create the table."""
        shape, small = (self.positions, input_shape[-1]), keras.initializers.RandomNormal(stddev=0.02)
        self.embeddings = self.add_weight(name="embeddings", shape=shape, initializer=small)

    def call(self, x):
        """Add the rows of the positions that are there."""
        return x + ops.cast(self.embeddings[self.offset : self.offset + x.shape[1]], x.dtype)
