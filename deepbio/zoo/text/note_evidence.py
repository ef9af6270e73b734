"""Evidence that adds up: each word in its context speaks for or against each label."""

from __future__ import annotations

import keras

from deepbio.layers import SumOverTime, word_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import register


@register(
    "note_evidence",
    modality="text",
    summary="A convolution over phrases; each word's evidence for each label is added up over the note",
    paper="deepbio; sums of parts as in deep sets, Zaheer et al. 2017, arXiv:1703.06114; weight of evidence, Good 1985",
    reference={"input_shape": (128,), "outputs": 50, "vocabulary_size": 2000},
    parameters=354_482,
    training={
        "optimizer": "adamw",
        "learning_rate": 0.002,
        "weight_decay": 0.01,
        "schedule": "cosine",
        "warmup": 0.05,
        "batch_size": 256,
        "epochs": 6,
    },
)
def note_evidence(
    input: ModelInput,
    outputs: int,
    *,
    vocabulary_size: int | None = None,
    embedding_dim: int = 96,
    filters: int = 256,
    kernel_size: int = 5,
    units: int = 128,
    word_dropout: float = 0.1,
    dropout: float = 0.2,
) -> keras.Model:
    """Read each phrase by itself and add up what the phrases say.

    Where findings are independent given the disease, Bayes' rule is such a sum: each finding adds the logarithm of how much
    likelier it is under the disease. So the logits of this network are a bias plus one term a word, which `deepbio.diagnose`
    shows as they are. What is denied far from its "no" needs a tokenizer that marks negation.

    Args:
        vocabulary_size: number of token ids; the input's tokenizer knows it.
        embedding_dim: numbers a word.
        filters, kernel_size: of the convolution.
        units: units that read each phrase.
        word_dropout: share of words that are made unknown in training.
        dropout: of what is known about each phrase, in training.

    Input shape: `(batch, tokens)` int32 ids, 0 for padding; padding does not change the output.
    Output shape: `(batch, outputs)` logits.
    """
    inputs, words, mask = word_input(input, embedding_dim, vocabulary_size=vocabulary_size, word_dropout=word_dropout)
    x = keras.layers.Conv1D(filters, kernel_size, padding="same", activation="relu")(words)
    x = keras.layers.Dropout(dropout)(x)
    x = keras.layers.Dense(units, activation="relu", name="phrases")(x)
    x = SumOverTime(name="sum")(x, mask=mask)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x), name="note_evidence")
