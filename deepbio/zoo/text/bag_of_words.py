"""Logistic regression on TF-IDF weights, inside Keras: the baseline for other text models."""

import keras

from deepbio.layers import TfIdf, text_input
from deepbio.specs import ModelInput
from deepbio.text import Tokenizer
from deepbio.zoo.registry import register


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
