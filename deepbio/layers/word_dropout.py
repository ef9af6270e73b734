"""`WordDropout`: in training, some words become unknown."""

from __future__ import annotations

from typing import Any

import keras

from deepbio.text import PADDING, UNKNOWN

ops: Any = keras.ops  # its annotations name one backend's tensors only


@keras.saving.register_keras_serializable(package="deepbio")
class WordDropout(keras.layers.Layer):
    """Put the unknown word in the place of some, so that a model learns to read on past words that it does not know.

    As in Iyyer et al. 2015, doi:10.3115/v1/P15-1162, with the difference that the word's place stays. Without it the vector of
    the unknown word is hardly ever trained, since few words of the training notes are unknown.

    Args:
        rate: share of words.
        seed: of the draws.

    Input shape: int32 `(batch, tokens)`.
    Output shape: the same.
    """

    def __init__(self, rate: float, *, seed: int | None = None, **options):
        super().__init__(**options)
        self.rate, self.seed = rate, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, ids, training=False):
        """Draw, in training only."""
        if not training or not self.rate:
            return ids
        dropped = ops.less(keras.random.uniform(ops.shape(ids), seed=self.seed_generator), self.rate)
        return ops.where(ops.logical_and(dropped, ops.not_equal(ids, PADDING)), UNKNOWN, ids)

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return input_shape

    def get_config(self):
        """Return what `from_config` needs."""
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
