"""Logistic regression on TF-IDF weights, inside Keras: the baseline for other text models."""

from typing import Any

import keras
import numpy as np

from deepbio.layers import ops, text_input
from deepbio.specs import ModelInput
from deepbio.text import Tokenizer
from deepbio.zoo.registry import register


@keras.saving.register_keras_serializable(package="deepbio")
class TfIdf(keras.layers.Layer):
    """Count the words of a note, weight them by `(1 + ln count) * idf`, and scale the vector to length one.

    This is scikit-learn's `TfidfTransformer(sublinear_tf=True)`. `idf` is a weight of the layer that is not trained.

    Args:
        vocabulary: Number of ids. Id 0, padding, does not count.
        idf: Weight of each id; 1 by default.

    Input shape: `(batch, tokens)` int32 ids.
    Output shape: `(batch, vocabulary)`.
    """

    def __init__(self, vocabulary: int, *, idf: np.ndarray | None = None, **options):
        super().__init__(**options)
        self.vocabulary = vocabulary
        self._idf = idf

    def build(self, input_shape):
        """Create `idf`."""
        known: Any = np.ones(self.vocabulary, np.float32) if self._idf is None else np.asarray(self._idf, np.float32)
        values = keras.initializers.Constant(known)
        self.idf = self.add_weight(name="idf", shape=(self.vocabulary,), initializer=values, trainable=False)

    def call(self, ids):
        """Count and weight."""
        # one sum over pairs of note and word, because bincount has no fixed size under JAX
        notes = ops.shape(ids)[0]
        pairs = ops.cast(ids, "int32") + self.vocabulary * ops.expand_dims(ops.arange(notes, dtype="int32"), 1)
        ones = ops.ones_like(pairs, dtype="float32")
        counts = ops.segment_sum(ops.reshape(ones, (-1,)), ops.reshape(pairs, (-1,)), notes * self.vocabulary)
        counts = ops.reshape(counts, (-1, self.vocabulary))
        present = ops.cast(ops.greater(counts, 0), "float32") * ops.cast(ops.arange(self.vocabulary) > 0, "float32")
        weights = present * (1 + ops.log(ops.maximum(counts, 1))) * ops.cast(self.idf, "float32")
        length = ops.sqrt(ops.sum(weights * weights, axis=-1, keepdims=True))
        return ops.cast(weights / ops.maximum(length, 1e-9), self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """Return `(batch, vocabulary)`."""
        return (input_shape[0], self.vocabulary)

    def get_config(self):
        """Return the arguments of the layer, except `idf`, which is saved as a weight."""
        return {**super().get_config(), "vocabulary": self.vocabulary}


@register(
    "bag_of_words",
    modality="text",
    summary="Logistic regression on TF-IDF weights of the words: the baseline to beat",
    paper="Spaerck Jones 1972, doi:10.1108/eb026526; Salton, Buckley 1988, doi:10.1016/0306-4573(88)90021-0",
    reference={"input_shape": (512,), "outputs": 50, "vocabulary_size": 20_000},
    parameters=1_020_050,
    training={"optimizer": "adam", "learning_rate": 0.05, "schedule": "cosine", "batch_size": 128, "epochs": 15},
)
def bag_of_words(input: ModelInput, outputs: int, *, vocabulary_size: int | None = None) -> keras.Model:
    """Classify a note by its words, in any order.

    The inverse document frequencies (`idf`) are those of the training texts, counted when the tokenizer was fitted.

    Args:
        vocabulary_size: Number of token ids; that of the input's tokenizer by default.

    Input shape: `(batch, tokens)` int32 ids, 0 for padding; padding does not change the output.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, ids = text_input(input)
    idf = None
    if vocabulary_size is None and input.tokenizer is not None:
        idf = Tokenizer.from_json(input.tokenizer).inverse_document_frequency()
    x = TfIdf(vocabulary_size or input.vocabulary_size, idf=idf, name="tf_idf")(ids)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="bag_of_words")
