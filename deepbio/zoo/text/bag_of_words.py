"""Logistic regression on TF-IDF weights, inside Keras: the baseline that other text models have to beat."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from deepbio.layers import text_input
from deepbio.specs import ModelInput
from deepbio.text import Tokenizer
from deepbio.zoo.registry import register

ops: Any = keras.ops  # its annotations name one backend's tensors only


@keras.saving.register_keras_serializable(package="deepbio")
class TfIdf(keras.layers.Layer):
    """Count each word of a note and weigh it: `(1 + ln count) * idf`, then to length one.

    As scikit-learn's `TfidfTransformer(sublinear_tf=True)`. The weights of words are no trainable numbers, and are kept with
    the others.

    Args:
        vocabulary: number of ids; id 0, padding, never counts.
        idf: one weight an id; 1 without it.

    Input shape: `(batch, tokens)` int32 ids.
    Output shape: `(batch, vocabulary)`.
    """

    def __init__(self, vocabulary: int, *, idf: np.ndarray | None = None, **options):
        super().__init__(**options)
        self.vocabulary = vocabulary
        self._idf = idf

    def build(self, input_shape):
        """Make the weights of the words."""
        known = np.ones(self.vocabulary, np.float32) if self._idf is None else np.asarray(self._idf, np.float32)
        self.idf = self.add_weight(
            name="idf",
            shape=(self.vocabulary,),
            initializer=lambda shape, dtype: ops.cast(known, dtype),
            trainable=False,
        )

    def call(self, ids):
        """Count and weigh."""
        # a count a note and word, by one sum over cells: bincount has no fixed size under JAX
        notes = ops.shape(ids)[0]
        cells = ops.cast(ids, "int32") + self.vocabulary * ops.expand_dims(ops.arange(notes, dtype="int32"), 1)
        ones = ops.ones_like(cells, dtype="float32")
        counts = ops.segment_sum(ops.reshape(ones, (-1,)), ops.reshape(cells, (-1,)), notes * self.vocabulary)
        counts = ops.reshape(counts, (-1, self.vocabulary))
        present = ops.cast(ops.greater(counts, 0), "float32") * ops.cast(ops.arange(self.vocabulary) > 0, "float32")
        weights = present * (1 + ops.log(ops.maximum(counts, 1))) * ops.cast(self.idf, "float32")
        length = ops.sqrt(ops.sum(weights * weights, axis=-1, keepdims=True))
        return ops.cast(weights / ops.maximum(length, 1e-9), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """Return `(batch, vocabulary)`."""
        return (input_shape[0], self.vocabulary)

    def get_config(self):
        """Return what `from_config` needs; the weights of the words come with the weights."""
        return {**super().get_config(), "vocabulary": self.vocabulary}


@register(
    "bag_of_words",
    modality="text",
    summary="Logistic regression on TF-IDF weights of the words: the baseline to beat",
    paper="Spaerck Jones 1972, doi:10.1108/eb026526; Salton, Buckley 1988, doi:10.1016/0306-4573(88)90021-0",
    reference={"input_shape": (512,), "outputs": 50, "vocabulary_size": 20_000},
    parameters=1_020_050,
    training={
        "optimizer": "adam",
        "learning_rate": 0.05,
        "schedule": "cosine",
        "batch_size": 128,
        "epochs": 15,
    },
)
def bag_of_words(input: ModelInput, outputs: int, *, vocabulary_size: int | None = None) -> keras.Model:
    """Weigh how often each word occurs, in any order, and add up.

    How rare a word is (`idf`) was counted on the training texts when the tokenizer was fitted.

    Args:
        vocabulary_size: number of token ids; the input's tokenizer knows it.

    Input shape: `(batch, tokens)` int32 ids, 0 for padding; padding does not change the output.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, ids = text_input(input)
    idf = None
    if vocabulary_size is None and input.tokenizer is not None:
        idf = Tokenizer.from_json(input.tokenizer).inverse_document_frequency()
    x = TfIdf(vocabulary_size or input.vocabulary_size, idf=idf, name="tf_idf")(ids)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="bag_of_words")
